"""A message's end goes all the way: log, callback, count, chain, and every promise holds."""

from __future__ import annotations

from uuid import UUID

import pytest
from bench.customers import customer

from tests.domains.callbacks.conftest import serving
from tests.worker.conftest import SECRET, running, until
from umcloud.cli import audit as command
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.audit import queries as audit
from umcloud.domains.audit import runs
from umcloud.domains.audit import service as audit_service
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import Form
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging import service as lines
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.messaging.report_model import DELIVERED, SUBMITTED, Reported, Sent, Tried
from umcloud.domains.messaging.reports import News, record
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.kernel.ids import AccountId, lane_of
from umcloud.worker.schedule import JOBS
from umcloud.worker.tools import Tools


async def opened(tools: Tools, url: str) -> tuple[AccountId, str]:
    """Return a customer who may send and wants to be called, and their template."""
    act = tools.act()
    async with tools.database.transaction() as tx:
        await catalogue.publish_shipped(tx, act)
        await agreements.publish_shipped(tx, act)
        line = lines.NewLine(1, "test", "127.0.0.1", 2775, "test", b"sealed", "10690001")
        await lines.put_line(tx, act, line)
        vault = Vault(Sealer(SECRET), memory_kib=8, rounds=1)
        made = await customer(tx, act, vault, 1, 1_000_000)
        account_id = AccountId(UUID(made.account))
        await callbacks.add_endpoint(
            tx,
            act,
            account_id=account_id,
            url=url,
            form=Form.NATIVE,
            sealer=tools.sealer,
            guard=Outbound(loopback=True),
        )
    return account_id, made.template


async def sent(tools: Tools, account_id: AccountId, template: str, numbers: list[str]) -> None:
    """Send to the numbers and let the carrier report every one as delivered."""
    pump = Pump(tools.database, tools.clock)
    await pump.start()
    group = SendGroup(template, None, [Recipient(number, ("42",)) for number in numbers])
    lane = lane_of(account_id)
    answer = await pump.submit(SendRequest(account_id, lane, [group], atomic=True))
    await pump.stop()
    assert answer.accepted == len(numbers)
    tried, reported = [], []
    for position in range(len(numbers)):
        id_ = answer.message_id(position).int
        one = Sent(lane, id_, account_id.int, "notice", 1, 1)
        tried.append(Tried(one, 1, 1, SUBMITTED, str(position), None))
        reported.append(Reported(one, 1, DELIVERED, "DELIVRD", None))
    await record(await tools.hot(), News(tried, reported), line=1, now=tools.clock())


@pytest.mark.timeout(60)
async def test_an_end_reaches_the_customer_and_the_books(tools: Tools) -> None:
    tools.database.bus.on_everything(audit_service.record)
    tools.questions = command.found()
    numbers = [f"138{n:08d}" for n in range(3)]
    async with serving() as receiver:
        account_id, template = await opened(tools, receiver.url)
        await sent(tools, account_id, template, numbers)

        async def settled() -> bool:
            async with tools.database.transaction() as tx:
                counted = await tx.sql(
                    "SELECT coalesce(sum(messages), 0) FROM daily_count WHERE state = 'delivered'"
                )
                checked = await runs.latest(tx)
                unsealed = await audit.unsealed_count(tx)
                return bool(counted.scalar_one() == 3 and checked and not unsealed)

        async with running(tools, *JOBS):
            await until(settled)
            await until(lambda: len(receiver.raw) == 1)
    (push,) = receiver.bodies
    assert sorted(item["Phone"] for item in push["Data"]) == numbers
    async with tools.database.transaction() as tx:
        (run,) = await runs.latest(tx)
    assert run.violations == ()
