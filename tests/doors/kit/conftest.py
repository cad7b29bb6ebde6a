from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from umcloud.doors.kit.gallery import TOKEN, fixed, gallery

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def app() -> Starlette:
    return gallery(fixed(NOON))


@pytest.fixture
async def visitor(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


@pytest.fixture
async def member(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        client.cookies.set("gallery_session", TOKEN, domain="desk.example")
        yield client


class Desk:
    """Reads pages as a browser would."""

    @staticmethod
    def hidden(page: httpx.Response, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
        assert found, f"no hidden field {name}"
        return found.group(1)

    async def post(
        self,
        client: httpx.AsyncClient,
        path: str,
        data: dict[str, str | list[str]],
        *,
        page: str | None = None,
    ) -> httpx.Response:
        form = await client.get(page or path)
        return await client.post(path, data={"csrf": self.hidden(form, "csrf"), **data})


@pytest.fixture
def browser() -> Desk:
    return Desk()
