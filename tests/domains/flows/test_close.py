"""An account closes for good, and only once nothing is owed and nothing is set aside (C4.2)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from bench.customers import customer

from tests.domains.ledger.books import debit
from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import AccountState
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.flows.close import close
from umcloud.domains.ledger import holds
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.errors import AccountOwes, HoldsOpen
from umcloud.domains.messaging import queries
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.errors import AccountStopped
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.messaging.pump import Pump
from umcloud.infra.db import Database
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, lane_of
from umcloud.main.wiring import wire

SEALER = Sealer("a secret of the tests, long enough")
MILLION = 1_000_000


@pytest.fixture
async def cloud(database: Database, act: Act) -> Database:
    """Return a database in which customers may be made and everybody listens."""
    wire(database.bus, sealer=SEALER)
    async with database.transaction() as tx:
        await catalogue.publish_shipped(tx, act)
        await agreements.publish_shipped(tx, act)
        line = messaging.NewLine(1, "test", "127.0.0.1", 2775, "test", b"sealed", "10690001")
        await messaging.put_line(tx, act, line)
    return database


async def opened(cloud: Database, act: Act, micros: int = MILLION) -> tuple[AccountId, str]:
    async with cloud.transaction() as tx:
        made = await customer(tx, act, Vault(SEALER, memory_kib=8, rounds=1), 1, micros)
    return AccountId(UUID(made.account)), made.template


@pytest.mark.clause("C4.2")
async def test_an_account_that_owes_nothing_closes(cloud: Database, act: Act) -> None:
    mine, _ = await opened(cloud, act)
    async with cloud.transaction() as tx:
        closed = await close(tx, act, account_id=mine, note="asked for")
        assert closed.state is AccountState.CLOSED
        assert await accounts.account(tx, mine) == closed


@pytest.mark.clause("C4.2")
async def test_a_debt_must_be_paid_first(cloud: Database, act: Act) -> None:
    mine, _ = await opened(cloud, act)
    async with cloud.transaction() as tx:
        await ledger.set_credit_limit(tx, act, account_id=mine, micros=MILLION)
        await debit(tx, act, mine, MILLION + 45_100, key="k")
    async with cloud.transaction() as tx:
        with pytest.raises(AccountOwes) as refused:
            await close(tx, act, account_id=mine, note="asked for")
    assert refused.value.facts == {"owed": "0.0451"}
    async with cloud.transaction() as tx:
        account = await accounts.account(tx, mine)
        assert account is not None
        assert account.state is AccountState.ACTIVE


@pytest.mark.clause("C4.2")
async def test_what_is_set_aside_must_be_settled_first(cloud: Database, act: Act) -> None:
    mine, _ = await opened(cloud, act)
    later = act.now + timedelta(hours=1)
    async with cloud.transaction() as tx:
        held = await holds.hold(tx, act, account_id=mine, amount=300_000, expires_at=later)
        with pytest.raises(HoldsOpen) as refused:
            await close(tx, act, account_id=mine, note="asked for")
        assert refused.value.facts == {"held": "0.30"}
        await holds.void_hold(tx, act, account_id=mine, hold_id=held)
        await close(tx, act, account_id=mine, note="asked for")


@pytest.mark.clause("C4.2")
async def test_nothing_is_charged_behind_a_closing(
    cloud: Database, act: Act, now: datetime
) -> None:
    mine, template = await opened(cloud, act)
    pump = Pump(cloud, lambda: now)
    await pump.start()
    group = SendGroup(template, None, [Recipient("13800138000", ("42",))])
    request = SendRequest(mine, lane_of(mine), [group], atomic=True)
    await pump.submit(request)
    async with cloud.transaction() as tx:
        await close(tx, act, account_id=mine, note="asked for")
        # The pump knows the account by facts that are still the committed ones, and waits.
        sending = asyncio.create_task(pump.submit(request))
        await asyncio.wait({sending}, timeout=0.2)
        assert not sending.done()
    with pytest.raises(AccountStopped):
        await sending
    await pump.stop()
    async with cloud.transaction() as tx:
        assert (await queries.today(tx, mine, now)).accepted == 1
