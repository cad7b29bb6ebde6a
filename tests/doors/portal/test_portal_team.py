"""The team at the portal: invited, in, changed, removed; each role sees and does its own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from tests.doors.portal.conftest import (
    CLAUSES,
    EMAIL,
    HOST,
    PASSWORD,
    Customer,
    World,
    sign_up,
)
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact, Right, Role
from umcloud.domains.accounts.vault import Vault
from umcloud.doors.portal import rights

WANG = "wang@example.com"
ANOTHER = "another-horse-43"


@dataclass
class Office:
    """Several browsers in front of one portal."""

    world: World
    owner: Customer
    clients: list[httpx.AsyncClient]

    def browser(self) -> Customer:
        transport = httpx.ASGITransport(self.world.app)
        client = httpx.AsyncClient(transport=transport, base_url=HOST)
        self.clients.append(client)
        return Customer(client)

    @property
    def path(self) -> str:
        """Return where the newest invitation leads."""
        return self.world.pocket.invitations[-1].link.removeprefix(HOST)

    async def invite(self, role: Role, contact: str = WANG) -> httpx.Response:
        return await self.owner.post("/account/team", {"contact": contact, "role": role.value})

    async def colleague(self, role: Role, contact: str = WANG) -> Customer:
        """Return a new colleague's browser, signed in."""
        assert (await self.invite(role, contact)).status_code == 303
        person = self.browser()
        joined = await person.post(self.path, {"name": "王二", "password": ANOTHER})
        assert (joined.status_code, joined.headers["location"]) == (303, "/")
        return person

    async def hrefs(self) -> list[str]:
        """Return where the team's names lead."""
        shown = await self.owner.see("/account/team")
        return re.findall(r'href="(/account/team/mbr_[0-9a-z]+)"', shown)


@pytest.fixture
async def office(world: World, member: Customer) -> AsyncIterator[Office]:
    place = Office(world, member, [])
    yield place
    for client in place.clients:
        await client.aclose()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_colleague_is_invited_and_joins(office: Office, language: str) -> None:
    await office.owner.see(f"/account/team?lang={language}")
    assert (await office.invite(Role.FINANCE)).status_code == 303
    shown = await office.owner.see("/account/team")
    assert WANG in shown
    person = office.browser()
    page = await person.see(f"{office.path}?lang={language}")
    assert page.count("<h1") == 1
    assert "杭州示例科技有限公司" in page
    assert "w***@example.com" in page
    weak = await person.post(office.path, {"name": "王二", "password": "short"})
    assert weak.status_code == 422
    assert "王二" in weak.text
    joined = await person.post(office.path, {"name": "王二", "password": ANOTHER})
    assert joined.status_code == 303
    home = await person.see("/")
    assert "王二" in home
    assert 'href="/send"' not in re.sub(r"(?s)<main.*</main>", "", home)
    again = office.browser()
    used = await again.see(f"{office.path}?lang={language}", 409)
    assert used.count("<h1") == 1
    assert WANG not in await office.owner.see("/account/log")


async def test_an_invitation_is_sent_again_and_withdrawn(office: Office) -> None:
    await office.invite(Role.VIEWER)
    twice = await office.invite(Role.VIEWER, WANG.upper())
    assert twice.status_code == 422
    shown = await office.owner.see("/account/team")
    (deed,) = set(re.findall(r'action="(/account/team/invitations/inv_[0-9a-z]+)/resend"', shown))
    early = await office.owner.post(f"{deed}/resend", {}, page="/account/team")
    assert early.status_code == 503
    withdrawn = await office.owner.post(f"{deed}/withdraw", {}, page="/account/team")
    assert withdrawn.status_code == 303
    assert "withdrawn" in await office.browser().see(f"{office.path}?lang=en", 409)
    nonsense = await office.owner.post(
        "/account/team/invitations/nonsense/withdraw", {}, page="/account/team"
    )
    assert nonsense.status_code == 404
    assert "latest" in await office.browser().see("/invited/made-up?lang=en", 404)


async def test_owners_change_roles_and_remove(office: Office) -> None:
    (mine,) = await office.hrefs()
    person = await office.colleague(Role.VIEWER)
    await person.see("/developer", 403)
    (theirs,) = set(await office.hrefs()) - {mine}
    changed = await office.owner.post(f"{theirs}/role", {"role": "DEVELOPER"}, page=theirs)
    assert changed.status_code == 303
    await person.see("/developer")  # counts at the next click
    wrong = await office.owner.post(f"{theirs}/remove", {"word": "王三"}, page=theirs)
    assert wrong.status_code == 422
    removed = await office.owner.post(f"{theirs}/remove", {"word": "王二"}, page=theirs)
    assert (removed.status_code, removed.headers["location"]) == (303, "/account/team")
    assert (await person.client.get("/account")).status_code == 303  # signed out
    await office.owner.see(theirs, 404)
    assert await office.hrefs() == [mine]
    log = await office.owner.see("/account/log?lang=en")
    for said in ("Colleague removed", "王二", "Viewer → Developer", "w***@example.com"):
        assert said in log


async def test_the_last_owner_stays_and_an_owner_may_leave(office: Office) -> None:
    (mine,) = await office.hrefs()
    role = await office.owner.post(f"{mine}/role", {"role": "VIEWER"}, page=mine)
    assert role.status_code == 422
    word: dict[str, str | list[str]] = {"word": "杭州示例科技有限公司"}
    assert (await office.owner.post(f"{mine}/remove", word, page=mine)).status_code == 409
    second = await office.colleague(Role.OWNER)
    left = await office.owner.post(f"{mine}/remove", word, page=mine)
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert EMAIL not in await second.see("/account/team")


async def test_another_account_s_people_are_not_there(office: Office) -> None:
    (mine,) = await office.hrefs()
    other = office.browser()
    assert (await sign_up(office.world, other, WANG)).status_code == 303
    await other.see(mine, 404)
    answer = await other.post(f"{mine}/role", {"role": "VIEWER"}, page="/account/team")
    assert answer.status_code == 404
    # Whoever has an account already learns from the link alone that it cannot serve them.
    assert (await office.invite(Role.OWNER)).status_code == 303
    refused = await other.post(office.path, {"name": "王二", "password": ANOTHER})
    assert refused.status_code == 422
    assert len(await office.hrefs()) == 1


OPEN_TO = {
    "/send": Right.SEND,
    "/signatures/new": Right.RESOURCES,
    "/templates/new": Right.RESOURCES,
    "/templates/UTA260302ABCDEF/edit": Right.RESOURCES,
    "/costs/recharge": Right.PAY,
    "/developer": Right.DEVELOP,
    "/developer/calls": Right.DEVELOP,
    "/developer/callbacks": Right.DEVELOP,
    "/account/verification": Right.REPRESENT,
}
EVERYBODYS = [
    "/",
    "/inbox",
    "/records",
    "/signatures",
    "/templates",
    "/costs",
    "/costs/packages",
    "/costs/statement",
    "/account",
    "/account/team",
    "/account/log",
    "/account/agreements",
    "/account/sessions",
]
DEEDS = {
    "/send": Right.SEND,
    "/signatures/new": Right.RESOURCES,
    "/signatures/SIG20260302ABC123/delete": Right.RESOURCES,
    "/templates/new": Right.RESOURCES,
    "/costs/recharge": Right.PAY,
    "/costs/packages": Right.PAY,
    "/developer": Right.DEVELOP,
    "/developer/callbacks": Right.DEVELOP,
    "/account/verification": Right.REPRESENT,
    "/consent": Right.REPRESENT,
    "/account/team": Right.TEAM,
    "/somewhere/new": Right.REPRESENT,
}


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.FINANCE, Role.VIEWER])
async def test_each_role_sees_and_does_its_own(office: Office, role: Role) -> None:
    person = await office.colleague(role)
    for path in EVERYBODYS:
        await person.see(f"{path}?lang=en")
    for path, right in OPEN_TO.items():
        answer = await person.client.get(path)
        if role.value in rights.names(right):
            assert answer.status_code in {200, 404}, path
        else:
            assert answer.status_code == 403, path
            assert "Ask the owner" in answer.text
    for path, right in DEEDS.items():
        answer = await person.post(path, {}, page="/account/team")
        if role.value in rights.names(right):
            assert answer.status_code not in {401, 403}, path
        else:
            assert answer.status_code == 403, path
            assert "Owner" in answer.text
    offered = {
        "/signatures": ("/signatures/new", Right.RESOURCES),
        "/templates": ("/templates/new", Right.RESOURCES),
        "/records": ("/send", Right.SEND),
        "/costs": ("/costs/recharge", Right.PAY),
        "/": ("/account/verification", Right.REPRESENT),
    }
    for path, (href, right) in offered.items():
        shown = await person.see(path)
        assert (f'href="{href}"' in shown) == (role.value in rights.names(right)), path
    assert (await person.post("/inbox/read", {}, page="/inbox")).status_code == 303
    assert (await person.post("/sign-out", {}, page="/account")).status_code == 303


async def test_readers_see_the_team_masked_and_without_deeds(office: Office) -> None:
    person = await office.colleague(Role.VIEWER)
    shown = await person.see("/account/team")
    assert "l***@example.com" in shown
    assert EMAIL not in shown
    assert 'action="/account/team' not in shown
    mine, _ = await office.hrefs()
    await person.see(mine, 403)


def posted(routes: list[BaseRoute]) -> list[str]:
    """Return every path to which something is posted behind the sign-in."""
    found = []
    for route in routes:
        if isinstance(route, Mount):
            found += posted(list(route.routes))
        elif isinstance(route, Route) and "POST" in (route.methods or ()):
            found.append(route.path)
    return found


def test_every_deed_has_a_line_of_its_own(world: World) -> None:
    """A deed that is not listed is the owners' alone: list it, so that it was thought about."""
    inside = [route for route in world.app.routes if isinstance(route, Mount)][-1]
    paths = posted(list(inside.routes))
    assert len(paths) > 15
    listed = [one for one in rights.DEEDS if any(path.startswith(one) for path in paths)]
    assert sorted(listed) == sorted(rights.DEEDS)
    unlisted = [
        path
        for path in paths
        if not any(path == one or path.startswith(f"{one}/") for one in rights.DEEDS)
    ]
    assert unlisted == []


@pytest.mark.clause("P.2")
async def test_only_an_owner_accepts_the_agreement(world: World, customer: Customer) -> None:
    vault = Vault(world.sealer, memory_kib=8, rounds=1)
    async with world.database.transaction() as tx:
        opened = await accounts.open_account(
            tx,
            world.act,
            contact=Contact(Channel.EMAIL, EMAIL),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例",
            vault=vault,
        )
        await accounts.invite_member(
            tx,
            world.act,
            account_id=opened.account.id,
            channel=Channel.EMAIL,
            target=WANG,
            role=Role.DEVELOPER,
            sender=world.pocket,
            link_of=str,
            vault=vault,
        )
        link = world.pocket.invitations[-1].link
        await accounts.accept_invitation(
            tx, world.act, token=link, name="王二", password=ANOTHER, vault=vault
        )
    await customer.post("/sign-in", {"login": WANG, "password": ANOTHER})
    assert (await customer.client.get("/send")).headers["location"] == "/consent"
    for language in ("zh_CN", "en"):
        shown = await customer.see(f"/consent?lang={language}")
        assert 'action="/consent"' not in shown
    assert "Only an owner" in shown
    refused = await customer.post("/consent", {"authority": "yes", "acknowledged": CLAUSES})
    assert refused.status_code == 403
    await customer.post("/sign-out", {}, page="/consent")
    await customer.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    accepted = await customer.post("/consent", {"authority": "yes", "acknowledged": CLAUSES})
    assert accepted.status_code == 303
    await customer.see("/")
