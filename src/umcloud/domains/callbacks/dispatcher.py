"""Makes the calls. Nothing is locked while a customer's machine takes its time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import httpx

from umcloud.domains.callbacks import events, payloads, rules, store
from umcloud.domains.callbacks.model import DeliveryState, Form, Outcome, Topic
from umcloud.domains.callbacks.service import SEAL
from umcloud.domains.inbound import queries as inbound
from umcloud.domains.inbound.model import InboundId
from umcloud.domains.messaging import finals
from umcloud.infra.clock import Now
from umcloud.infra.db import Database, Tx
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import EndpointId, MessageId, uuid7
from umcloud.kernel.refusals import Refusal

log = logging.getLogger(__name__)

TIMEOUT = 5.0
LEASE = timedelta(seconds=60)
"""Longer than a call can take: a dispatcher that died lets go after it."""
AT_ONCE = 32
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
    ) -> None:
        self._database = database
        self._now = now
        self._sealer = sealer
        self._seconds = timeout
        self._at_once = at_once
        self._each = each
        self._client = outbound.client(seconds=timeout, connections=at_once)
        self._calls: set[asyncio.Task[None]] = set()
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
        await self._client.aclose()

    async def round(self) -> int:
        """Begin as many due calls as there are free places; return how many."""
        free = self._at_once - len(self._calls)
        if free <= 0:
            return 0
        now = self._now()
        async with self._database.transaction() as tx:
            claimed = await store.claim(
                tx,
                now=now,
                lease=uuid7(now),
                lasts=LEASE,
                limit=free,
                each=self._each,
                busy=self._busy,
            )
        # Another transaction: one that has written keeps old versions of every wallet alive, and
        # whoever charges has to step over them.
        async with self._database.transaction() as tx:
            ready = [(one, await self._body(tx, one)) for one in claimed]
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

    async def _body(self, tx: Tx, claimed: store.Claimed) -> bytes:
        delivery = claimed.delivery
        if delivery.topic is Topic.REPLIES:
            return await self._replies(tx, claimed)
        reports = await finals.reports(
            tx, delivery.account_id, [(item.xid, MessageId(item.id)) for item in delivery.items]
        )
        if claimed.endpoint.form is Form.NATIVE:
            return payloads.native(reports)
        return payloads.signed(delivery, reports)

    async def _replies(self, tx: Tx, claimed: store.Claimed) -> bytes:
        delivery = claimed.delivery
        ids = [InboundId(item.id) for item in delivery.items]
        replies = await inbound.chosen(tx, delivery.account_id, ids)
        if claimed.endpoint.form is Form.NATIVE:
            return payloads.native_replies(replies)
        return payloads.signed_replies(delivery, replies)

    async def _deliver(self, claimed: store.Claimed, body: bytes) -> None:
        try:
            outcome = await self._call(claimed, body)
            async with self._database.transaction() as tx:
                await _record(tx, claimed, outcome, self._now())
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
            # httpx limits each step; a machine that trickles could stretch those without end.
            async with asyncio.timeout(self._seconds):
                status, error = await self._exchange(claimed, body)
        except Refusal as refusal:
            error = refusal.code
        except (TimeoutError, httpx.TimeoutException):
            error = "no answer in time"
        except httpx.HTTPError as failed:
            error = f"no connection ({type(failed).__name__})"
        return Outcome(status, error, round((time.perf_counter() - begun) * 1000))

    async def _exchange(self, claimed: store.Claimed, body: bytes) -> tuple[int, str | None]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",  # 4 KB of answer must not unfold into more
            "User-Agent": "UMCloud/1",
        }
        if claimed.secret_sealed is not None:
            secret = self._sealer.unseal(claimed.secret_sealed, purpose=SEAL).decode()
            headers[rules.SIGNATURE_HEADER] = rules.signature(secret, body, self._now())
        answer = b""
        request = self._client.build_request(
            "POST", claimed.endpoint.url, content=body, headers=headers
        )
        response = await self._client.send(request, stream=True)
        try:
            if claimed.endpoint.form is Form.NATIVE:
                async for piece in response.aiter_raw(rules.ANSWER_LONGEST):
                    answer += piece
                    if len(answer) > rules.ANSWER_LONGEST:
                        break
        finally:
            await response.aclose()
        status = response.status_code
        return status, rules.objection(claimed.endpoint.form, status, answer)


async def _record(tx: Tx, claimed: store.Claimed, outcome: Outcome, now: datetime) -> None:
    delivery = claimed.delivery
    next_at = None if outcome.error is None else rules.next_try(delivery.tries + 1, now)
    if delivery.topic is Topic.PING:
        next_at = None  # a test is one call; its answer is what was asked for
    state = DeliveryState.PENDING if next_at else DeliveryState.DEAD
    if outcome.error is None:
        state = DeliveryState.DELIVERED
    kept = await store.record(tx, claimed, outcome, now=now, state=state, next_at=next_at or now)
    if not kept or state is not DeliveryState.DEAD or delivery.topic is Topic.PING:
        return
    host, _ = rules.host_and_port(claimed.endpoint.url)
    act = Act(SYSTEM, now, Door.WORKER, uuid7(now))
    await tx.announce(
        act,
        events.DeliveryGivenUp(
            delivery.account_id, claimed.endpoint.id, delivery.id, host, delivery.attempts + 1
        ),
    )
