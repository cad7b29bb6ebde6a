"""Everything that is under way on one line, without any I/O.

A part is *waiting*, then *flying* (sent, no answer), then *landed* (answered or given up) until
its row is committed. At most `window` parts are flying or landed, so a kill at any moment leaves
at most that many whose submission nobody remembers, and which are sent again.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from umcloud.domains.messaging.following import Logged, parts_left
from umcloud.domains.messaging.report_model import (
    REJECTED,
    SUBMITTED,
    UNKNOWN,
    Reported,
    Sent,
    Tried,
)
from umcloud.domains.messaging.reports import is_over, state_of
from umcloud.lines.smpp.words import Outgoing, Receipt
from umcloud.wire.gsm.segments import TooManyParts, encode_parts
from umcloud.wire.smpp import codes

GENERATION = 40_000
"""Submissions of which two generations are remembered, to know their receipts without asking."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_BURST = 5
_STATUS_MASK = 0x7FFFFFFF
_ODD = re.compile(r"[^0-9A-Za-z_.-]")
_new = tuple.__new__


class Ears(Protocol):
    """The bind that a receipt came over and is acknowledged over."""

    def acknowledge(self, tokens: list[int]) -> None:
        """Tell the carrier that these receipts are durable."""


class Slot:
    """One part on its way. `attempt` counts the outcomes heard of it."""

    __slots__ = ("answered", "attempt", "closed", "flying", "message", "outgoing", "over", "part")

    def __init__(self, message: Sent, part: int, attempt: int) -> None:
        self.message = message
        self.part = part
        self.attempt = attempt
        self.outgoing: Outgoing | None = None
        self.flying = self.answered = self.over = self.closed = False


@dataclass(slots=True)
class Heard:
    """What came in since the last transaction began."""

    tried: list[Tried] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    landed: int = 0
    reported: list[Reported] = field(default_factory=list)
    acks: dict[Ears, list[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tried or self.acks)


@dataclass(slots=True)
class Counts:
    """Since the start: for the log, pages and tests."""

    read: int = 0
    sent: int = 0
    submitted: int = 0
    rejected: int = 0
    throttled: int = 0
    unknown: int = 0
    resent: int = 0
    """Parts sent again after an unknown outcome: duplicates, where the carrier had them."""
    receipts: int = 0
    orphans: int = 0


class Flight:
    """The parts of one line. All methods are quick; none waits."""

    def __init__(self, window: int, per_second: int | None) -> None:
        self.window = window
        self.per_second = per_second
        self.counts = Counts()
        self.heard = Heard()
        self.strangers: list[tuple[Receipt, Ears]] = []
        """Receipts whose message has to be looked up in the log."""
        self.parked: dict[bytes, list[tuple[Receipt, Ears, float]]] = {}
        """Receipts that nobody knows yet, with their deadline: the answer may still come."""
        self._waiting: deque[Slot] = deque()
        self._again: deque[Slot] = deque()
        self._open: dict[int, dict[int, int]] = {}
        self._undurable = 0
        self._recent: dict[bytes, Slot] = {}
        self._older: dict[bytes, Slot] = {}
        self._tokens = 0.0
        self._tokens_at = 0.0
        self._pause = self._quiet_until = 0.0

    # -- from the log ----------------------------------------------------------------------

    @property
    def appetite(self) -> int:
        """How many more messages may be read ahead: two windows, whatever becomes of the link."""
        return 2 * max(self.window, 50) - len(self._waiting) - len(self._again)

    @property
    def in_flight(self) -> int:
        """How many parts are flying or landed."""
        return self._undurable

    @property
    def waiting(self) -> int:
        """How many parts were read and are not sent yet."""
        return len(self._waiting) + len(self._again)

    @property
    def quiet(self) -> bool:
        """Whether nothing is flying or landed."""
        return not self._undurable and not self.heard

    def add(self, batch: list[Logged]) -> None:
        """Take messages from the log; what is over of them is not sent again."""
        waiting = self._waiting
        for logged in batch:
            message = logged.message
            try:
                # The same reference whenever this message is sent, so that parts sent before
                # and after a restart still make one text.
                coding, udhi, payloads = encode_parts(logged.text, (message.id >> 16) + message.id)
            except (UnicodeEncodeError, TooManyParts):
                self._open_message(message, 1)
                self._refuse(Slot(message, 1, 0), codes.INVALID_MESSAGE_LENGTH)
                continue
            message.parts = len(payloads)
            left = [(1, 0)] if not logged.tries and len(payloads) == 1 else parts_left(logged)
            if not left:
                continue
            self._open_message(message, len(left))
            destination = logged.destination.lstrip("+").encode("ascii", "replace")
            source = logged.source.encode("ascii", "replace")
            for part, attempt in left:
                slot = Slot(message, part, attempt)
                slot.outgoing = Outgoing(
                    slot, destination, source, payloads[part - 1], coding, udhi
                )
                waiting.append(slot)
        self.counts.read += len(batch)

    def _open_message(self, message: Sent, parts: int) -> None:
        lane = self._open.get(message.lane)
        if lane is None:
            lane = self._open[message.lane] = {}
        lane[message.id] = parts

    def _refuse(self, slot: Slot, status: int) -> None:
        self._undurable += 1
        slot.flying = True
        self.rejected(slot, status)

    def checkpoint(self, cursors: dict[int, int]) -> dict[int, int]:
        """Return, by lane, up to where every message has its final submission, durable."""
        safe = dict(cursors)
        for lane, ids in self._open.items():
            if ids:
                # Ids are read in order, so the first that is still open is the lowest.
                safe[lane] = next(iter(ids)) - 1
        return safe

    # -- to the carrier --------------------------------------------------------------------

    def take(self, room: int, now: float) -> list[Outgoing]:
        """Return the next parts to submit: within room, window, speed and the carrier's mood."""
        room = min(room, self.window - self._undurable)
        if room <= 0 or now < self._quiet_until or not (self._again or self._waiting):
            return []
        if self.per_second is not None:
            room = min(room, self._allowed(self.per_second, now))
        taken: list[Outgoing] = []
        for queue in (self._again, self._waiting):
            while queue and len(taken) < room:
                slot = queue.popleft()
                if slot.answered or slot.outgoing is None:
                    continue  # the answer came after all
                slot.flying = True
                taken.append(slot.outgoing)
        self._undurable += len(taken)
        self._tokens -= len(taken)
        self.counts.sent += len(taken)
        return taken

    def _allowed(self, per_second: int, now: float) -> int:
        """Return how many the token bucket lets through; it holds a fifth of a second."""
        gained = (now - self._tokens_at) * per_second
        self._tokens = min(max(1.0, per_second / _BURST), self._tokens + gained)
        self._tokens_at = now
        return max(0, int(self._tokens))

    def submitted(self, slot: Slot, carrier_id: bytes) -> None:
        """Note that the carrier took the part over, perhaps after we had given it up."""
        slot.attempt += 1
        name = carrier_id.decode("latin-1")
        self._land(
            slot, _new(Tried, (slot.message, slot.part, slot.attempt, SUBMITTED, name, None))
        )
        slot.answered = slot.over = True
        slot.outgoing = None
        self.counts.submitted += 1
        self._recent[carrier_id] = slot
        if len(self._recent) >= GENERATION:
            self._older, self._recent = self._recent, {}
        if self.parked and carrier_id in self.parked:
            for receipt, ears, _ in self.parked.pop(carrier_id):
                self._report(slot.message, slot.part, receipt, ears)

    def rejected(self, slot: Slot, status: int) -> None:
        """Note that the carrier refused the part for good."""
        if slot.answered:
            self._forget(slot)
            return
        slot.attempt += 1
        row = (slot.message, slot.part, slot.attempt, REJECTED, None, status & _STATUS_MASK)
        self._land(slot, _new(Tried, row))
        slot.answered = slot.over = True
        slot.outgoing = None
        self.counts.rejected += 1

    def throttled(self, slot: Slot, now: float) -> None:
        """Note that the carrier wants fewer, and submit again after a pause that grows."""
        self.counts.throttled += 1
        self._forget(slot)
        if not slot.answered:
            self._again.append(slot)
        if now >= self._quiet_until:
            steady = now - self._quiet_until > _LONGEST_PAUSE
            self._pause = _FIRST_PAUSE if steady else min(_LONGEST_PAUSE, self._pause * 2)
            self._quiet_until = now + self._pause

    def unknown(self, slot: Slot) -> None:
        """Note that nobody knows whether the carrier has the part; the class decides."""
        if slot.answered:
            self._forget(slot)
            return
        slot.attempt += 1
        row = (slot.message, slot.part, slot.attempt, UNKNOWN, None, None)
        self._land(slot, _new(Tried, row))
        self.counts.unknown += 1
        if is_over(slot.message.cls, [UNKNOWN] * slot.attempt):
            slot.over = True
            slot.outgoing = None
        else:
            self.counts.resent += 1
            self._again.append(slot)

    def _land(self, slot: Slot, row: Tried) -> None:
        heard = self.heard
        heard.tried.append(row)
        heard.slots.append(slot)
        if slot.flying:
            slot.flying = False
            heard.landed += 1

    def _forget(self, slot: Slot) -> None:
        """Give the part's place in the window back, since there is nothing to write."""
        if slot.flying:
            slot.flying = False
            self._undurable -= 1

    # -- from the carrier ------------------------------------------------------------------

    def receipts(self, ears: Ears, batch: list[Receipt]) -> None:
        """Take what one read brought."""
        recent, older = self._recent, self._older
        self.counts.receipts += len(batch)
        for receipt in batch:
            slot = recent.get(receipt.carrier_id) or older.get(receipt.carrier_id)
            if slot is not None:
                self._report(slot.message, slot.part, receipt, ears)
            elif state_of(receipt.state) is None:
                self.settled(ears, receipt.ack)
            else:
                self.strangers.append((receipt, ears))

    def _report(self, message: Sent, part: int, receipt: Receipt, ears: Ears) -> None:
        state = state_of(receipt.state)
        if state is not None:
            row = (message, part, state, code_of(receipt), receipt.done_at)
            self.heard.reported.append(_new(Reported, row))
        self.settled(ears, receipt.ack)

    def settled(self, ears: Ears, ack: int) -> None:
        """Acknowledge the receipt after the next transaction."""
        acks = self.heard.acks.get(ears)
        if acks is None:
            acks = self.heard.acks[ears] = []
        acks.append(ack)

    def identified(self, found: dict[str, tuple[Sent, int]], receipt: Receipt, ears: Ears) -> bool:
        """Take a stranger's receipt if the log, or an answer meanwhile, knows whose it is."""
        slot = self._recent.get(receipt.carrier_id) or self._older.get(receipt.carrier_id)
        known = (slot.message, slot.part) if slot else found.get(name_of(receipt))
        if known is None:
            return False
        self._report(known[0], known[1], receipt, ears)
        return True

    # -- from the database -----------------------------------------------------------------

    def collect(self) -> Heard:
        """Return what was heard and begin anew."""
        heard, self.heard = self.heard, Heard()
        return heard

    def committed(self, heard: Heard) -> None:
        """Forget what is durable now."""
        self._undurable -= heard.landed
        for slot in heard.slots:
            if slot.over and not slot.closed:
                slot.closed = True
                message = slot.message
                lane = self._open[message.lane]
                left = lane.get(message.id, 1) - 1
                if left:
                    lane[message.id] = left
                else:
                    lane.pop(message.id, None)


def name_of(receipt: Receipt) -> str:
    """Return the carrier's id as the log keeps it: without NUL, which no text column takes."""
    return receipt.carrier_id.decode("latin-1").replace("\x00", "")


def code_of(receipt: Receipt) -> str:
    """Return the carrier's own code, without anything that is no code."""
    code = receipt.error
    return code if code.isalnum() and len(code) <= 32 else _ODD.sub("", code)[:32]
