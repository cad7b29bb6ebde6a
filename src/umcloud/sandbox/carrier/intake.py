"""What is answered to submit_sm, and when."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

from umcloud.kernel.moments import unix_ms
from umcloud.sandbox.carrier.bind import Bind, Client
from umcloud.sandbox.carrier.delivery import Delivery, Part, Stamp
from umcloud.sandbox.carrier.fates import ORDINARY, Fate, fate_of
from umcloud.sandbox.carrier.ledger import Ledger
from umcloud.sandbox.carrier.schedule import Schedule
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message

_new = tuple.__new__
#: Sequence number, carrier id (empty when refused), status.
Answer = tuple[int, bytes, int]


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
        self._numbers = itertools.count(1)
        self._second = 0
        self._this_second = 0

    def take(self, bind: Bind, client: Client, batch: list[Message]) -> None:
        """Answer the batch, and send the parts that are taken over on their way."""
        counts = self._delivery.counts
        knobs = self._delivery.knobs
        stamp = self._delivery.stamp()
        answers: list[Answer] = []
        parts: list[Part] = []
        ledger = self._ledger
        picky = bool(knobs.throttle_per_second or knobs.errors)
        for message in batch:
            fate = fate_of(message.destination)
            status = fate.submit_status
            if picky:
                status = self._weather(stamp) or status
            if status:
                counts.refused += 1
                answers.append((message.sequence, b"", status))
                if ledger is not None:
                    ledger.part(b"", status, client.system_id, message)
                continue
            carrier_id = b"%b%08x" % (self._run, next(self._numbers))
            if ledger is not None:
                ledger.part(carrier_id, 0, client.system_id, message)
            part = _new(Part, (carrier_id, client, message, fate, stamp))
            if fate is ORDINARY and not knobs.garbage:
                answers.append((message.sequence, carrier_id, 0))
                parts.append(part)
            else:
                self._take_odd(bind, part)
        counts.arrived += len(batch)
        counts.accepted = counts.arrived - counts.refused
        if ledger is not None:
            ledger.write()
        if answers:
            self._after(self._latency(), self._answer, (bind, answers))
        if parts:
            self._after(self._receipt_delay(), self._delivery.deliver, parts)

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
            answer = (part.message.sequence, part.carrier_id, 0)
            self._after(latency, self._answer, (bind, [answer]))
        self._after(delay, self._delivery.deliver, [part])

    def _answer(self, what: tuple[Bind, list[Answer]]) -> None:
        bind, answers = what
        answer = bind.session.answer
        for sequence, carrier_id, status in answers:
            answer(sequence, carrier_id, status)
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
