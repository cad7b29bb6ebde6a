"""A line on a stage: a real database, a simulated carrier over TCP, and messages to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.lines.recorder import PASSWORD
from umcloud.domains.charging import hot as charging
from umcloud.domains.charging.model import Claim, Rate
from umcloud.domains.charging.service import charge_batch
from umcloud.domains.ledger import service as books
from umcloud.domains.ledger.model import (
    CNY,
    UNITS_NOTICE,
    BucketKind,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.domains.messaging import accept_hot
from umcloud.domains.messaging.ids import SessionIds
from umcloud.infra.db import Database
from umcloud.infra.hot import BEGIN, COMMIT, HotConnection
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import AccountId, lane_of, uuid7
from umcloud.kernel.moments import unix_ms
from umcloud.lines.line import Patience
from umcloud.lines.runner import Runner
from umcloud.wire.gsm.segments import encode_parts

ACCOUNT = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0001))
LANE = lane_of(ACCOUNT)
GRANT = 10**12
PRICE = 50_000


@dataclass
class Stage:
    """What a test does and sees."""

    database: Database
    connection: HotConnection
    now: datetime
    ids: SessionIds

    async def line(self, port: int, *, window: int = 100, per_second: int | None = None) -> None:
        """Add the line to the carrier at that port."""
        async with self.database.transaction() as tx:
            await tx.sql(
                "INSERT INTO carrier_line VALUES (1, 'sandbox', '127.0.0.1', :port, 'umcloud', "
                ":password, '10690000', :window, :speed, 'enabled', 'all', 10)",
                port=port,
                password=PASSWORD.encode(),
                window=window,
                speed=per_second,
            )

    async def accept(
        self,
        *numbers: str,
        cls: str = "notice",
        text: str = "hello",
        refund_on_failure: bool = False,
        line: int = 1,
    ) -> list[int]:
        """Charge and append one message to each number, as the pump does; return their ids."""
        session = self.ids.next(unix_ms(self.now), 0)
        ids = [session + n + 1 for n in range(len(numbers))]
        rate = Rate(UNITS_NOTICE, 1, PRICE, 1, "sms.6", refund_on_failure=refund_on_failure)
        claim = Claim(ACCOUNT.int, LANE, ids, [rate] * len(ids), atomic=False)
        await charge_batch(self.connection, [claim], now=self.now, new_id=lambda: uuid7(self.now))
        size = len(numbers)
        columns: list[list[Any]] = [
            [LANE] * size, ids, [ACCOUNT.int] * size, [line] * size, [cls] * size, list(numbers),
            ["10690000"] * size, [text] * size, [len(encode_parts(text, 0).payloads)] * size,
            [1] * size, [1] * size, [None] * size, [None] * size,
        ]  # fmt: skip
        await self.connection.run(
            [
                BEGIN,
                accept_hot.WRITE_LANES.call([LANE], [ids[-1]]),
                accept_hot.WRITE_MESSAGES.call(*columns),
                accept_hot.NOTIFY.call(),
                COMMIT,
            ]
        )
        return ids

    async def rows(self, statement: str, **parameters: object) -> Sequence[Any]:
        """Return what the database says."""
        async with self.database.transaction() as tx:
            return (await tx.sql(statement, **parameters)).all()

    async def finals(self) -> dict[int, tuple[str, str]]:
        """Return state and code of each message that has ended; fails where one ended twice."""
        rows = await self.rows("SELECT id, state, code FROM final")
        ended = {row.id.int: (row.state, row.code) for row in rows}
        assert len(ended) == len(rows), "a message ended twice"
        return ended

    async def submissions(self, id_: int) -> list[tuple[int, int, str]]:
        """Return part, attempt and state of a message's submissions."""
        rows = await self.rows(
            "SELECT part, attempt, state FROM submission WHERE id = :id ORDER BY part, attempt",
            id=UUID(int=id_),
        )
        return [tuple(row) for row in rows]

    async def outcomes(self) -> dict[int, str]:
        """Return how each charge ended."""
        rows = await self.rows("SELECT id, kind FROM charge_outcome")
        return {row.id.int: row.kind for row in rows}

    async def spent(self) -> int:
        """Return what the customer has paid and not got back, in messages."""
        (row,) = await self.rows("SELECT posted FROM wallet")
        assert (GRANT - row.posted) % PRICE == 0
        return int((GRANT - row.posted) // PRICE)


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 10.0) -> None:
    """Wait until it holds; TimeoutError when it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)


@asynccontextmanager
async def staged(database: Database, now: datetime) -> AsyncIterator[Stage]:
    """Give a customer with money, and a connection to accept messages with."""
    act = Act(SYSTEM, now, Door.CLI, UUID(int=1))
    async with database.transaction() as tx:
        await books.open_wallet(tx, act, account_id=ACCOUNT, currency=CNY)
        lines: list[WalletLine | OperatorLine] = [
            WalletLine(ACCOUNT, CNY, GRANT, NewBucket(BucketKind.CASH, GRANT)),
            OperatorLine("clearing:sandbox", CNY, -GRANT),
        ]
        await books.post(tx, act, NewJournal("recharge", "grant", lines, "test"))
    connection = await HotConnection.open(database, (*charging.STATEMENTS, *accept_hot.STATEMENTS))
    try:
        yield Stage(database, connection, now, SessionIds())
    finally:
        await connection.close()


@asynccontextmanager
async def running(
    stage: Stage, *, response: float = 5.0, park: float = 5.0
) -> AsyncIterator[Runner]:
    """Run the lines; stop them in order at the end."""
    runner = Runner(
        stage.database,
        now=lambda: stage.now,
        unseal=lambda sealed: sealed.decode(),
        patience=Patience(response=response, park=park),
    )
    work = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def abandon(runner: Runner) -> None:
    """End the runner as kill -9 would: nothing is waited for and nothing more is written."""
    for line in runner._lines.values():
        line._feeding = False
        for bind in line._binds:
            if bind.link is not None and bind.link._transport is not None:
                bind.link._transport.abort()
        tasks = line._tasks
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await line._writer.close()
    runner._lines.clear()
