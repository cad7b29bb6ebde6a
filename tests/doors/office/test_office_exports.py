"""Lists as files: the page's filters and masks, written down, harmless, in bounded memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from tests.doors.office.conftest import NUMBER, PASSWORD, VAULT, SignIn, Visit, World
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact
from umcloud.domains.audit import queries as audit
from umcloud.domains.resources.signatures import service as signatures
from umcloud.kernel.act import Act
from umcloud.kernel.ids import show

BOM = "\ufeff"
FULL_WIDTH_EQUALS = "\uff1d"


async def table(visit: Visit, path: str) -> list[list[str]]:
    """Return the rows of an exported file, heading first."""
    answer = await visit.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode()
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM))))


def paths(world: World) -> Sequence[str]:
    return (
        "/customers.csv",
        "/messages.csv",
        "/ledger/journals.csv",
        f"/ledger/accounts/{show('acc', world.sender)}/lines.csv",
        "/reviews/decisions.csv",
    )


@pytest.mark.clause("C13.2")
async def test_every_export_is_masked_and_written_down(world: World, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for path in paths(world):
        rows = await table(admin, path)
        assert NUMBER not in str(rows), path
        assert "4711" not in str(rows), path
    async with world.database.transaction() as tx:
        told = await audit.latest(tx, name="office.list_exported")
    assert {one.facts["what"] for one in told} == {
        "customers",
        "messages",
        "journals",
        "statement",
        "decisions",
    }
    about = {one.facts["what"]: one.account_id for one in told}
    assert about["statement"] == world.sender


@pytest.mark.clause("C13.2")
async def test_messages_leave_as_they_are_searched(world: World, sign_in: SignIn) -> None:
    support = await sign_in("support")
    query = f"number={NUMBER}&status=accepted&account={show('acc', world.sender)}"
    heading, row = await table(support, f"/messages.csv?{query}")
    found = dict(zip(heading, row, strict=True))
    assert found["Number"] == "861****8000" or "****8000" in found["Number"]
    assert found["Accepted"] == "2026-03-02 12:00:00"
    assert found["Segments"] == "1"
    assert found["Message id"] == show("msg", world.message)
    for nothing in ("number=13900000000", "status=failed", "account=nobody", "until=2026-03-01"):
        assert len(await table(support, f"/messages.csv?{nothing}")) == 1, nothing
    page = (await support.get(f"/messages?{query}")).text
    assert re.search(r'href="/messages.csv\?[^"]*status=accepted', page)
    async with world.database.transaction() as tx:
        told = await audit.latest(tx, name="office.list_exported")
    assert "number=138****8000" in str([one.facts["filters"] for one in told])
    assert NUMBER not in str(told)


async def test_amounts_are_numbers_to_a_spreadsheet(world: World, sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    rows = await table(finance, f"/ledger/accounts/{show('acc', world.sender)}/lines.csv")
    amounts = [dict(zip(rows[0], row, strict=True))["Amount"] for row in rows[1:]]
    assert "-0.05" in amounts
    assert all(re.fullmatch(r"-?[0-9]+\.[0-9]{2,6}", one) for one in amounts)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", FULL_WIDTH_EQUALS])
async def test_a_name_is_never_a_formula(
    world: World, sign_in: SignIn, act: Act, first: str
) -> None:
    name = f'{first}HYPERLINK("http://x","a,b")'
    async with world.database.transaction() as tx:
        await accounts.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, "formula@example.com"),
            password=PASSWORD,
            name="x",
            organisation=name,
            vault=VAULT,
        )
    rows = await table(await sign_in("support"), "/customers.csv?q=HYPERLINK")
    assert rows[1][0] == f"'{name}"


async def test_a_long_list_is_whole_and_read_piece_by_piece(
    world: World, sign_in: SignIn, act: Act
) -> None:
    async with world.database.transaction() as tx:
        await tx.sql(
            "INSERT INTO account (id, lane, name, state, locale, created_at) "
            "SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 1, "
            "'long ' || n, 'ACTIVE', 'en', :now FROM generate_series(1, 1234) n",
            now=act.now,
        )
    limits: list[int] = []

    @event.listens_for(world.database.engine.sync_engine, "before_cursor_execute")
    def note(*told: object) -> None:
        if "FROM account" in str(told[2]) and "LIMIT" in str(told[2]):
            limits.append(1)

    rows = await table(await sign_in("finance"), "/customers.csv?q=long")
    assert len({row[3] for row in rows[1:]}) == 1234
    assert len(limits) == 3


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("reviewer", {"/customers.csv", "/reviews/decisions.csv"}),
        ("network", {"/messages.csv"}),
        ("auditor", {"all"}),
    ],
)
async def test_an_export_asks_for_the_page_s_role(
    world: World, sign_in: SignIn, role: str, allowed: set[str]
) -> None:
    visit = await sign_in(role)
    for path in paths(world):
        status = (await visit.client.get(path)).status_code
        expected = 200 if path in allowed or "all" in allowed else 403
        assert status == expected, path
    async with world.database.transaction() as tx:
        told = await audit.latest(tx, name="office.list_exported")
    assert len(told) == len(paths(world) if "all" in allowed else allowed)


async def test_decisions_are_listed_by_reviewer_and_outcome(
    world: World, sign_in: SignIn, act: Act, later: datetime
) -> None:
    reviewer = await sign_in("reviewer")
    empty = (await reviewer.get("/reviews/decisions?since=2026-03-03")).text
    assert "Nothing matches these filters" in empty
    path = f"/reviews/signatures/{show('sig', world.signatures[0])}"
    await reviewer.post(f"{path}/take", page=path)
    await reviewer.post(f"{path}/approve", {"revision": "1"}, page=path)
    async with world.database.transaction() as tx:
        doing = replace(act, now=later + timedelta(minutes=1))
        await signatures.disable(tx, doing, signature_id=world.signatures[0], reason="misused")
    page = (await reviewer.get("/reviews/decisions")).text
    assert "云讯科技" in page
    assert "misused" in page
    assert "misused" not in (await reviewer.get("/reviews/decisions?verdict=approved")).text
    assert "misused" not in (await reviewer.get("/reviews/decisions?subject=template")).text
    heading, first, second, *_ = await table(reviewer, "/reviews/decisions.csv?subject=signature")
    assert heading[-2] == "Reviewer"
    assert [first[3], second[3]] == ["Disabled", "Approved"]
    assert second[-2] == "reviewer"
    mine = re.search(r'value="(stf_[^"]+)" >reviewer', page)
    assert mine
    assert len(await table(reviewer, f"/reviews/decisions.csv?by={mine.group(1)}")) == 2
