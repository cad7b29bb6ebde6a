"""The /v1 door over a pump that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from bench.customers import Customer

from tests.doors.programs import Recorder, customer, prepare, vault
from umcloud.doors.api.app import Api, api
from umcloud.doors.kit.programs import Answer
from umcloud.doors.kit.quick import MOST_BYTES
from umcloud.infra.db import Database
from umcloud.kernel.act import Act


@pytest.fixture
def pump() -> Recorder:
    return Recorder()


@pytest.fixture
async def program(database: Database, act: Act) -> Customer:
    await prepare(database, act)
    return await customer(database, act)


@pytest.fixture
async def door(database: Database, pump: Recorder, now: datetime) -> AsyncIterator[Api]:
    made = api(database=database, now=lambda: now, vault=vault(), pump=pump)
    yield made
    await made.ring.close()


class ShortWay(httpx.AsyncBaseTransport):
    """Hands complete `POST /messages` to the door as `doors.kit.quick` does; the rest by ASGI."""

    def __init__(self, door: Api, rest: httpx.ASGITransport) -> None:
        self._door = door
        self._rest = rest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sends = (request.method, request.url.path) == ("POST", "/v1/messages")
        if not sends or int(request.headers.get("content-length", "0")) not in range(1, MOST_BYTES):
            return await self._rest.handle_async_request(request)
        replied: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def reply(*answer: Any) -> None:
            replied.set_result(answer)

        headers = [(name.lower(), value) for name, value in request.headers.raw]
        self._door.take(headers, await request.aread(), "127.0.0.1", reply)
        status, answered, body = await replied
        return httpx.Response(status, headers=answered, content=body)


@pytest.fixture(params=["short", "long"])
async def http(
    request: pytest.FixtureRequest, door: Api, program: Customer
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose sending goes either way; both must answer the same."""
    application = httpx.ASGITransport(app=door, raise_app_exceptions=False)
    transport = ShortWay(door, application) if request.param == "short" else application
    headers = {"authorization": f"Bearer {program.bearer}", "accept-language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://door/v1", headers=headers
    ) as client:
        yield client
