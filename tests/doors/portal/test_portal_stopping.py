"""The customer puts a signature or template out of use, and back; the operator's stop stays."""

from __future__ import annotations

import pytest

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_corrections import signature, state, template
from tests.doors.portal.test_portal_journey import placed


@pytest.fixture
def operator(world: World) -> Operator:
    return Operator(world)


async def test_a_default_signature_is_stopped_and_used_again(
    member: Customer, operator: Operator
) -> None:
    path = f"/signatures/{await signature(member)}"
    assert f"{path}/stop" not in await member.see(path)
    await operator.approve_signature(path.removeprefix("/signatures/"))
    assert "those that name none, are refused until you choose" in await state(member, path)
    placed(await member.post(f"{path}/stop", {"reason": "换了新品牌"}, page=path), path)
    shown = await state(member, path)
    assert "换了新品牌" in shown
    assert "You put this signature out of use" in shown
    assert f"{path}/default" not in shown
    twice = await member.post(f"{path}/stop", {}, page="/signatures/new")
    assert twice.status_code == 409
    placed(await member.post(f"{path}/resume", {}, page=path), path)
    shown = await state(member, path)
    assert "Usable again" in shown
    assert "This is the default signature" in shown


async def test_a_template_is_stopped_without_a_word_and_used_again(
    member: Customer, operator: Operator
) -> None:
    path = f"/templates/{await template(member, operator)}"
    await operator.approve_template(path.removeprefix("/templates/"))
    placed(await member.post(f"{path}/stop", {}, page=path), path)
    shown = await member.see(f"{path}?lang=zh_CN")
    assert "由客户自行停用" in shown
    assert "/send?template=" not in shown
    refused = await member.post(f"{path}/stop", {"reason": "长" * 501}, page="/templates/new")
    assert refused.status_code in {409, 422}
    placed(await member.post(f"{path}/resume", {}, page=path), path)
    assert "/send?template=" in await member.see(path)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_what_the_operator_disabled_is_not_the_customer_s_to_resume(
    member: Customer, operator: Operator, language: str
) -> None:
    path = f"/signatures/{await signature(member)}"
    await operator.approve_signature(path.removeprefix("/signatures/"))
    await operator.disable_signature(path.removeprefix("/signatures/"), "收到投诉")
    shown = await member.see(f"{path}?lang={language}")
    assert "收到投诉" in shown
    assert f"{path}/resume" not in shown
    assert f"{path}/stop" not in shown
    answer = await member.post(f"{path}/resume", {}, page="/signatures/new")
    assert answer.status_code == 409
