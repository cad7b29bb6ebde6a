"""The accept pump: many requests, one transaction (the data plane in docs/decisions).

Requests queue up while a batch is being written; the next batch takes all that came, so the batch
grows with the load and nothing waits for a timer. The answer goes out after commit. A batch whose
commit is in doubt is looked up by its journal before anything is done again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import psycopg

from umcloud.domains.messaging import facts as sender_facts
from umcloud.domains.messaging.batch import STATEMENTS, Batch, CommitInDoubtError, StaleFactsError
from umcloud.domains.messaging.errors import NoRecipient, Overloaded, TooManyRecipients
from umcloud.domains.messaging.facts import SenderFacts
from umcloud.domains.messaging.ids import SessionIds
from umcloud.domains.messaging.model import RECIPIENTS_MOST, SendAnswer, SendRequest
from umcloud.domains.messaging.screening import screen
from umcloud.infra.clock import Now
from umcloud.infra.db import Database, Tx
from umcloud.infra.hot import HotConnection
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal

_log = logging.getLogger(__name__)

BATCH_MESSAGES = 1_000
WRITERS = 2
SMALL_REQUEST = 20
"""Requests of fewer messages gather at one writer and share its transactions; what is larger
fills one by itself, and is spread by lane so that two are written side by side."""
LINGER_SECONDS = 0.001
_WORTHWHILE = 200
QUEUE_MESSAGES = 50_000
"""More than this waiting for one writer is refused, with `retry_after`, not kept in memory."""
PATIENCE_SECONDS = 10.0
"""For how long a request is tried again while the database is away or its facts change."""
_FACTS_KEPT = 20_000

LoadFacts: TypeAlias = Callable[[Tx, AccountId], Awaitable[SenderFacts]]


@dataclass(slots=True)
class _Waiting:
    request: SendRequest
    answer: asyncio.Future[SendAnswer]
    since: float


class Pump:
    """Accepts messages, by a few writers that work side by side.

    While one writer waits for its commit the other's batch is screened and written, which keeps
    both the process and the database busy. Several processes may each run one: lanes are locked.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        *,
        writers: int = WRITERS,
        patience_seconds: float = PATIENCE_SECONDS,
        load: LoadFacts = sender_facts.load,
    ) -> None:
        """Take for how long a request is tried again, and how facts are loaded."""
        self._writers = [_Writer(database, now, patience_seconds, load) for _ in range(writers)]
        self._stopping = False

    async def start(self) -> None:
        """Begin to accept."""
        for writer in self._writers:
            writer.start()

    async def stop(self) -> None:
        """Write what is queued, then end."""
        self._stopping = True
        for writer in self._writers:
            await writer.stop()

    async def submit(self, request: SendRequest) -> SendAnswer:
        """Return the answer once it is durable.

        Raises TooManyRecipients, NoRecipient, IdempotencyConflict, Overloaded, or whatever stops
        the account as a whole; refusals of single recipients are in the answer.
        """
        return await self.enqueue(request)

    def enqueue(self, request: SendRequest) -> asyncio.Future[SendAnswer]:
        """Return the answer to come, as `submit` gives it.

        What can be told at once – size, too much waiting – is raised here.
        """
        size = request.size
        if size > RECIPIENTS_MOST:
            raise TooManyRecipients(given=size, limit=RECIPIENTS_MOST)
        if not size:
            raise NoRecipient
        place = 0 if size < SMALL_REQUEST else request.lane % len(self._writers)
        writer = self._writers[place]
        if self._stopping or writer.queued + size > QUEUE_MESSAGES:
            raise Overloaded(retry_after_seconds=1)
        return writer.submit(request)


class _Writer:
    """One connection and the queue in front of it."""

    def __init__(
        self, database: Database, now: Now, patience_seconds: float, load: LoadFacts
    ) -> None:
        self._database = database
        self._now = now
        self._patience_seconds = patience_seconds
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Waiting] = deque()
        self.queued = 0
        self._wake = asyncio.Event()
        self._facts: dict[AccountId, SenderFacts] = {}
        self._ids = SessionIds()
        self._purses: dict[int, int] = {}
        """The wallets of accounts that paid from cash the last time."""
        self._connection: HotConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="accept pump")

    async def stop(self) -> None:
        """Write what is queued, then end."""
        self._stopping = True
        self._wake.set()
        if self._task:
            await self._task
        if self._connection:
            await self._connection.close()

    def submit(self, request: SendRequest) -> asyncio.Future[SendAnswer]:
        """Queue the request; the future ends when its batch has."""
        future: asyncio.Future[SendAnswer] = self._loop.create_future()
        self._queue.append(_Waiting(request, future, time.monotonic()))
        self.queued += request.size
        self._wake.set()
        return future

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if self.queued < _WORTHWHILE:
                # A moment's patience makes a batch of what arrives together. The design says 3–5
                # ms; one was measured best, because a closed loop of clients waits along.
                await asyncio.sleep(LINGER_SECONDS)
            taken = self._take()
            try:
                await self._accept(taken)
            except Exception as error:  # noqa: BLE001 - the pump outlives every fault
                # Whatever it was, the customers get an answer and the pump goes on. The class
                # alone is logged: a message of the database may quote people's data.
                _log.error("accept batch failed: %s", type(error).__name__)
                _refuse(taken, Overloaded(retry_after_seconds=1))

    def _take(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        room = BATCH_MESSAGES
        while self._queue and (not taken or self._queue[0].request.size <= room):
            waiting = self._queue.popleft()
            size = waiting.request.size
            self.queued -= size
            room -= size
            if not waiting.answer.done():
                taken.append(waiting)
        return taken

    async def _accept(self, taken: list[_Waiting]) -> None:
        """Accept the batch, again and again while the database is away, within patience."""
        pending = taken
        while pending:
            try:
                await self._load_facts(pending)
                batch, pending = self._screen(pending)
                if not pending:
                    return
                await self._write(batch, pending)
            except StaleFactsError as stale:
                for account in stale.accounts:
                    self._facts.pop(account, None)
                # Facts that change faster than they can be read must not keep the writer for ever.
                pending = self._still_patient(pending)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                await self._lost(error)
                pending = self._still_patient(pending)
            else:
                return

    async def _write(self, batch: Batch, pending: list[_Waiting]) -> None:
        connection = await self._connected()
        try:
            answers = await batch.write(connection, self._ids, self._purses)
        except CommitInDoubtError as doubt:
            await self._lost(doubt)
            if not await self._committed(batch, pending):
                await self._accept(pending)
                return
            answers = batch.answers
        for waiting, answer in zip(pending, answers, strict=True):
            if not waiting.answer.done():
                if isinstance(answer, Refusal):
                    waiting.answer.set_exception(answer)
                else:
                    waiting.answer.set_result(answer)

    async def _committed(self, batch: Batch, pending: list[_Waiting]) -> bool:
        """Return whether the batch in doubt was committed; keep asking until it can be known."""
        deadline = time.monotonic() + 6 * self._patience_seconds
        while True:
            try:
                return await batch.was_committed(await self._connected())
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                await self._lost(error)
                if time.monotonic() > deadline:
                    _refuse(pending, Overloaded(retry_after_seconds=5))
                    raise

    def _screen(self, pending: list[_Waiting]) -> tuple[Batch, list[_Waiting]]:
        now = self._now()
        batch = Batch(now)
        kept: list[_Waiting] = []
        stopped: set[AccountId] = set()
        for waiting in pending:
            request = waiting.request
            try:
                screened = screen(self._facts[request.account_id], request, now)
            except Refusal as refusal:
                # The account is stopped, by facts as fresh as its last batch. Ask anew next time,
                # not now: others of its requests may be in this batch.
                stopped.add(request.account_id)
                if not waiting.answer.done():
                    waiting.answer.set_exception(refusal)
                continue
            batch.add(request, screened)
            kept.append(waiting)
        for account_id in stopped:
            del self._facts[account_id]
        return batch, kept

    async def _load_facts(self, pending: list[_Waiting]) -> None:
        missing = {w.request.account_id for w in pending} - self._facts.keys()
        if not missing:
            return
        if len(self._facts) > _FACTS_KEPT:
            self._facts.clear()
            self._purses.clear()
            missing = {w.request.account_id for w in pending}
        async with self._database.transaction() as tx:
            for account_id in missing:
                self._facts[account_id] = await self._load(tx, account_id)

    async def _connected(self) -> HotConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await HotConnection.open(self._database, STATEMENTS)
        return self._connection

    async def _lost(self, error: BaseException) -> None:
        _log.warning("accept pump lost the database: %s", type(error).__name__)
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()
        await asyncio.sleep(0.2)

    def _still_patient(self, pending: list[_Waiting]) -> list[_Waiting]:
        oldest = time.monotonic() - self._patience_seconds
        _refuse([w for w in pending if w.since < oldest], Overloaded(retry_after_seconds=2))
        return [w for w in pending if w.since >= oldest]


def _refuse(waiting: list[_Waiting], refusal: Refusal) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_exception(refusal)
