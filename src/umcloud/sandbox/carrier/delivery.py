"""From a part that was taken over to the receipt that its sender is owed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import NamedTuple

from umcloud.sandbox.carrier.bind import Client, Due
from umcloud.sandbox.carrier.fates import ORDINARY, Fate
from umcloud.sandbox.carrier.handsets import Handsets
from umcloud.sandbox.carrier.knobs import Knobs
from umcloud.sandbox.carrier.ledger import Ledger
from umcloud.sandbox.carrier.news import MessageShown, Newsroom
from umcloud.sandbox.carrier.schedule import Schedule
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.encode import Envelope
from umcloud.wire.smpp.pdus import Message
from umcloud.wire.smpp.receipts import receipt_date, receipt_text

_HELD_MOST = 10_000
_ABSENT = "027"
_MEMORY_FULL = "032"
_ARRIVED = ORDINARY.state.encode()
_new = tuple.__new__


class Stamp(NamedTuple):
    """A moment, and the same as receipts write it."""

    moment: datetime
    digits: bytes


class Part(NamedTuple):
    """A part that the carrier took over."""

    carrier_id: bytes
    client: Client
    message: Message
    fate: Fate
    taken: Stamp


class Batch(NamedTuple):
    """Parts with the ordinary fate that one client submitted at one moment."""

    client: Client
    taken: Stamp
    carrier_ids: list[bytes]
    messages: list[Message]

    def parts(self) -> list[Part]:
        """Return them one by one."""
        return [
            Part(carrier_id, self.client, message, ORDINARY, self.taken)
            for carrier_id, message in zip(self.carrier_ids, self.messages, strict=True)
        ]


class Counts:
    """What has happened since the start, in parts."""

    __slots__ = (
        "accepted",
        "acknowledged",
        "arrived",
        "delivered",
        "lost_receipts",
        "owed",
        "refused",
        "replies",
        "throttled",
    )

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, 0)

    arrived: int
    accepted: int
    refused: int
    throttled: int
    delivered: int
    owed: int
    """Receipts that were made out."""
    acknowledged: int
    lost_receipts: int
    replies: int

    def facts(self) -> dict[str, int]:
        """Return all counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


class Delivery:
    """Delivers parts to handsets and makes out receipts."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        zone: tzinfo,
        chance: random.Random,
        handsets: Handsets,
        news: Newsroom,
        counts: Counts,
        ledger: Ledger | None,
        schedule: Schedule,
    ) -> None:
        self._now = now
        self._zone = zone
        self._chance = chance
        self._handsets = handsets
        self._news = news
        self.counts = counts
        self._ledger = ledger
        self._schedule = schedule
        self._loop = asyncio.get_running_loop()
        self._held: dict[str, list[Part]] = {}
        self._held_count = 0
        self._second = -1
        self._digits = b""
        self._envelope = Envelope(source=(1, 1), destination=(0, 1), registered_delivery=0)
        self.knobs = Knobs()

    def stamp(self) -> Stamp:
        """Return the present moment."""
        moment = self._now()
        second = int(moment.timestamp())
        if second != self._second:
            self._second = second
            self._digits = receipt_date(moment, self._zone)
        return Stamp(moment, self._digits)

    def deliver(self, parts: list[Part]) -> None:
        """Deliver the parts now, each as its number's fate and its handset will have it."""
        stamp = self.stamp()
        clients: set[Client] = set()
        for part in parts:
            self._deliver(part, stamp)
            clients.add(part.client)
        if self._ledger is not None:
            self._ledger.write()
        for client in clients:
            client.pump(self._loop.time())

    def deliver_batch(self, batch: Batch) -> None:
        """Deliver a batch now: like `deliver`, with next to nothing done for each of its parts."""
        knobs = self.knobs
        if (
            self._handsets.switched
            or self._news.is_watched
            or knobs.undelivered
            or knobs.receipt_loss
            or knobs.receipt_twice
        ):
            self.deliver(batch.parts())
            return
        done = self.stamp()
        self.counts.delivered += len(batch.messages)
        self._handsets.put_by(batch.carrier_ids, batch.messages, done.moment)
        dues = self._make_out(batch, done)
        self.counts.owed += len(dues)
        batch.client.owed.extend(dues)
        batch.client.pump(self._loop.time())

    def release(self, number: str) -> None:
        """Deliver what was held back for the handset."""
        parts = self._held.pop(number, [])
        self._held_count -= len(parts)
        if parts:
            self.deliver(parts)

    def owe(self, part: Part, state: str, error: str, done: Stamp) -> None:
        """Make out the receipt, and queue it for the sender."""
        message = part.message
        knobs = self.knobs
        if knobs.receipt_loss and self._chance.random() < knobs.receipt_loss:
            self.counts.lost_receipts += 1
            if self._ledger is not None:
                self._ledger.receipts([(part.carrier_id, b"LOST")])
            return
        text = receipt_text(
            message_id=part.carrier_id,
            state=state,
            error=error,
            submitted=part.taken.digits,
            done=done.digits,
        )
        body = self._envelope.body(
            message.destination,
            message.source or b"0",
            text,
            data_coding=0,
            esm_class=codes.RECEIPT,
        )
        twice = knobs.receipt_twice and self._chance.random() < knobs.receipt_twice
        for _ in range(2 if twice else part.fate.receipts):
            self.counts.owed += 1
            part.client.owed.append(Due(part.carrier_id, body, state.encode()))

    def _make_out(self, batch: Batch, done: Stamp) -> list[Due]:
        """Return the receipts of all who want one: they differ in addresses and id only."""
        first = batch.carrier_ids[0]
        text = receipt_text(
            message_id=first,
            state=ORDINARY.state,
            error=ORDINARY.error,
            submitted=batch.taken.digits,
            done=done.digits,
        )
        before_id, _, after_id = text.partition(first)
        head, between, middle = self._envelope.pieces(
            data_coding=0, esm_class=codes.RECEIPT, size=len(text)
        )
        middle += before_id
        bodies = [
            (
                carrier_id,
                b"%b%b%b%b%b%b%b"
                % (
                    head,
                    message.destination,
                    between,
                    message.source or b"0",
                    middle,
                    carrier_id,
                    after_id,
                ),
                _ARRIVED,
                0,
            )
            for carrier_id, message in zip(batch.carrier_ids, batch.messages, strict=True)
            if message.registered_delivery & 1
        ]
        return [_new(Due, each) for each in bodies]

    def _deliver(self, part: Part, stamp: Stamp) -> None:
        message = part.message
        fate = part.fate
        state, error = fate.state, fate.error
        if fate.delivered:
            if message.destination in self._handsets.switched:
                number = message.destination.decode("ascii", "replace")
                handset = self._handsets.of(number)
                if handset.airplane_mode and self._held_count < _HELD_MOST:
                    self._hold(number, part)
                    return
                state, error = "UNDELIV", _ABSENT if handset.airplane_mode else _MEMORY_FULL
            elif self.knobs.undelivered and self._chance.random() < self.knobs.undelivered:
                state, error = "UNDELIV", _ABSENT
        if state == "DELIVRD":
            self.counts.delivered += 1
            self._show(part, stamp)
        if fate.receipts and message.registered_delivery & 1:
            self.owe(part, state, error, stamp)

    def _show(self, part: Part, stamp: Stamp) -> None:
        if not self._news.is_watched:
            self._handsets.put_by([part.carrier_id], [part.message], stamp.moment)
            return
        shown = self._handsets.deliver(part.message, part.carrier_id, stamp.moment)
        if shown is not None:
            self._news.tell(MessageShown(shown))

    def _hold(self, number: str, part: Part) -> None:
        self._held.setdefault(number, []).append(part)
        self._held_count += 1
        self._handsets.of(number).waiting = len(self._held[number])
        self._schedule.later(self.knobs.validity_seconds, self._expire, (number, part))

    def _expire(self, held: tuple[str, Part]) -> None:
        number, part = held
        waiting = self._held.get(number, [])
        for at, each in enumerate(waiting):
            if each is part:
                del waiting[at]
                self._held_count -= 1
                self._handsets.of(number).waiting = len(waiting)
                if part.fate.receipts and part.message.registered_delivery & 1:
                    self.owe(part, "EXPIRED", _ABSENT, self.stamp())
                    part.client.pump(self._loop.time())
                return
