"""What no code can store, and how a change behind the code's back shows."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.domains.agreements.conftest import Page
from umcloud.domains.agreements import invariants, queries, store

DAMAGE = {
    "a fact": "UPDATE consent SET seconds_on_page = 600 WHERE chain_seq = 2",
    "the address": "UPDATE consent SET ip = '198.51.100.1' WHERE chain_seq = 2",
    "the moment": "UPDATE consent SET at = at - interval '1 day' WHERE chain_seq = 2",
    "the hash": "UPDATE consent SET chain_hash = sha256('x') WHERE chain_seq = 2",
    "a removal": "DELETE FROM consent WHERE chain_seq = 2",
}


@pytest.mark.clause("P.1")
@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_tampered_consent_breaks_the_chain(page: Page, damage: str) -> None:
    who = await page.customer()
    for person in (who, await page.customer(who.account), await page.customer(who.account)):
        await page.agree(person)
    await page.agree(await page.customer())
    assert await invariants.violations(page.tx, page.act.now) == []
    # Whoever owns the database can silence its triggers; the chain still tells.
    await page.tx.sql("ALTER TABLE consent DISABLE TRIGGER consent_is_immutable")
    await page.tx.sql(DAMAGE[damage])
    what = "sequence" if damage == "a removal" else "hash"
    assert await invariants.violations(page.tx, page.act.now) == [
        f"I18: consent 2 of account {who.account}: {what}"
    ]
    assert (await queries.evidence(page.tx, who.account))["chain"] == f"broken at 2: {what}"


async def test_the_first_link_binds_a_chain_to_its_account(page: Page) -> None:
    await page.agree(await page.customer())
    other = await page.customer()
    await page.tx.sql("ALTER TABLE consent DISABLE TRIGGER ALL")
    await page.tx.sql("UPDATE consent SET account_id = :other", other=other.account)
    assert await invariants.violations(page.tx, page.act.now) == [
        f"I18: consent 1 of account {other.account}: hash"
    ]


@pytest.mark.parametrize("statement", ["UPDATE consent SET ip = NULL", "DELETE FROM consent"])
async def test_a_consent_is_never_changed(page: Page, statement: str) -> None:
    await page.agree(await page.customer())
    with pytest.raises(DBAPIError, match="never changed"):
        await page.tx.sql(statement)


@pytest.mark.clause("P.1")
@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("acknowledged", "ARRAY['C11']", "all_emphasised_acknowledged"),
        ("emphasised", "ARRAY[]::text[]", "something_emphasised"),
        ("authority_confirmed", "false", "authority"),
        ("sha256", "sha256('another text')", "fk_consent_version_id"),
        ("chain_seq", "1", "uq_consent_account_id_chain_seq"),
    ],
)
async def test_no_code_can_store_an_incomplete_or_forked_consent(
    page: Page, column: str, value: str, constraint: str
) -> None:
    first = await page.customer()
    await page.agree(first)
    colleague = await page.customer(first.account)
    columns = (
        await page.tx.sql(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'consent'"
        )
    ).scalars()
    changed = {
        "id": "gen_random_uuid()",
        "member_id": f"'{colleague.member}'::uuid",
        "chain_seq": "2",
    } | {column: value}
    names = list(columns)
    chosen = [changed.get(name, name) for name in names]
    copy = "INSERT INTO consent ({}) SELECT {} FROM consent"
    with pytest.raises(IntegrityError, match=constraint):
        await page.tx.sql(copy.format(", ".join(names), ", ".join(chosen)))


async def test_every_account_is_examined_page_by_page(page: Page) -> None:
    accounts = []
    for _ in range(3):
        who = await page.customer()
        accounts.append(who.account)
        await page.agree(who)
        await page.agree(await page.customer(who.account))
    first = await store.chains(page.tx, None, 2)
    rest = await store.chains(page.tx, sorted(accounts)[1], 2)
    assert [*first, *rest] == sorted(accounts)
    assert all(len(chain) == 2 for chain in (first | rest).values())
    assert await store.chains(page.tx, sorted(accounts)[2], 2) == {}
