"""Signing up, in and out; the gate of the agreement."""

from __future__ import annotations

import pytest

from tests.doors.portal.conftest import CLAUSES, EMAIL, PASSWORD, Customer, World, sign_up
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact
from umcloud.domains.accounts.vault import Vault


@pytest.mark.clause("P.1")
@pytest.mark.clause("E.1")
async def test_signing_up_records_the_consent_and_leads_home(
    world: World, customer: Customer
) -> None:
    answer = await sign_up(world, customer)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    home = await customer.see("/?lang=en")
    assert "Messages are paid from the balance or a package." in home
    evidence = (await customer.client.get("/account/agreements/evidence.json")).json()
    assert evidence["chain"] == "whole"
    assert evidence["consents"][0]["facts"]["acknowledged"] == CLAUSES


async def test_each_bold_clause_must_be_ticked_by_itself(world: World, customer: Customer) -> None:
    details = await customer.post("/sign-up", {"contact": EMAIL})
    facts: dict[str, str | list[str]] = {
        "contact": EMAIL,
        "code": world.pocket.codes[-1],
        "organisation": "杭州示例",
        "password": PASSWORD,
        "authority": "yes",
    }
    answer = await customer.post(
        "/sign-up/details", facts | {"acknowledged": CLAUSES[:-1]}, page=details
    )
    assert answer.status_code == 422
    assert "杭州示例" in answer.text
    again = await customer.post("/sign-up/details", facts | {"acknowledged": CLAUSES}, page=answer)
    assert again.status_code == 303


async def test_a_wrong_code_is_said_and_counted(world: World, customer: Customer) -> None:
    details = await customer.post("/sign-up", {"contact": EMAIL})
    wrong = "000000" if world.pocket.codes[-1] != "000000" else "111111"
    answer = await customer.post(
        "/sign-up/details",
        {
            "contact": EMAIL,
            "code": wrong,
            "organisation": "杭州示例",
            "password": PASSWORD,
            "acknowledged": CLAUSES,
            "authority": "yes",
        },
        page=details,
    )
    assert answer.status_code == 422
    assert "4" in answer.text


async def test_nobody_gets_in_without_a_session(customer: Customer) -> None:
    for path in ("/", "/records", "/developer", "/costs", "/account/log"):
        answer = await customer.client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


async def test_signing_out_and_in_again(member: Customer) -> None:
    out = await member.post("/sign-out", {}, page="/account")
    assert out.status_code == 303
    assert (await member.client.get("/account")).status_code == 303
    refused = await member.post("/sign-in", {"login": EMAIL, "password": "wrong-horse-42"})
    assert refused.status_code == 422
    inside = await member.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    assert inside.status_code == 303
    assert "杭州示例科技有限公司" in await member.see("/account")


async def test_signing_in_by_code(world: World, member: Customer) -> None:
    await member.post("/sign-out", {}, page="/account")
    sent = await member.post("/sign-in/code", {"login": EMAIL})
    assert sent.status_code == 200
    inside = await member.post(
        "/sign-in/code/enter", {"login": EMAIL, "code": world.pocket.codes[-1]}, page=sent
    )
    assert inside.status_code == 303
    await member.see("/account")


@pytest.mark.clause("P.2")
async def test_without_consent_nothing_is_shown_but_the_text(
    world: World, customer: Customer
) -> None:
    async with world.database.transaction() as tx:
        await accounts.open_account(
            tx,
            world.act,
            contact=Contact(Channel.EMAIL, EMAIL),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例",
            vault=Vault(world.sealer, memory_kib=8, rounds=1),
        )
    await customer.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    answer = await customer.client.get("/costs")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/consent"
    shown = await customer.see("/consent")
    assert "/costs" not in shown
    missing = await customer.post("/consent", {"authority": "yes"})
    assert missing.status_code == 422
    accepted = await customer.post("/consent", {"authority": "yes", "acknowledged": CLAUSES})
    assert accepted.status_code == 303
    await customer.see("/costs")
