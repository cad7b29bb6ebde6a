"""The vendor's SDK, as published and unpatched, against the native door and the real pump."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from bench.customers import Customer
from ucloud.client import Client

from tests.doors.programs import Cloud, prepare, served
from umcloud.domains.messaging.pump import Pump
from umcloud.doors.dialects.uapi.app import uapi
from umcloud.doors.kit.programs import Accepts
from umcloud.infra.db import Database
from umcloud.kernel.act import Act


@pytest.fixture
def cloud(database_url: str, now: datetime, act: Act) -> Cloud:
    made = Cloud(database_url, now)
    made.use(lambda database: prepare(database, act))
    return made


@pytest.fixture
def door(cloud: Cloud) -> Iterator[str]:
    """Return the base URL of the native door over the real pump."""

    async def start(database: Database) -> tuple[Accepts, Callable[[], Awaitable[None]]]:
        pump = Pump(database, lambda: cloud.now)
        await pump.start()
        return pump, pump.stop

    with served(cloud.url, uapi, start, cloud.now) as url:
        yield url


@pytest.fixture
def customer(cloud: Cloud) -> Customer:
    return cloud.customer()


def client_of(customer: Customer, door: str, **changes: Any) -> Client:
    settings = {
        "public_key": customer.public_key,
        "private_key": customer.private_key,
        "project_id": "org-test01",
        "base_url": f"{door}/uapi/",
        "timeout": 10,
    }
    return Client(settings | changes)


@pytest.fixture
def client(customer: Customer, door: str) -> Client:
    return client_of(customer, door)
