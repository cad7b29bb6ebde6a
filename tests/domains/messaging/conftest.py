"""A customer who may send, made through the real services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest
from bench.customers import customer as make_customer

from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging import facts
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.messaging.pump import Pump
from umcloud.infra.db import Database
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of

PRICE = 50_000
"""One notice segment, in micros (R-PRICE-01)."""


@dataclass
class Moved:
    """A clock that the test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Sender:
    """An account with an approved signature and template, and a way to ask for sends."""

    account_id: AccountId
    template: str
    numbers: Callable[[], str] = field(default=lambda: "13800138000")

    def request(
        self, *numbers: str, atomic: bool = False, key: str | None = None, value: str = "42"
    ) -> SendRequest:
        """Return a request to these numbers."""
        recipients = [Recipient(number, (value,)) for number in numbers]
        return SendRequest(
            self.account_id,
            lane_of(self.account_id),
            [SendGroup(self.template, None, recipients)],
            atomic,
            key,
            f"hash of {value}" if key else None,
        )


@pytest.fixture
def vault() -> Vault:
    return Vault(Sealer("a secret of the tests, long enough"), memory_kib=8, rounds=1)


@pytest.fixture
async def prepared(database: Database, act: Act) -> Database:
    """Return the database with prices, agreements and a line."""
    async with database.transaction() as tx:
        await catalogue.publish_shipped(tx, act)
        await agreements.publish_shipped(tx, act)
        await messaging.put_line(
            tx,
            act,
            messaging.NewLine(1, "test", "127.0.0.1", 2775, "test", b"sealed", "10690001"),
        )
    return database


@pytest.fixture
def new_sender(prepared: Database, act: Act, vault: Vault) -> Callable[..., object]:
    """Return a maker of senders with so many micros each."""
    count = 0

    async def make(micros: int = 1_000_000) -> Sender:
        nonlocal count
        count += 1
        async with prepared.transaction() as tx:
            made = await make_customer(tx, act, vault, count, micros)
            account_id = AccountId(UUID(made.account))
            await facts.changed(tx, account_id)
        return Sender(account_id, made.template)

    return make


@pytest.fixture
async def pump(prepared: Database, now: datetime) -> AsyncIterator[Pump]:
    running = Pump(prepared, lambda: now)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def clock(now: datetime) -> Moved:
    return Moved(now)


@pytest.fixture
async def moving(prepared: Database, clock: Moved) -> AsyncIterator[Pump]:
    """Return a pump that lives by the test's clock."""
    running = Pump(prepared, clock)
    await running.start()
    yield running
    await running.stop()
