"""One network that knocks too often at the office is told when to come again."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.applications import Starlette

from tests.doors.office.conftest import PASSWORD, Visit
from umcloud.doors.kit.entrance_limits import TRIES
from umcloud.doors.office.entrance import OPEN_ROUTES

BASE = "http://office.example"
POSTS = sorted(route.path for route in OPEN_ROUTES if "POST" in (route.methods or ()))


@pytest.mark.parametrize("path", POSTS)
async def test_tries_from_one_network_come_to_an_end(app: Starlette, path: str) -> None:
    app.state.entrance_limits.clock = lambda: 1000.0
    wrong = {"email": "nobody@umcloud.example", "code": "000000", "password": "wrong-horse-42"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        page = await client.get("/sign-in?lang=en")
        proof = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert proof
        for _ in range(TRIES.most):
            answer = await client.post(path, data={"csrf": proof[1], **wrong})
            assert answer.status_code == 422
        answer = await client.post(path, data={"csrf": proof[1], **wrong})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "21"
    assert "Too many tries came from your network" in answer.text
    elsewhere = httpx.ASGITransport(app, client=("198.51.100.9", 1234))
    async with httpx.AsyncClient(transport=elsewhere, base_url=BASE) as client:
        right = {"email": "support@umcloud.example", "password": PASSWORD}
        inside = await Visit(client).post("/sign-in", right, page="/sign-in")
    assert inside.status_code == 200
    assert inside.url.path == "/"
