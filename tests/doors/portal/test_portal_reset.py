"""A forgotten password, and that nobody learns here who is a customer."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.doors.portal.conftest import EMAIL, HOST, PASSWORD, Customer, World, sign_up
from umcloud.domains.audit import queries as audit
from umcloud.kernel.ids import AccountId

NEWER = "a-newer-horse-44"
STRANGER = "nobody@example.com"


def plain(page: str) -> str:
    """Return a page without what differs at each showing: proofs, keys and what was typed."""
    without = re.sub(r'(name="(csrf|idempotency_key|login)" value=)"[^"]*"', r"\1", page)
    return re.sub(r'(nonce|content)="[^"]*"', r"\1", without)


@pytest.fixture
def stranger_transport(world: World) -> httpx.ASGITransport:
    return httpx.ASGITransport(world.app)


async def reset(
    customer: Customer, page: httpx.Response, code: str, password: str = NEWER
) -> httpx.Response:
    return await customer.post(
        "/reset/new", {"login": EMAIL, "code": code, "password": password}, page=page
    )


async def test_a_forgotten_password_is_reset_and_every_session_ends(
    world: World, member: Customer, stranger_transport: httpx.ASGITransport
) -> None:
    async with httpx.AsyncClient(transport=stranger_transport, base_url=HOST) as client:
        elsewhere = Customer(client)
        shown = await elsewhere.see("/sign-in?lang=en")
        assert 'href="/reset"' in shown
        asked = await elsewhere.post("/reset", {"login": f" {EMAIL.upper()} "})
        assert asked.status_code == 200
        done = await reset(elsewhere, asked, world.pocket.codes[-1])
        assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
        assert "The password is changed" in await elsewhere.see("/sign-in?lang=en")
        refused = await elsewhere.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
        assert refused.status_code == 422
        inside = await elsewhere.post("/sign-in", {"login": EMAIL, "password": NEWER})
        assert inside.status_code == 303
        assert "Password changed" in await elsewhere.see("/account/log?lang=en")
    # The session of before is over.
    assert (await member.client.get("/account")).status_code == 303
    async with world.database.transaction() as tx:
        account_id = AccountId(await world.account_id())
        names = [one.name for one in await audit.for_account(tx, account_id, limit=20)]
    assert "member.credentials_reset" in names


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_known_and_unknown_contacts_read_the_same(
    world: World, member: Customer, language: str
) -> None:
    await member.post("/sign-out", {}, page="/account")
    await member.see(f"/reset?lang={language}")
    sent = len(world.pocket.codes)
    pages: dict[str, list[tuple[int, str]]] = {}
    for login in (EMAIL, STRANGER):
        asked = await member.post("/reset", {"login": login})
        again = await member.post("/reset", {"login": login})  # within the minute
        wrong = await member.post(
            "/reset/new", {"login": login, "code": "nope00", "password": NEWER}, page=again
        )
        answers = (asked, again, wrong)
        pages[login] = [(one.status_code, plain(one.text)) for one in answers]
    assert pages[EMAIL] == pages[STRANGER]
    assert [status for status, _ in pages[EMAIL]] == [200, 200, 422]
    assert len(world.pocket.codes) == sent + 1


async def test_codes_are_limited_for_strangers_too(member: Customer, world: World) -> None:
    await member.post("/sign-out", {}, page="/account")
    page: httpx.Response | str = await member.client.get("/reset")
    async with world.database.transaction() as tx:
        await tx.sql(
            "INSERT INTO one_time_code (channel, target, purpose, code_mac, tries, issued_at, day,"
            " sent_on_day) VALUES ('email', :target, 'reset', :mac, 0, :at, '2026-03-02', 10)",
            target=STRANGER,
            mac=bytes(32),
            at="2026-03-02T00:00:00Z",
        )
    refused = await member.post("/reset", {"login": STRANGER}, page=page)
    assert refused.status_code == 422
    assert "10" in refused.text


@pytest.mark.parametrize("door", ["/reset", "/sign-in/code"])
async def test_a_closed_channel_is_refused_for_everybody(
    world: World, customer: Customer, door: str
) -> None:
    phone = "13800138000"
    assert (await sign_up(world, customer, phone)).status_code == 303
    await customer.post("/sign-out", {}, page="/account")
    world.pocket.phones = False
    answers = [await customer.post(door, {"login": one}) for one in (phone, "13900139000")]
    assert [one.status_code for one in answers] == [422, 422]
    texts = [
        plain(one.text).replace("13800138000", "").replace("13900139000", "") for one in answers
    ]
    assert texts[0] == texts[1]


async def test_wrong_codes_are_counted_and_weak_passwords_cost_none(
    world: World, member: Customer
) -> None:
    asked = await member.post("/reset", {"login": EMAIL})
    code = world.pocket.codes[-1]
    for weak in ("short", EMAIL):
        assert (await reset(member, asked, code, weak)).status_code == 422
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert (await reset(member, asked, wrong)).status_code == 422
    assert (await reset(member, asked, code)).status_code == 422  # worn out by now
    # The account is untouched: still signed in, the old password still serves.
    await member.see("/account")
    await member.post("/sign-out", {}, page="/account")
    inside = await member.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    assert inside.status_code == 303


async def test_what_is_no_contact_is_said(member: Customer) -> None:
    answer = await member.post("/reset", {"login": "nonsense"})
    assert answer.status_code == 422
    assert "nonsense" in answer.text


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_the_pages_render(customer: Customer, language: str) -> None:
    for path in ("/reset", "/reset/new"):
        text = await customer.see(f"{path}?lang={language}")
        assert text.count("<h1") == 1
