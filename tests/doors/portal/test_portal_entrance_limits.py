"""One network that knocks too often at the portal's open pages is told when to come again."""

from __future__ import annotations

import httpx
import pytest

from tests.doors.portal.conftest import EMAIL, HOST, PASSWORD, Customer, World
from umcloud.doors.kit.entrance_limits import CODES, LOOKS, TRIES
from umcloud.doors.portal.app import OPEN

SAID = "Too many tries came from your network"


@pytest.fixture(autouse=True)
def clock(world: World) -> list[float]:
    """Return the seconds that the limits go by, alone in a list; they stand still."""
    seconds = [1000.0]
    world.app.state.entrance_limits.clock = lambda: seconds[0]
    return seconds


async def worn_out(customer: Customer, path: str, data: dict[str, str], most: int) -> None:
    """Post until the limit is reached; every answer so far is of the page itself."""
    page = httpx.Response(200, text=await customer.see("/sign-in?lang=en"))
    for _ in range(most):
        answer = await customer.post(path, data, page=page)
        assert answer.status_code != 429, path
    answer = await customer.post(path, data, page=page)
    assert answer.status_code == 429, path
    assert answer.headers["retry-after"] == "21"
    assert SAID in answer.text
    assert answer.text.count("21 seconds") == 1


async def test_passwords_are_not_spread_over_many_accounts(
    world: World, member: Customer, clock: list[float]
) -> None:
    await member.post("/sign-out", {}, page="/account")
    # One try went into signing up.
    await worn_out(member, "/sign-in", {"login": "x", "password": "y"}, TRIES.most - 1)
    right = await member.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    assert right.status_code == 429
    elsewhere = httpx.ASGITransport(world.app, client=("198.51.100.9", 1234))
    async with httpx.AsyncClient(transport=elsewhere, base_url=HOST) as client:
        other = await Customer(client).post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    assert other.status_code == 303
    clock[0] += 21
    later = await member.post("/sign-in", {"login": EMAIL, "password": PASSWORD})
    assert later.status_code == 303


async def test_codes_are_not_mailed_without_end(world: World, customer: Customer) -> None:
    page = httpx.Response(200, text=await customer.see("/sign-up"))
    for number in range(CODES.most + 3):
        contact = {"contact": f"lin{number}@example.com"}
        answer = await customer.post("/sign-up", contact, page=page)
    assert answer.status_code == 429
    assert "请在" in answer.text
    assert len(world.pocket.codes) == CODES.most
    for path in ("/reset", "/sign-in/code"):
        assert (await customer.post(path, {"login": EMAIL})).status_code == 429, path


async def test_links_are_not_guessed(customer: Customer) -> None:
    for number in range(LOOKS.most):
        await customer.see(f"/invited/guess-{number}", 404)
    answer = await customer.client.get("/invited/guess")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "11"


POSTS = sorted(route.path for route in OPEN if "POST" in (route.methods or ()))


@pytest.mark.parametrize("path", POSTS)
async def test_nothing_open_can_be_posted_without_end(customer: Customer, path: str) -> None:
    page = httpx.Response(200, text=await customer.see("/sign-in"))
    statuses = [
        (await customer.post(path.replace("{token}", "x"), {}, page=page)).status_code
        for _ in range(max(TRIES.most, CODES.most) + 1)
    ]
    assert statuses[0] != 429
    assert statuses[-1] == 429
