"""What is answered to submit_sm, and when."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from umcloud.kernel.moments import unix_ms
from umcloud.sandbox.carrier.bind import Bind, Client
from umcloud.sandbox.carrier.delivery import Batch, Delivery, Part, Stamp
from umcloud.sandbox.carrier.fates import ORDINARY, Fate, all_ordinary, fate_of
from umcloud.sandbox.carrier.ledger import Ledger
from umcloud.sandbox.carrier.schedule import Schedule
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message


class Intake:
    """Takes submissions over batch by batch; jitter is drawn once a batch."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        chance: random.Random,
        ledger: Ledger | None,
        schedule: Schedule,
    ) -> None:
        self._delivery = delivery
        self._chance = chance
        self._ledger = ledger
        self._schedule = schedule
        # Milliseconds of the start keep ids of one process from those of the next.
        self._run = b"%08x" % (unix_ms(delivery.stamp().moment) & 0xFFFFFFFF)
        self._next = 1
        self._second = 0
        self._this_second = 0

    def take(self, bind: Bind, client: Client, batch: list[Message]) -> None:
        """Answer the batch, and send the parts that are taken over on their way."""
        counts = self._delivery.counts
        knobs = self._delivery.knobs
        taken = self._delivery.stamp()
        if knobs.throttle_per_second or knobs.errors or knobs.garbage or not all_ordinary(batch):
            batch, carrier_ids = self._take_singly(bind, client, batch, taken)
        else:
            carrier_ids = self._ids(len(batch))
            counts.arrived += len(batch)
            counts.accepted += len(batch)
            if self._ledger is not None:
                self._ledger.parts(carrier_ids, client.system_id, batch)
        if batch:
            self._after(self._latency(), self._answer, (bind, batch, carrier_ids))
            parts = Batch(client, taken, carrier_ids, batch)
            self._after(self._receipt_delay(), self._delivery.deliver_batch, parts)

    def _take_singly(
        self, bind: Bind, client: Client, batch: list[Message], taken: Stamp
    ) -> tuple[list[Message], list[bytes]]:
        """Refuse some, take over those with an odd fate, and return those that are left."""
        counts = self._delivery.counts
        knobs = self._delivery.knobs
        ledger = self._ledger
        ordinary: list[Message] = []
        carrier_ids: list[bytes] = []
        refused: list[tuple[int, int]] = []
        odd: list[Part] = []
        for message in batch:
            fate = fate_of(message.destination)
            status = self._weather(taken) or fate.submit_status
            if status:
                refused.append((message.sequence, status))
                if ledger is not None:
                    ledger.part(b"", status, client.system_id, message)
                continue
            [carrier_id] = self._ids(1)
            if ledger is not None:
                ledger.part(carrier_id, 0, client.system_id, message)
            if fate is ORDINARY and not knobs.garbage:
                ordinary.append(message)
                carrier_ids.append(carrier_id)
            else:
                odd.append(Part(carrier_id, client, message, fate, taken))
        counts.arrived += len(batch)
        counts.refused += len(refused)
        counts.accepted = counts.arrived - counts.refused
        if refused:
            self._after(self._latency(), self._refuse, (bind, refused))
        for part in odd:
            self._take_odd(bind, part)
        return ordinary, carrier_ids

    def _ids(self, count: int) -> list[bytes]:
        """Return ids that nothing else has, all of one length."""
        first = self._next
        self._next += count
        run = self._run
        return [b"%b%08x" % (run, number & 0xFFFFFFFF) for number in range(first, self._next)]

    def _take_odd(self, bind: Bind, part: Part) -> None:
        """Take over a part whose answer or receipt is out of the ordinary."""
        fate: Fate = part.fate
        knobs = self._delivery.knobs
        latency = self._latency()
        delay = self._receipt_delay() + fate.receipt_after_seconds
        if fate.answer_after_seconds:
            latency = delay + fate.answer_after_seconds
        if knobs.garbage and self._chance.random() < knobs.garbage:
            self._after(latency, Bind.send_senseless, bind)
        elif fate.answered:
            self._after(latency, self._answer, (bind, [part.message], [part.carrier_id]))
        self._after(delay, self._delivery.deliver, [part])

    def _answer(self, what: tuple[Bind, list[Message], list[bytes]]) -> None:
        bind, messages, carrier_ids = what
        bind.session.take_over([message.sequence for message in messages], carrier_ids)
        bind.flush_soon()

    def _refuse(self, what: tuple[Bind, list[tuple[int, int]]]) -> None:
        bind, refused = what
        for sequence, status in refused:
            bind.session.answer(sequence, status=status)
        bind.flush_soon()

    def _weather(self, stamp: Stamp) -> int:
        """Return the status by which the knobs refuse this submission; 0: they do not."""
        knobs = self._delivery.knobs
        if knobs.throttle_per_second:
            second = int(stamp.moment.timestamp())
            if second != self._second:
                self._second, self._this_second = second, 0
            if self._this_second >= knobs.throttle_per_second:
                self._delivery.counts.throttled += 1
                return codes.THROTTLED
            self._this_second += 1
        if knobs.errors:
            drawn = self._chance.random()
            for status, share in knobs.errors.items():
                drawn -= share
                if drawn < 0:
                    return status
        return codes.OK

    def _latency(self) -> float:
        knobs = self._delivery.knobs
        return self._spread(knobs.latency_ms, knobs.latency_jitter_ms)

    def _receipt_delay(self) -> float:
        knobs = self._delivery.knobs
        return self._spread(knobs.receipt_delay_ms, knobs.receipt_jitter_ms)

    def _spread(self, middle_ms: float, jitter_ms: float) -> float:
        if jitter_ms:
            middle_ms += self._chance.uniform(-jitter_ms, jitter_ms)
        return middle_ms / 1000

    def _after(self, seconds: float, action: Callable[[Any], None], argument: object) -> None:
        if seconds > 0:
            self._schedule.later(seconds, action, argument)
        else:
            action(argument)
