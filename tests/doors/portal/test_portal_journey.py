"""From verification to the explained charge, as a customer does it in the browser."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.domains.inbound.stage import Sent
from tests.doors.portal.conftest import NOON, ORGANISATION, Customer, World
from tests.doors.portal.operator import Operator
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import FreezeReason
from umcloud.kernel.ids import AccountId

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
USCC = "91110000600037341L"


def placed(answer: object, prefix: str) -> str:
    """Return what the browser was sent to below a prefix."""
    location = getattr(answer, "headers", {}).get("location", "")
    assert location.startswith(prefix), re.findall(
        r"k-bad.*?<.div>", getattr(answer, "text", ""), re.DOTALL
    )
    return str(location.removeprefix(prefix))


@pytest.fixture
async def ready(world: World, member: Customer) -> tuple[Customer, str, Operator]:
    """Return a customer who may send, the template's id and the operator."""
    operator = Operator(world)
    handed = await member.post(
        "/account/verification",
        {"name": ORGANISATION, "uscc": USCC, "legal_person": "林一"},
        files={"licence": ("licence.png", PNG, "image/png")},
    )
    placed(handed, "/account/verification")
    await operator.verify()
    made = await member.post(
        "/signatures/new",
        {"text": "示例科技", "type": "0", "purpose": "0", "certificate_type": "0"},
        files={"certificate": ("licence.png", PNG, "image/png")},
    )
    signature = placed(made, "/signatures/")
    assert "示例科技" in await member.see(f"/signatures/{signature}")
    await operator.approve_signature(signature)
    written = await member.post(
        "/templates/new",
        {"cls": "otp", "name": "登录", "content": "您的验证码是{1}，{2}分钟内有效。"},
    )
    template = placed(written, "/templates/")
    await operator.approve_template(template)
    await operator.open_line()
    paying = await member.post("/costs/recharge", {"amount": "10.00"})
    assert placed(paying, "https://paper.example/").startswith("pay_")
    await operator.settle()
    return member, template, operator


@pytest.mark.clause("C9.2")
async def test_the_first_message(ready: tuple[Customer, str, Operator]) -> None:
    member, template, _ = ready
    page = await member.see(f"/send?template={template}")
    assert "value2" in page
    sent = await member.post(
        "/send",
        {
            "template": template,
            "number": "13800138000",
            "signature": "示例科技",
            "value1": "482913",
            "value2": "5",
        },
    )
    message = placed(sent, "/records/")
    story = await member.see(f"/records/{message}?lang=en")
    assert "138****8000" in story
    assert "Explain this charge" in story
    assert '<a href="/costs/prices">' in story
    assert "R-PRICE" not in story
    assert "13800138000" not in story
    assert f"/records/{message}/events" in story
    listed = await member.see("/records?status=accepted&number=13800138000")
    assert message in listed
    csv = (await member.client.get("/records.csv")).text
    assert "138****8000" in csv
    assert "¥9.9" in await member.see("/costs")
    await member.see("/costs/statement?lang=en")
    assert template in await member.see("/developer/calls")
    home = await member.see("/?lang=en")
    assert "Sent today" in home
    log = await member.see("/account/log?lang=en")
    assert "Recharge arrived" in log
    for language in ("zh_CN", "en"):
        for path in (
            f"/templates/{template}",
            f"/records/{message}",
            "/signatures",
            "/templates",
            "/records",
            "/costs",
            "/costs/statement",
            "/account/verification",
            "/account/agreements",
            "/account/sessions",
            "/inbox",
        ):
            await member.see(f"{path}?lang={language}")


async def test_a_reply_stands_beside_the_message_that_it_answers(
    world: World, ready: tuple[Customer, str, Operator]
) -> None:
    member, template, _ = ready
    sent = await member.post(
        "/send",
        {
            "template": template,
            "number": "13800138888",
            "signature": "示例科技",
            "value1": "482913",
            "value2": "5",
        },
        page=f"/send?template={template}",
    )
    message = placed(sent, "/records/")
    handset = Sent(world.database, NOON)
    await handset.keep(handset.part("不是我本人", destination="10690001"))
    await handset.gather()
    assert "不是我本人" in await member.see(f"/records/{message}")
    assert f"/records/{message}" in await member.see("/replies")


async def test_the_life_of_a_message_is_told_while_it_happens(
    ready: tuple[Customer, str, Operator],
) -> None:
    member, template, operator = ready
    sent = await member.post(
        "/send",
        {
            "template": template,
            "number": "13800138000",
            "signature": "示例科技",
            "value1": "482913",
            "value2": "5",
        },
    )
    closing = operator.world.app.state.collaborators.closing
    asyncio.get_running_loop().call_later(1.5, closing.set)
    told = await member.client.get(f"/records/{placed(sent, '/records/')}/events?lang=en")
    assert "event: life" in told.text
    assert "Accepted and charged" in told.text
    assert "event: end" not in told.text


async def test_a_bad_number_and_a_bad_value_are_blamed(
    ready: tuple[Customer, str, Operator],
) -> None:
    member, template, _ = ready
    good: dict[str, str | list[str]] = {
        "template": template,
        "number": "13800138000",
        "signature": "示例科技",
        "value1": "482913",
        "value2": "5",
    }
    for change in ({"number": "1380013"}, {"value1": "太长的验证码啊"}, {"signature": "别人"}):
        answer = await member.post("/send", good | dict(change))
        assert answer.status_code == 422, change
        assert "is-invalid" in answer.text
    foreign = await member.post("/send", good | {"template": "UTA260302ABCDEF"})
    assert foreign.status_code == 404


async def test_the_same_form_twice_sends_once(ready: tuple[Customer, str, Operator]) -> None:
    member, template, _ = ready
    form = await member.client.get(f"/send?template={template}")
    values: dict[str, str | list[str]] = {
        "template": template,
        "number": "13800138000",
        "signature": "示例科技",
        "value1": "1",
        "value2": "5",
    }
    first = await member.post("/send", values, page=form)
    second = await member.post("/send", values, page=form)
    assert placed(first, "/records/") == placed(second, "/records/")


@pytest.mark.clause("C4.2")
async def test_a_frozen_account_neither_sends_nor_buys(
    ready: tuple[Customer, str, Operator],
) -> None:
    member, template, operator = ready
    form = await member.client.get(f"/send?template={template}")
    account_id = AccountId(await operator.account_id())
    async with operator.world.database.transaction() as tx:
        await accounts.freeze(
            tx, operator.act, account_id=account_id, reason=FreezeReason.ARREARS, note="x"
        )
    refused = await member.post("/send", {"template": template, "number": "13800138000"}, page=form)
    assert refused.status_code == 403
    bought = await member.post(
        "/costs/packages", {"group": "notice", "quantity": "100", "agreed": "yes"}
    )
    assert bought.status_code == 422
    assert "套餐购买" in bought.text
    assert "is stopped" in await member.see("/?lang=en")


async def test_buying_a_package(ready: tuple[Customer, str, Operator]) -> None:
    member, _, _ = ready
    quoted = await member.post(
        "/costs/packages", {"group": "notice", "quantity": "200", "quote": "yes"}
    )
    assert "200" in quoted.text
    unticked = await member.post("/costs/packages", {"group": "notice", "quantity": "100"})
    assert unticked.status_code == 422
    odd = await member.post(
        "/costs/packages", {"group": "notice", "quantity": "150", "agreed": "yes"}
    )
    assert odd.status_code == 422
    bought = await member.post(
        "/costs/packages", {"group": "notice", "quantity": "100", "agreed": "yes"}
    )
    placed(bought, "/costs/packages")
    assert "100" in await member.see("/costs")
    poor = await member.post(
        "/costs/packages", {"group": "notice", "quantity": "100000", "agreed": "yes"}
    )
    assert poor.status_code == 422


async def test_a_refused_signature_says_why_and_can_be_deleted(
    world: World, member: Customer
) -> None:
    made = await member.post(
        "/signatures/new",
        {"text": "示例科技", "type": "0", "purpose": "0", "certificate_type": "0"},
    )
    signature = placed(made, "/signatures/")
    await Operator(world).refuse_signature(signature, "与执照不符，请改用简称。")
    assert "与执照不符" in await member.see(f"/signatures/{signature}")
    page = f"/signatures/{signature}"
    kept = await member.post(f"{page}/delete", {"word": "别的"}, page=page)
    assert kept.status_code == 422
    gone = await member.post(f"{page}/delete", {"word": "示例科技"}, page=page)
    placed(gone, "/signatures")
    await member.see(page, 404)


async def test_words_are_advice_and_templates_need_a_signature(member: Customer) -> None:
    advice = await member.post(
        "/templates/new", {"cls": "notice", "name": "通知", "content": "双色球", "check": "yes"}
    )
    assert "双色球" in advice.text
    refused = await member.post(
        "/templates/new", {"cls": "notice", "name": "通知", "content": "您的包裹{1}已到"}
    )
    assert refused.status_code == 422


async def test_a_key_is_shown_once_and_can_be_deleted(member: Customer) -> None:
    made = await member.post(
        "/developer", {"name": "订单系统", "scopes": ["send", "read"], "networks": "203.0.113.0/24"}
    )
    private = re.findall(r"<code>([0-9a-f]{40})</code>", made.text)
    assert private
    listed = await member.see("/developer?lang=en")
    assert private[0] not in listed
    found = re.search(r"/developer/keys/(key_\w+)", listed)
    assert found
    page = f"/developer/keys/{found.group(1)}"
    await member.see(page)
    placed(await member.post(f"{page}/revoke", {"word": "订单系统"}, page=page), "/developer")
    bad = await member.post("/developer", {"name": "x", "scopes": ["send"], "networks": "nowhere"})
    assert bad.status_code == 422


async def test_callbacks_go_to_open_addresses_only(member: Customer) -> None:
    private = await member.post(
        "/developer/callbacks",
        {"url": "http://10.0.0.1/hook", "form": "signed", "about": "receipts"},
    )
    assert private.status_code == 422
    replies = await member.post(
        "/developer/callbacks",
        {"url": "http://127.0.0.1:8080/mo", "form": "native", "about": "replies"},
    )
    removed = re.search(r"/developer/callbacks/(end_\w+)", replies.text)
    assert removed
    assert "上行回复" in replies.text.partition("http://127.0.0.1:8080/mo")[2][:600]
    await member.post(
        f"{removed.group(0)}/remove", {"word": "127.0.0.1"}, page="/developer/callbacks"
    )
    made = await member.post(
        "/developer/callbacks",
        {"url": "http://127.0.0.1:8080/hook", "form": "signed", "about": "receipts"},
    )
    assert "whsec_" in made.text
    found = re.search(r"/developer/callbacks/(end_\w+)", made.text)
    assert found
    path = f"/developer/callbacks/{found.group(1)}"
    for deed in ("ping", "pause", "resume"):
        placed(await member.post(path, {"deed": deed}, page="/developer/callbacks"), path)
    log = await member.see("/developer/callbacks?lang=en")
    delivery = re.search(r"/developer/callbacks/deliveries/dlv_\w+", log)
    assert delivery
    await member.see(delivery.group(0))
    await member.post(f"{path}/remove", {"word": "127.0.0.1"}, page="/developer/callbacks")
