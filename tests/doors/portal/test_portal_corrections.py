"""A refused signature or template is corrected beside the reason, and handed in again."""

from __future__ import annotations

import html

import pytest

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_journey import PNG, placed

FORM: dict[str, str | list[str]] = {
    "text": "示例科技",
    "type": "0",
    "purpose": "0",
    "certificate_type": "0",
}
CONTENT = "您的验证码是{1}，{2}分钟内有效。"


@pytest.fixture
def operator(world: World) -> Operator:
    return Operator(world)


async def signature(member: Customer) -> str:
    files = {"certificate": ("licence.png", PNG, "image/png")}
    return placed(await member.post("/signatures/new", FORM, files=files), "/signatures/")


async def template(member: Customer, operator: Operator, cls: str = "otp") -> str:
    await operator.approve_signature(await signature(member))
    made = await member.post(
        "/templates/new", {"cls": cls, "name": "登录", "content": CONTENT, "unsubscribe": "yes"}
    )
    return placed(made, "/templates/")


async def state(member: Customer, path: str) -> str:
    return html.unescape(await member.see(f"{path}?lang=en"))


async def test_a_refused_signature_is_corrected_beside_its_reason(
    member: Customer, operator: Operator
) -> None:
    path = f"/signatures/{await signature(member)}"
    await operator.refuse_signature(path.removeprefix("/signatures/"), "与执照不符，请改用简称。")
    assert "与执照不符" in await member.see("/signatures")
    assert f'href="{path}/edit"' in await member.see(path)
    page = await state(member, f"{path}/edit")
    assert "与执照不符" in page
    assert 'value="示例科技"' in page
    assert "licence.png" in page
    wrong = await member.post(f"{path}/edit", FORM | {"text": "示例！"})
    assert wrong.status_code == 422
    assert "与执照不符" in wrong.text
    again = await member.post(f"{path}/edit", FORM | {"text": "示例"})
    placed(again, path)
    shown = await state(member, path)
    assert "【示例】" in shown
    assert "waiting" in shown
    assert "licence.png" in shown
    # The notice went with the refusal; the history keeps the reason.
    assert shown.count("与执照不符") == 1
    await operator.approve_signature(path.removeprefix("/signatures/"))
    assert f'href="{path}/edit"' not in await member.see(path)
    await member.see(f"{path}/edit", 409)
    late = await member.post(f"{path}/edit", FORM, page="/signatures/new")
    assert late.status_code == 422
    assert "【示例】" in await member.see(path)


async def test_what_was_decided_meanwhile_is_shown_before_it_is_edited_over(
    member: Customer, operator: Operator
) -> None:
    name = await signature(member)
    path = f"/signatures/{name}"
    opened = await member.client.get(f"{path}/edit")
    await operator.refuse_signature(name, "缺少授权书。")
    stopped = await member.post(f"{path}/edit", FORM | {"text": "示例二"}, page=opened)
    assert stopped.status_code == 422
    assert "缺少授权书。" in stopped.text
    assert 'value="示例二"' in stopped.text
    assert "Rejected" in await state(member, path)
    knowing = await member.post(f"{path}/edit", FORM | {"text": "示例二"}, page=stopped)
    placed(knowing, path)
    assert "【示例二】" in await state(member, path)


async def test_a_refused_template_is_corrected_and_a_name_alone_is_not_handed_in(
    member: Customer, operator: Operator
) -> None:
    name = await template(member, operator)
    path, page = f"/templates/{name}", f"/templates/{name}/edit"
    await operator.refuse_template(name, "变量过于宽泛，请说明。")
    shown = await state(member, page)
    assert "变量过于宽泛" in shown
    assert CONTENT in shown
    assert 'name="cls"' not in shown
    assert 'name="unsubscribe"' not in shown
    advised = await member.post(page, {"name": "登录", "content": "双色球{1}", "check": "yes"})
    assert "双色球" in advised.text
    placed(await member.post(page, {"name": "登录二", "content": CONTENT}), path)
    told = await state(member, path)
    assert "nothing was submitted" in told
    assert "登录二" in told
    broken = await member.post(page, {"name": "登录二", "content": "您好{1}"})
    assert broken.status_code == 422
    explained = await member.post(
        page, {"name": "登录二", "content": CONTENT, "instruction": "1 验证码，2 分钟"}
    )
    placed(explained, path)
    told = await state(member, path)
    assert "was submitted and waits" in told
    assert told.count("变量过于宽泛") == 1


async def test_an_approved_template_can_be_renamed_and_its_content_stays(
    member: Customer, operator: Operator
) -> None:
    name = await template(member, operator, "marketing")
    path, page = f"/templates/{name}", f"/templates/{name}/edit"
    assert 'name="unsubscribe" id="template-unsubscribe" value="yes" checked' in await state(
        member, page
    )
    await operator.approve_template(name)
    assert 'name="content"' not in await state(member, page)
    placed(await member.post(page, {"name": "注册", "content": "别的内容"}), path)
    told = await state(member, path)
    assert "注册" in told
    assert "Approved" in told
    assert CONTENT in told
    assert "别的内容" not in told
