"""The /v1 door over a pump that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
from bench.customers import Customer

from tests.doors.programs import Recorder, customer, prepare, vault
from umcloud.doors.api.app import Api, api
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


@pytest.fixture
async def http(door: Api, program: Customer) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=door, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {program.bearer}", "accept-language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://door/v1", headers=headers
    ) as client:
        yield client
