"""Makes the calls. Nothing is locked while a customer's machine takes its time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from umcloud.domains.callbacks import events, payloads, rules, store
from umcloud.domains.callbacks.model import DeliveryState, Form, Outcome, Topic
from umcloud.domains.callbacks.service import SEAL
from umcloud.domains.inbound import queries as inbound
from umcloud.domains.messaging.finals import Report
from umcloud.infra.clock import Now
from umcloud.infra.db import Database, Tx
from umcloud.infra.exchanges import Answer, NoAnswerError
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import EndpointId, uuid7
from umcloud.kernel.refusals import Refusal

log = logging.getLogger(__name__)

TIMEOUT = 5.0
LEASE = timedelta(seconds=60)
"""Longer than a call can take: a dispatcher that died lets go after it."""
AT_ONCE = 128
"""Calls under way: some endpoints take their time, and the others go on meanwhile."""
BEGUN = 32
"""Calls that are begun together, their bodies read by one statement."""
GATHERED = 0.03
"""Seconds in which outcomes wait for others, to be written in one transaction."""
EACH = 4
"""Calls at once to one endpoint, so that a slow one does not hold up the others."""


class Dispatcher:
    """Calls endpoints about due deliveries; several of them share the work (SKIP LOCKED)."""

    def __init__(
        self,
        database: Database,
        now: Now,
        *,
        sealer: Sealer,
        outbound: Outbound,
        timeout: float = TIMEOUT,
        at_once: int = AT_ONCE,
        each: int = EACH,
        gathered: float = GATHERED,
    ) -> None:
        self._database = database
        self._now = now
        self._sealer = sealer
        self._at_once = at_once
        self._each = each
        self._caller = outbound.caller(seconds=timeout)
        self._calls: set[asyncio.Task[None]] = set()
        self._records = Records(database, now, gathered)
        self._busy: Counter[EndpointId] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.drain()
        self._caller.close()

    async def round(self) -> int:
        """Begin due calls, once there is a free place; return how many."""
        while len(self._calls) >= self._at_once:
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
        free = self._at_once - len(self._calls)
        now = self._now()
        async with self._database.transaction() as tx:
            claimed = await store.claim(
                tx,
                now=now,
                lease=uuid7(now),
                lasts=LEASE,
                limit=min(free, BEGUN),
                each=self._each,
                busy=self._busy,
            )
        if not claimed:
            return 0
        # Another transaction: one that has written keeps old versions of every wallet alive, and
        # whoever charges has to step over them.
        async with self._database.transaction() as tx:
            ready = await _bodies(tx, claimed)
        for one, body in ready:
            self._busy[one.endpoint.id] += 1
            call = asyncio.create_task(self._deliver(one, body))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return len(ready)

    @property
    def under_way(self) -> int:
        """How many calls were begun and are not yet written down."""
        return len(self._calls)

    async def drain(self) -> None:
        """Wait until the calls that were begun are written down."""
        while self._calls:
            await asyncio.gather(*self._calls, return_exceptions=True)

    async def _deliver(self, claimed: store.Claimed, body: bytes) -> None:
        try:
            outcome = await self._call(claimed, body)
            await self._records.add(claimed, outcome)
        except Exception as error:  # noqa: BLE001 - whatever it was, the other calls go on
            # The lease runs out by itself, and then the delivery is tried again.
            log.warning("callback %s: %s", claimed.delivery.id, type(error).__name__)
        finally:
            self._busy[claimed.endpoint.id] -= 1
            if not self._busy[claimed.endpoint.id]:
                del self._busy[claimed.endpoint.id]

    async def _call(self, claimed: store.Claimed, body: bytes) -> Outcome:
        begun = time.perf_counter()
        status: int | None = None
        try:
            answer = await self._ask(claimed, body)
            status = answer.status
            error = rules.objection(claimed.endpoint.form, status, answer.body)
        except Refusal as refusal:
            error = refusal.code
        except TimeoutError:
            error = "no answer in time"
        except NoAnswerError as failed:
            error = str(failed)
        return Outcome(status, error, round((time.perf_counter() - begun) * 1000))

    async def _ask(self, claimed: store.Claimed, body: bytes) -> Answer:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",  # what says whether it is accepted is read as it comes
            "User-Agent": "UMCloud/1",
        }
        if claimed.secret_sealed is not None:
            secret = self._sealer.unseal(claimed.secret_sealed, purpose=SEAL).decode()
            headers[rules.SIGNATURE_HEADER] = rules.signature(secret, body, self._now())
        native = claimed.endpoint.form is Form.NATIVE
        return await self._caller.post(
            claimed.endpoint.url, body, headers, longest=rules.ANSWER_LONGEST if native else 0
        )


class Records:
    """Writes down what calls came to, those that end within a moment in one transaction."""

    def __init__(self, database: Database, now: Now, gathered: float) -> None:
        self._database = database
        self._now = now
        self._seconds = gathered
        self._waiting: list[tuple[store.Claimed, Outcome]] = []
        self._next: asyncio.Task[None] | None = None

    async def add(self, claimed: store.Claimed, outcome: Outcome) -> None:
        """Return when it is written; raises what kept it from being written."""
        self._waiting.append((claimed, outcome))
        if self._next is None:
            self._next = asyncio.create_task(self._write())
        # Shielded: one of those who wait may be cancelled, and the others' records are in it too.
        await asyncio.shield(self._next)

    async def _write(self) -> None:
        await asyncio.sleep(self._seconds)
        waiting, self._waiting, self._next = self._waiting, [], None
        async with self._database.transaction() as tx:
            await _record(tx, waiting, self._now())


async def _bodies(tx: Tx, claimed: Sequence[store.Claimed]) -> list[tuple[store.Claimed, bytes]]:
    """Return each with what to send, all ends of messages read by one statement."""
    ends = [one for one in claimed if one.delivery.topic is Topic.RECEIPTS]
    found = zip(ends, await store.reports(tx, ends), strict=True)
    ready = [(one, _told(one, reports)) for one, reports in found]
    for one in claimed:
        if one.delivery.topic is Topic.REPLIES:
            ready.append((one, await _replies(tx, one)))
        elif one.delivery.topic is Topic.PING:
            ready.append((one, _told(one, ())))
    return ready


def _told(claimed: store.Claimed, reports: Sequence[Report]) -> bytes:
    if claimed.endpoint.form is Form.NATIVE:
        return payloads.native(reports)
    return payloads.signed(claimed.delivery, reports)


async def _replies(tx: Tx, claimed: store.Claimed) -> bytes:
    delivery = claimed.delivery
    ids = await store.reply_ids(tx, delivery.id)
    replies = await inbound.chosen(tx, delivery.account_id, ids)
    if claimed.endpoint.form is Form.NATIVE:
        return payloads.native_replies(replies)
    return payloads.signed_replies(delivery, replies)


async def _record(tx: Tx, ended: Sequence[tuple[store.Claimed, Outcome]], now: datetime) -> None:
    tried = [_follows(claimed, outcome, now) for claimed, outcome in ended]
    written = await store.record(tx, tried, now)
    act = Act(SYSTEM, now, Door.WORKER, uuid7(now))
    for one in tried:
        delivery, endpoint = one.claimed.delivery, one.claimed.endpoint
        if one.state is not DeliveryState.DEAD or delivery.topic is Topic.PING:
            continue
        if delivery.id in written:
            host, _ = rules.host_and_port(endpoint.url)
            attempts = delivery.attempts + 1
            await tx.announce(
                act,
                events.DeliveryGivenUp(
                    delivery.account_id, endpoint.id, delivery.id, host, attempts
                ),
            )


def _follows(claimed: store.Claimed, outcome: Outcome, now: datetime) -> store.Tried:
    delivery = claimed.delivery
    if outcome.error is None:
        return store.Tried(claimed, outcome, DeliveryState.DELIVERED, now)
    next_at = rules.next_try(delivery.tries + 1, now)
    if next_at is None or delivery.topic is Topic.PING:
        # A test is one call; its answer is what was asked for.
        return store.Tried(claimed, outcome, DeliveryState.DEAD, now)
    return store.Tried(claimed, outcome, DeliveryState.PENDING, next_at)
