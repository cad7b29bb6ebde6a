"""What somebody sees who has found the sandbox and knows nothing yet."""

from __future__ import annotations

import re

from tests.doors.portal.conftest import ORGANISATION, Customer, World
from tests.doors.portal.operator import Operator
from umcloud.domains.identity.rules import read_organisation

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def licence_field(page: str) -> str:
    """Return the input of the licence."""
    found = re.search(r'<input[^>]*name="licence"[^>]*>', page)
    assert found is not None
    return found.group()


async def test_the_sandbox_names_a_credit_code_that_is_taken(member: Customer) -> None:
    page = await member.see("/account/verification")
    shown = re.search(r"\b9[0-9A-Z]{17}\b", page)
    assert shown is not None, "nobody has a credit code at hand"
    assert read_organisation(ORGANISATION, shown.group(), "林一").uscc == shown.group()


async def test_the_licence_is_optional_only_where_one_was_handed_in(
    world: World, member: Customer
) -> None:
    answers = {"name": ORGANISATION, "uscc": "91110108MA9999996Y", "legal_person": "林一"}
    assert "required" in licence_field(await member.see("/account/verification"))
    without = await member.post("/account/verification", answers)
    assert without.status_code != 303

    sent = await member.post(
        "/account/verification", answers, files={"licence": ("licence.png", PNG, "image/png")}
    )
    assert sent.status_code == 303
    await Operator(world).refuse_verification("看不清")
    assert "required" not in licence_field(await member.see("/account/verification"))
    again = await member.post("/account/verification", answers)
    assert again.status_code == 303


async def test_who_comes_back_from_the_payment_page_sees_that_payment(member: Customer) -> None:
    await member.post("/costs/recharge", {"amount": "10.00"})
    found = re.search(r"pay_[0-9a-z]{26}", await member.see("/costs/recharge"))
    assert found is not None
    back = await member.client.get(f"/costs/recharge?number={found.group()}")
    assert back.status_code == 303
    assert back.headers["location"].startswith(f"/costs/recharge/{found.group()}")

    waiting = await member.client.get(back.headers["location"])
    assert "refresh" in waiting.headers, "the page looks again by itself until it was paid"


async def test_the_first_steps_do_not_forget_the_money(world: World, member: Customer) -> None:
    assert "从余额或套餐中扣费" in await member.see("/")
    await member.post("/costs/recharge", {"amount": "10.00"})
    await Operator(world).settle()
    assert "已有余额或套餐可用" in await member.see("/")


async def test_a_choice_begins_with_a_capital(member: Customer) -> None:
    page = await member.see("/signatures/new?lang=en")
    assert "Own use" in page
    assert ">own use" not in page


async def test_the_statement_says_whose_movements_it_shows(world: World, member: Customer) -> None:
    await member.post("/costs/recharge", {"amount": "10.00"})
    await Operator(world).settle()
    page = await member.see("/costs/statement")
    unset = re.search(r'<select name="currency"[^>]*><option value="">([^<]*)<', page)
    assert unset is not None
    assert unset.group(1) == "余额（人民币）", "one wallet a list: nothing is “all”"
