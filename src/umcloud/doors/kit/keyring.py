"""The keys of programs, kept in memory for seconds so that a request costs no question (C5.2).

A theft report has to stop everything within 5 seconds: what is held is at most 3 seconds old, and
it is asked for again, beside the requests, once it is older than one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from sqlalchemy.exc import SQLAlchemyError

from umcloud.domains.accounts import queries, service
from umcloud.domains.accounts.model import KeyFacts
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.kernel.act import Act, Actor, ActorKind, Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.refusals import Kind, Refusal

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
OLDEST_SECONDS = 3.0
_MOST_HELD = 20_000
_CALENDAR_SECONDS = 60.0


class KeysUnreachable(Refusal):
    """The database is away, so nobody can be told from anybody; nothing was accepted."""

    code: ClassVar[str] = "key.unreachable"
    kind: ClassVar[Kind] = Kind.BUSY


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` requests a second, and as many saved up at most."""

    rate: float
    tokens: float
    at: float

    def take(self, moment: float) -> float:
        """Take one; return 0.0, or the seconds until there will be one."""
        tokens = min(self.rate, self.tokens + (moment - self.at) * self.rate)
        self.at = moment
        if tokens < 1.0:
            self.tokens = tokens
            return (1.0 - tokens) / self.rate
        self.tokens = tokens - 1.0
        return 0.0


@dataclass(slots=True)
class HeldKey:
    """What the process knows of one public key; `facts` is None where there is no such key."""

    facts: KeyFacts | None
    private: bytes
    asked_at: float
    bucket: Bucket
    used_on: date | None = None
    """The last day noted as one of use."""
    looked_at: float = float("-inf")
    """When the calendar was last looked at for that."""
    wanted: bool = True
    """Whether anybody came with it since it was last asked for."""


@dataclass(slots=True)
class KeyRing:
    """The keys that this process was lately asked about."""

    database: Database
    vault: Vault
    now: Now
    door: Door
    per_second: float = 20_000.0
    """Requests a key may make in a second, and in one burst."""
    _held: dict[str, HeldKey] = field(default_factory=dict)
    _asking: dict[str, asyncio.Future[HeldKey]] = field(default_factory=dict)
    _queue: set[str] = field(default_factory=set)
    _loading: asyncio.Task[None] | None = None
    _out_of_reach: bool = False
    _noting: set[asyncio.Task[None]] = field(default_factory=set)

    def known(self, public_key: str) -> HeldKey | None:
        """Return what is held where it is young enough; None where `ask` is needed."""
        held = self._held.get(public_key)
        if held is None:
            return None
        held.wanted = True
        age = time.monotonic() - held.asked_at
        if age > FRESH_SECONDS:
            if age > OLDEST_SECONDS:
                return None
            if public_key not in self._asking:
                self._ask(public_key)
        return held

    async def find(self, public_key: str) -> HeldKey:
        """Return the key, from memory or from the database; one question at a time a key.

        Raises KeysUnreachable where the database is away.
        """
        held = self.known(public_key)
        if held is not None:
            return held
        asked = self._asking.get(public_key) or self._ask(public_key)
        # Whoever hangs up must not take the question away from the others who wait for it.
        try:
            return await asyncio.shield(asked)
        except (SQLAlchemyError, OSError):
            raise KeysUnreachable(retry_after_seconds=1) from None

    def used(self, held: HeldKey) -> None:
        """Note today as a day of use, once; call it after the key was found right."""
        moment = time.monotonic()
        if moment - held.looked_at < _CALENDAR_SECONDS:
            return
        held.looked_at = moment
        facts = held.facts
        today = shanghai_day(self.now())
        if facts is None or held.used_on == today:
            return
        held.used_on = today
        task = asyncio.create_task(self._note(facts))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def close(self) -> None:
        """Wait for what is still under way."""
        loading = [self._loading] if self._loading else []
        await asyncio.gather(*loading, *self._noting, return_exceptions=True)

    def _ask(self, public_key: str) -> asyncio.Future[HeldKey]:
        asked: asyncio.Future[HeldKey] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting when it fails: the key that is held is only a little old.
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._asking[public_key] = asked
        self._queue.add(public_key)
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load_queue())
        return asked

    async def _load_queue(self) -> None:
        """Ask for all that are wanted, and for those that soon will be, in one question."""
        while self._queue:
            asked_at = time.monotonic()
            wanted, self._queue = self._queue, set()
            wanted |= self._nearly_stale(asked_at)
            try:
                await self._load(wanted, asked_at)
            except Exception as error:  # noqa: BLE001 - whoever waits for a key is told
                # An outage is told once: requests come by the thousand while it lasts.
                if not self._out_of_reach:
                    kind = type(error).__name__
                    log.error("keys cannot be looked up: %s", kind)  # noqa: TRY400 - no values
                self._out_of_reach = True
                for public_key in wanted:
                    if asked := self._asking.pop(public_key, None):
                        asked.set_exception(error)
            else:
                self._out_of_reach = False

    def _nearly_stale(self, moment: float) -> set[str]:
        return {
            public_key
            for public_key, held in self._held.items()
            if held.wanted and moment - held.asked_at > FRESH_SECONDS / 2
        }

    async def _load(self, wanted: set[str], asked_at: float) -> None:
        # PostgreSQL takes no NUL, and no key of ours has one.
        known = [public_key for public_key in wanted if "\x00" not in public_key]
        async with self.database.transaction() as tx:
            found = await queries.keys_for(tx, known, vault=self.vault)
        if len(self._held) + len(wanted) > _MOST_HELD:
            self._held.clear()
        for public_key in wanted:
            held = self._hold(public_key, found.get(public_key), asked_at)
            if asked := self._asking.pop(public_key, None):
                asked.set_result(held)

    def _hold(self, public_key: str, facts: KeyFacts | None, asked_at: float) -> HeldKey:
        private = facts.private_key.encode() if facts else b""
        held = self._held.get(public_key)
        if held is None:
            bucket = Bucket(self.per_second, self.per_second, asked_at)
            held = self._held[public_key] = HeldKey(facts, private, asked_at, bucket)
        else:
            held.facts, held.private, held.asked_at = facts, private, asked_at
        held.wanted = False
        return held

    async def _note(self, facts: KeyFacts) -> None:
        moment = self.now()
        actor = Actor(ActorKind.KEY, facts.key_id, facts.account_id)
        try:
            async with self.database.transaction() as tx:
                await service.key_used(
                    tx, Act(actor, moment, self.door, uuid7(moment)), key_id=facts.key_id
                )
        except (SQLAlchemyError, OSError) as error:
            # The request that used the key was served; only the note for the screens is missing.
            log.warning("a day of use could not be noted: %s", type(error).__name__)
