"""Every page in both languages; who may see what; what stays masked."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from tests.doors.office.conftest import NUMBER, SignIn, World
from umcloud.domains.accounts import queries as accounts
from umcloud.domains.audit import asking, runs
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit.model import AuditRun
from umcloud.domains.ledger import holds
from umcloud.domains.messaging import explain
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.kernel.ids import lane_of, show, uuid7

PAGES: dict[str, Callable[[World], str]] = {
    "today": lambda _: "/",
    "account queue": lambda _: "/reviews",
    "account": lambda w: f"/reviews/accounts/{show('rev', w.application)}",
    "signature": lambda w: f"/reviews/signatures/{show('sig', w.signatures[0])}",
    "template": lambda w: f"/reviews/templates/{show('tpl', w.template)}",
    "customers": lambda _: "/customers?q=%E5%8E%8B%E6%B5%8B",
    "customer": lambda w: f"/customers/{show('acc', w.sender)}",
    "newcomer": lambda w: f"/customers/{show('acc', w.newcomer)}",
    "log": lambda w: f"/customers/{show('acc', w.sender)}/log",
    "messages": lambda _: "/messages",
    "message": lambda w: f"/messages/{show('msg', w.message)}",
    "lines": lambda _: "/lines",
    "trial balance": lambda _: "/ledger",
    "journals": lambda _: "/ledger/journals",
    "statement": lambda w: f"/ledger/accounts/{show('acc', w.sender)}",
    "prices": lambda _: "/published",
    "versions": lambda _: "/published/versions",
    "next version": lambda _: "/published/next",
    "decisions": lambda _: "/reviews/decisions",
    "staff": lambda _: "/staff",
    "invitation": lambda _: "/staff/new",
    "agreements": lambda _: "/published/agreements",
    "promises": lambda _: "/promises",
}
ALL = {"/", "/published/prices", "/published/versions"}
ROLE_PAGES = {
    "reviewer": ALL | {"/reviews/accounts", "/reviews/decisions", "/customers"},
    "support": ALL | {"/customers", "/messages", "/lines"},
    "network": ALL | {"/messages", "/lines", "/promises"},
    "finance": ALL | {"/customers", "/ledger", "/promises", "/published/next"},
    "auditor": ALL
    | {"/customers", "/messages", "/ledger", "/promises", "/reviews/decisions", "/staff"},
}
EVERYWHERE = sorted(set().union(*ROLE_PAGES.values(), {"/staff/new"}))


async def test_every_page_speaks_both_languages(world: World, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for name, address in PAGES.items():
        path = address(world)
        mark = "&" if "?" in path else "?"
        for language, tag in (("en", "en"), ("zh_CN", "zh-CN")):
            answer = await admin.get(f"{path}{mark}lang={language}")
            assert answer.status_code == 200, name
            assert f'lang="{tag}"' in answer.text, name
            assert NUMBER not in answer.text, name


@pytest.mark.parametrize("role", ROLE_PAGES)
@pytest.mark.usefixtures("world")
async def test_a_role_sees_its_own_work(sign_in: SignIn, role: str) -> None:
    visit = await sign_in(role)
    seen = {path for path in EVERYWHERE if (await visit.get(path)).status_code == 200}
    assert seen == ROLE_PAGES[role]
    home = (await visit.get("/")).text
    hrefs = set(re.findall(r'href="(/[^"]*)"', home)) - {"/"}
    assert [path for path in sorted(hrefs) if (await visit.get(path)).status_code != 200] == []


@pytest.mark.usefixtures("world")
async def test_visitors_and_customers_stay_outside(app: Starlette) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://office.example") as client:
        for path in EVERYWHERE:
            answer = await client.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.usefixtures("world")
async def test_a_wrong_password_is_refused_and_counted(world: World, sign_in: SignIn) -> None:
    visit = await sign_in("admin")
    visit.client.cookies.clear()
    wrong = {"email": "support@umcloud.example", "password": "not-the-password-1"}
    answer = await visit.post("/sign-in", wrong, page="/sign-in?lang=en")
    assert answer.status_code == 422
    async with world.database.transaction() as tx:
        failed = await audit.latest(tx, name="sign_in.failed")
    assert len(failed) == 1


@pytest.mark.clause("C13.2")
async def test_unmasking_asks_for_a_reason_and_is_written_down(
    world: World, sign_in: SignIn
) -> None:
    support, network = await sign_in("support"), await sign_in("network")
    path = f"/messages/{show('msg', world.message)}"
    masked = (await support.get(path)).text
    assert "4711" not in masked
    assert "****8000" in masked
    assert (await support.post(f"{path}/unmask", {"reason": ""}, page=path)).status_code == 422
    told = {"reason": "complaint 42"}
    assert (await network.post(f"{path}/unmask", told, page=path)).status_code == 403
    shown = await support.post(f"{path}/unmask", told, page=path)
    assert NUMBER in shown.text
    assert "4711" in shown.text
    assert "4711" not in (await support.get(path)).text
    async with world.database.transaction() as tx:
        [seen] = await audit.latest(tx, name="office.message_unmasked")
        staff = {one.name: one.id for one in await accounts.staff_members(tx)}
    assert seen.actor_id == staff["support"]
    assert seen.account_id == world.sender
    assert seen.facts["reason"] == "complaint 42"
    log = (await support.get(f"/customers/{show('acc', world.sender)}/log")).text
    assert "reason: complaint 42" in log
    assert "Staff<" not in log


async def test_messages_are_found_by_number_account_and_status(
    world: World, sign_in: SignIn
) -> None:
    support = await sign_in("support")
    row = show("msg", world.message)
    for query in (f"number={NUMBER}", f"account={show('acc', world.sender)}", "status=accepted"):
        assert row in (await support.get(f"/messages?{query}")).text, query
    for query in ("number=13900000000", "account=nobody", "status=failed", "until=2026-03-01"):
        assert row not in (await support.get(f"/messages?{query}")).text, query


async def test_a_search_by_status_says_how_far_back_it_looked(
    world: World, app: Starlette, sign_in: SignIn
) -> None:
    support = await sign_in("support")
    app.state.office = replace(app.state.office, looked=0)
    path, pages = "/messages?status=accepted", 0
    while True:
        page = html.unescape((await support.get(path)).text)
        further = re.search(r'href="([^"]+)">[^<]*<svg[^>]*>.*?</svg>Look further back', page)
        if further is None:
            break
        assert "what is older has not been looked at yet" in page
        path, pages = further[1], pages + 1
        if show("msg", world.message) in page:
            break
    assert show("msg", world.message) in page
    assert pages > 0


async def test_a_charge_leads_to_its_journal_with_both_sides(world: World, sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    async with world.database.transaction() as tx:
        told = await explain.explain(tx, world.sender, world.message)
    assert told is not None
    journal = f"/ledger/journals/{lane_of(world.sender)}/{show('jrn', told.journal_id)}"
    page = html.unescape((await finance.get(journal)).text)
    assert "revenue:" in page
    assert "¥0.05" in page
    assert "Balanced" in page
    assert (
        await finance.get(f"/ledger/journals/0/{show('jrn', world.application)}")
    ).status_code == 404


@pytest.mark.clause("C4.2")
async def test_freezing_and_thawing_are_support_s_and_take_a_reason(
    world: World, sign_in: SignIn
) -> None:
    support, reviewer = await sign_in("support"), await sign_in("reviewer")
    page = f"/customers/{show('acc', world.sender)}"
    told = {"reason": "BREACH", "note": "spam"}
    assert (await reviewer.post(f"{page}/freeze", told, page="/")).status_code == 403
    empty = await support.post(f"{page}/freeze", {"reason": "BREACH", "note": ""}, page=page)
    assert empty.status_code == 422
    frozen = await support.post(f"{page}/freeze", told, page=page)
    assert "The account is frozen." in frozen.text
    thawed = await support.post(f"{page}/thaw", {"note": "mended"}, page=page)
    assert "The account works again." in thawed.text


@pytest.mark.clause("C4.2")
async def test_closing_says_what_is_still_owed_and_then_is_for_good(
    world: World, sign_in: SignIn, database: Database, act: Act
) -> None:
    support, reviewer = await sign_in("support"), await sign_in("reviewer")
    page = f"/customers/{show('acc', world.sender)}"
    told = {"note": "asked for by its owner, called back"}
    assert (await reviewer.post(f"{page}/close", told, page="/")).status_code == 403
    async with database.transaction() as tx:
        held = await holds.hold(
            tx,
            act,
            account_id=world.sender,
            amount=300_000,
            expires_at=act.now + timedelta(days=30),
        )
    refused = await support.post(f"{page}/close", told, page=page)
    assert "CNY 0.30 is still set aside" in refused.text
    async with database.transaction() as tx:
        await holds.void_hold(tx, act, account_id=world.sender, hold_id=held)
    closed = await support.post(f"{page}/close", told, page=page)
    assert "The account is closed." in closed.text
    again = await support.get(page)
    assert "Close for good" not in again.text
    assert "Freeze the account" not in again.text


async def test_lines_are_drained_by_the_network_s_people_only(
    world: World, sign_in: SignIn
) -> None:
    network, support = await sign_in("network"), await sign_in("support")
    assert (await support.post("/lines/1/draining", page="/")).status_code == 403
    drained = await network.post("/lines/1/draining", page="/lines")
    assert "Line 1 is draining." in drained.text
    assert (await network.post("/lines/1/nowhere", page="/lines")).status_code == 404
    assert (await network.post("/lines/9/enabled", page="/lines")).status_code == 404
    async with world.database.transaction() as tx:
        assert [e.facts["state"] for e in await audit.latest(tx, name="line.state_changed")] == [
            "draining"
        ]


@pytest.mark.usefixtures("world")
async def test_promises_are_asked_on_demand(sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    assert "not checked yet" in (await finance.get("/promises")).text
    asked = await finance.post("/promises", page="/promises")
    assert "What is new holds" in asked.text
    assert "Everything is being checked" in asked.text
    assert "identity" in asked.text


async def test_a_violation_is_an_alarm_on_the_first_page(
    world: World, sign_in: SignIn, now: datetime
) -> None:
    admin = await sign_in("admin")
    broken = AuditRun(uuid7(now), now, 9, ("ledger: wallet 1 has lost a fen",), 5)
    async with world.database.transaction() as tx:
        await runs.keep(tx, broken)
    assert "An invariant does not hold" in (await admin.get("/")).text
    assert "has lost a fen" in (await admin.get("/promises")).text
    await admin.post("/promises", page="/promises")
    assert "An invariant does not hold" in (await admin.get("/")).text
    asked = asking.found()
    while await asking.sweep(world.database, asked, lambda: now, 1.0):
        pass
    assert "An invariant does not hold" not in (await admin.get("/")).text
    assert "Everything: begun" in (await admin.get("/promises")).text
