"""The operator's people, worked from the browser's side."""

from __future__ import annotations

import html
import re

import pytest

from tests.doors.office.conftest import PASSWORD, Pocket, SignIn, World
from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import StaffState
from umcloud.domains.audit import queries as audit
from umcloud.kernel.ids import show

CHOSEN = "a-second-office-horse-7"


async def person_of(world: World, name: str) -> str:
    async with world.database.transaction() as tx:
        people = {one.name: one.id for one in await accounts.staff_members(tx)}
    return f"/staff/{show('stf', people[name])}"


@pytest.mark.usefixtures("world")
async def test_an_admin_asks_a_colleague_in_who_chooses_a_password(
    sign_in: SignIn, pocket: Pocket
) -> None:
    admin = await sign_in("admin")
    email = "chen@umcloud.example"
    asked: dict[str, str | list[str]] = {"name": "陈", "email": email}
    asked["roles"] = ["finance", "auditor"]
    page = await admin.post("/staff/new", asked, page="/staff/new")
    assert "a code is on its way" in page.text
    again = await admin.post("/staff/new", asked, page="/staff/new")
    assert again.status_code == 422
    assert "already" in again.text
    assert (
        await admin.post("/staff/new", {**asked, "roles": []}, page="/staff/new")
    ).status_code == 422
    visitor = await sign_in("support")
    visitor.client.cookies.clear()
    told = {"email": email, "code": "x", "password": CHOSEN}
    wrong = await visitor.post("/join", told, page="/join?lang=en")
    assert wrong.status_code == 422
    weak = {**told, "code": pocket.messages[-1].code, "password": "short"}
    assert "10" in (await visitor.post("/join", weak, page="/join?lang=en")).text
    right = {**told, "code": pocket.messages[-1].code}
    done = await visitor.post("/join", right, page="/join?lang=en")
    assert "The password is saved" in done.text
    chen = await sign_in("chen", CHOSEN)
    assert (await chen.get("/ledger")).status_code == 200
    assert (await chen.get("/staff")).status_code == 200
    refused = await chen.get("/staff/new")
    assert refused.status_code == 403
    assert "it takes: Administrator" in html.unescape(refused.text)


async def test_a_suspended_colleague_is_out_at_once_and_may_return(
    world: World, sign_in: SignIn
) -> None:
    admin, support = await sign_in("admin"), await sign_in("support")
    path = await person_of(world, "support")
    assert (await support.get("/customers")).status_code == 200
    empty = await admin.post(f"{path}/suspend", {"reason": ""}, page=path)
    assert empty.status_code == 422
    done = await admin.post(f"{path}/suspend", {"reason": "on leave"}, page=path)
    assert "Suspended" in done.text
    outside = await support.client.get("/customers")
    assert outside.headers["location"].startswith("/sign-in")
    back = await admin.post(f"{path}/resume", page=path)
    assert "They may work again." in back.text
    assert (await (await sign_in("support")).get("/customers")).status_code == 200
    page = await admin.post(f"{path}/resume", page=path)
    assert page.status_code == 422
    assert "not suspended" in page.text


async def test_a_reset_closes_the_door_until_a_new_password(
    world: World, sign_in: SignIn, pocket: Pocket
) -> None:
    admin, network = await sign_in("admin"), await sign_in("network")
    path = await person_of(world, "network")
    done = await admin.post(f"{path}/reset", {"reason": "lost laptop"}, page=path)
    assert "The sign-in is reset" in done.text
    assert (await network.client.get("/lines")).status_code == 303
    network.client.cookies.clear()
    old = {"email": "network@umcloud.example", "password": PASSWORD}
    assert (await network.post("/sign-in", old, page="/sign-in")).status_code == 422
    told = {"email": old["email"], "code": pocket.messages[-1].code, "password": CHOSEN}
    assert (await network.post("/join", told, page="/join")).status_code == 200
    assert (await (await sign_in("network", CHOSEN)).get("/lines")).status_code == 200
    log = (await admin.get(await person_of(world, "admin"))).text
    assert "staff.sign_in_reset" in log


async def test_nobody_changes_their_own_standing(world: World, sign_in: SignIn) -> None:
    admin, path = await sign_in("admin"), await person_of(world, "admin")
    assert "This is you" in (await admin.get(path)).text
    for deed, data in (("suspend", {"reason": "me"}), ("roles", {"roles": "finance"})):
        page = await admin.post(f"{path}/{deed}", data, page="/staff/new")
        assert page.status_code == 422
        assert "Nobody changes their own roles" in page.text
    async with world.database.transaction() as tx:
        states = {one.state for one in await accounts.staff_members(tx)}
    assert states == {StaffState.ACTIVE}


@pytest.mark.usefixtures("world")
async def test_everybody_changes_their_own_password(sign_in: SignIn) -> None:
    here, elsewhere = await sign_in("auditor"), await sign_in("auditor")
    assert 'href="/password"' in (await here.get("/")).text
    wrong = {"password": "not-my-password-1", "chosen": CHOSEN}
    refused = await here.post("/password", wrong, page="/password")
    assert refused.status_code == 422
    weak = await here.post("/password", {"password": PASSWORD, "chosen": "x"}, page="/password")
    assert weak.status_code == 422
    told = {"password": PASSWORD, "chosen": CHOSEN}
    done = await here.post("/password", told, page="/password")
    assert "The password is changed" in done.text
    assert (await here.client.get("/staff")).status_code == 200
    assert (await elsewhere.client.get("/staff")).status_code == 303
    assert (await (await sign_in("auditor", CHOSEN)).get("/staff")).status_code == 200
    elsewhere.client.cookies.clear()
    old = {"email": "auditor@umcloud.example", "password": PASSWORD}
    assert (await elsewhere.post("/sign-in", old, page="/sign-in")).status_code == 422


@pytest.mark.parametrize("role", ["auditor", "finance", "reviewer"])
async def test_only_an_admin_changes_people(world: World, sign_in: SignIn, role: str) -> None:
    visit, path = await sign_in(role), await person_of(world, "support")
    for deed in ("roles", "suspend", "resume", "reset"):
        answer = await visit.post(f"{path}/{deed}", {"roles": "admin", "reason": "x"}, page="/")
        assert answer.status_code == 403, deed
        assert "Ask an administrator" in answer.text


async def test_roles_change_what_is_seen_from_the_next_click(world: World, sign_in: SignIn) -> None:
    admin, support = await sign_in("admin"), await sign_in("support")
    path = await person_of(world, "support")
    assert (await support.get("/ledger")).status_code == 403
    told: dict[str, str | list[str]] = {"roles": ["support", "finance"]}
    assert "count from now on" in (await admin.post(f"{path}/roles", told, page=path)).text
    assert (await support.get("/ledger")).status_code == 200
    async with world.database.transaction() as tx:
        [event] = await audit.latest(tx, name="staff.roles_changed")
    assert event.facts["before"] == ["support"]
    assert event.facts["after"] == ["finance", "support"]


@pytest.mark.usefixtures("world")
async def test_people_are_found_by_name_role_and_state(sign_in: SignIn) -> None:
    auditor = await sign_in("auditor")
    row = re.compile(r'href="(/staff/stf_[^"]+)"')
    assert len(set(row.findall((await auditor.get("/staff")).text))) == len(
        {"admin", "reviewer", "second", "support", "network", "finance", "auditor"}
    )
    for query, found in (("q=NETW", 1), ("role=reviewer", 2), ("state=SUSPENDED", 0)):
        page = (await auditor.get(f"/staff?{query}")).text
        assert len(set(row.findall(page))) == found, query
