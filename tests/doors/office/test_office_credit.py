"""A customer's credit limit: set with a reason by finance, never below what is owed, remembered."""

from __future__ import annotations

import pytest

from tests.doors.office.conftest import SignIn, World
from tests.doors.office.test_office_reviews import words
from umcloud.domains.audit import queries as audit
from umcloud.domains.ledger import queries as books
from umcloud.kernel.ids import show

REASON = "框架合同 2026-031，财务总监同意。"


async def test_finance_sets_it_with_a_reason(world: World, sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    page = f"/customers/{show('acc', world.sender)}/credit"
    assert "No limit was ever set." in (await finance.get(page)).text
    bare = await finance.post(page, {"limit": "500"}, page=page)
    assert bare.status_code == 422
    done = await finance.post(page, {"limit": "500", "reason": REASON}, page=page)
    assert "The limit is set and holds at once." in words(done.text)
    assert REASON in done.text
    lowered = await finance.post(page, {"limit": "0", "reason": "合同到期"}, page=page)
    assert "Lowered" in lowered.text
    assert "Raised" in lowered.text
    async with world.database.transaction() as tx:
        assert (await books.balance(tx, world.sender)).credit_limit == 0
        kept = await audit.search(tx, account_id=world.sender, names=["office.credit_decided"])
    assert {(one.facts["before"], one.facts["after"]) for one in kept} == {
        (0, 500_000_000),
        (500_000_000, 0),
    }
    customer = await finance.get(page.removesuffix("/credit"))
    assert f'href="{page}"' in customer.text


async def test_it_is_never_below_what_is_owed(world: World, sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    page = f"/customers/{show('acc', world.sender)}/credit"
    await finance.post(page, {"limit": "500", "reason": REASON}, page=page)
    async with world.database.transaction() as tx:
        await tx.sql(
            "UPDATE bucket SET remaining = -20000000 WHERE kind = 'credit' "
            "AND wallet_id IN (SELECT id FROM wallet WHERE account_id = :id)",
            id=world.sender,
        )
    refused = await finance.post(page, {"limit": "10", "reason": REASON}, page=page)
    assert refused.status_code == 422
    assert "owes ¥20.00 now" in words(refused.text)
    assert 'value="10"' in refused.text


async def test_a_customer_without_a_wallet_gets_one(world: World, sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    page = f"/customers/{show('acc', world.newcomer)}/credit"
    done = await finance.post(page, {"limit": "100", "reason": REASON}, page=page)
    assert "¥100.00" in done.text


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_support_reads_it_and_does_not_set_it(
    world: World, sign_in: SignIn, language: str
) -> None:
    support = await sign_in("support")
    page = f"/customers/{show('acc', world.sender)}/credit"
    shown = await support.get(f"{page}?lang={language}")
    assert shown.status_code == 200
    assert 'name="reason"' not in shown.text
    reviewer = await sign_in("reviewer")
    assert (await reviewer.get(page)).status_code == 403
