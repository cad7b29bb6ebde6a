"""Messages that were sent, and handsets that write, without a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from umcloud.domains.inbound import jobs, service
from umcloud.domains.inbound.model import HeardPart
from umcloud.domains.messaging.ids import SessionIds
from umcloud.infra.db import Database
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import AccountId, MessageId, lane_of
from umcloud.kernel.moments import unix_ms

OURS = "10690000"
HANDSET = "8613800138888"
FIRST = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0001))
LINK = UUID(int=1)
SECOND = AccountId(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0002))


@dataclass
class Sent:
    """What a test does: send, write back, gather."""

    database: Database
    now: datetime
    ids: SessionIds = field(default_factory=SessionIds)
    heard: int = 0
    link: UUID = LINK

    async def begin(self) -> None:
        """Make two customers and a line."""
        async with self.database.transaction() as tx:
            for account in (FIRST, SECOND):
                await tx.sql(
                    "INSERT INTO account (id, lane, name, state, locale, created_at) "
                    "VALUES (:id, :lane, 'x', 'ACTIVE', 'zh_CN', :now)",
                    id=account,
                    lane=lane_of(account),
                    now=self.now,
                )
            await tx.sql(
                "INSERT INTO carrier_line VALUES (1, 'sandbox', '127.0.0.1', 2775, 'umcloud', "
                "'x', :source, 10, NULL, 'enabled', 'all', 10) ON CONFLICT DO NOTHING",
                source=OURS,
            )

    async def send(
        self,
        account: AccountId,
        destination: str = HANDSET,
        *,
        source: str = OURS,
        reference: str | None = None,
        at: datetime | None = None,
    ) -> MessageId:
        """Append an accepted message and return its id."""
        message = UUID(int=self.ids.next(unix_ms(at or self.now), 0) + 1)
        async with self.database.transaction() as tx:
            await tx.sql(
                "INSERT INTO message VALUES (:lane, :id, :account, 1, 'notice', :to, :source, "
                "'您好', 1, 1, :id, NULL, :reference)",
                lane=lane_of(account),
                id=message,
                account=account,
                to=destination,
                source=source,
                reference=reference,
            )
            await tx.sql(
                "UPDATE lane_log SET last_id = :id WHERE lane = :lane",
                id=message,
                lane=lane_of(account),
            )
        return MessageId(message)

    def part(
        self,
        text: str,
        *,
        source: str = HANDSET,
        destination: str = OURS,
        after: timedelta = timedelta(seconds=1),
    ) -> HeardPart:
        """Return what a line hears when the handset writes."""
        self.heard += 1
        return HeardPart(
            link=self.link,
            ordinal=self.heard,
            source=source.encode(),
            destination=destination.encode(),
            octets=text.encode("utf-16-be"),
            coding=8,
            reference=None,
            total=1,
            number=1,
            at=self.now + after,
        )

    async def keep(self, *parts: HeardPart) -> int:
        """Keep the parts and return how many rows there are."""
        async with self.database.transaction() as tx:
            await service.keep(tx, line=1, parts=parts)
            return int((await tx.sql("SELECT count(*) FROM inbound_part")).scalar_one())

    def act(self, after: timedelta = timedelta(seconds=2)) -> Act:
        """Return the worker's circumstances a little later."""
        return Act(SYSTEM, self.now + after, Door.WORKER, UUID(int=3))

    async def gather(self, after: timedelta = timedelta(seconds=2)) -> int:
        """Put together what came."""
        async with self.database.transaction() as tx:
            return await jobs.gather(tx, self.act(after))
