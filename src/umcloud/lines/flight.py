"""Everything that is under way on one line, without any I/O.

A part is *waiting*, then *flying* (sent, no answer), then *landed* (answered or given up) until
its row is committed. At most `window` parts are flying or landed, so a kill at any moment leaves
at most that many whose submission nobody remembers, and which are sent again.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

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
from umcloud.lines.smpp.words import Answered, Outgoing, Receipt
from umcloud.wire.gsm.segments import TooManyParts, encode_parts
from umcloud.wire.smpp import codes

GENERATION = 40_000
"""Submissions of which two generations are remembered, to know their receipts without asking.

Each is forgotten with its receipt: memory that is used again at once is in the processor's cache.
"""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_BURST = 5
_CODE_MOST = 32
_ONE_NEW: Sequence[tuple[int, int]] = ((1, 0),)
_STATUS_MASK = 0x7FFFFFFF
_ODD = re.compile(r"[^0-9A-Za-z_.-]")
#: Our state for each word that a receipt may have; None where it is not the end.
_STATE_OF = {word: state_of(word) for word in codes.STATES.values()}
_new = tuple.__new__

#: Whose a receipt is: a message in one part, or a message and the part.
_Part = tuple[Sent, int]
Whose = Sent | _Part


class Ears(Protocol):
    """The bind that a receipt came over and is acknowledged over."""

    def acknowledge(self, tokens: list[int]) -> None:
        """Tell the carrier that these receipts are durable."""


class Slot(Outgoing):
    """One part on its way. `attempt` counts the outcomes heard of it."""

    __slots__ = ("answered", "attempt", "closed", "flying", "message", "over", "part")

    def __init__(  # noqa: PLR0917 - by place, for it is made for each message
        self,
        message: Sent,
        part: int,
        attempt: int,
        destination: bytes = b"",
        source: bytes = b"",
        payload: bytes = b"",
        data_coding: int = 0,
        esm_class: int = 0,
    ) -> None:
        # Not by super(): this is made for every message.
        self.destination = destination
        self.source = source
        self.payload = payload
        self.data_coding = data_coding
        self.esm_class = esm_class
        self.message = message
        self.part = part
        self.attempt = attempt
        self.flying = self.answered = self.over = self.closed = False


@dataclass(slots=True)
class Heard:
    """What came in since the last transaction began."""

    tried: list[Tried] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    landed: int = 0
    reported: list[Reported] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)
    """The carrier's ids of what was reported: known by heart no longer once it is durable."""
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
        self._recent: dict[bytes, Whose] = {}
        self._older: dict[bytes, Whose] = {}
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
            message, to, sender, text, tries = logged
            id_ = message.id
            try:
                # The same reference whenever this message is sent, so that parts sent before
                # and after a restart still make one text.
                coding, udhi, payloads = encode_parts(text, (id_ >> 16) + id_)
            except (UnicodeEncodeError, TooManyParts):
                self._open_message(message, 1)
                self._refuse(Slot(message, 1, 0), codes.INVALID_MESSAGE_LENGTH)
                continue
            message.parts = len(payloads)
            left = _ONE_NEW if not tries and len(payloads) == 1 else parts_left(logged)
            if not left:
                continue
            self._open_message(message, len(left))
            destination = to.lstrip("+").encode("ascii", "replace")
            source = sender.encode("ascii", "replace")
            esm = codes.UDHI if udhi else 0
            for part, attempt in left:
                payload = payloads[part - 1]
                slot = Slot(message, part, attempt, destination, source, payload, coding, esm)
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

    def take(self, room: int, now: float) -> list[Slot]:
        """Return the next parts to submit: within room, window, speed and the carrier's mood."""
        room = min(room, self.window - self._undurable)
        if room <= 0 or now < self._quiet_until or not (self._again or self._waiting):
            return []
        if self.per_second is not None:
            room = min(room, self._allowed(self.per_second, now))
        taken: list[Slot] = []
        for queue in (self._again, self._waiting):
            while queue and len(taken) < room:
                slot = queue.popleft()
                if slot.answered:
                    continue  # the answer came after all
                slot.flying = True
                taken.append(slot)
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

    def submitted(self, batch: Iterable[Answered]) -> None:
        """Note that the carrier took parts over, some perhaps after we had given them up."""
        heard, recent, parked = self.heard, self._recent, self.parked
        tried, slots = heard.tried, heard.slots
        before, landed = len(slots), 0
        slot: Slot
        for slot, _, carrier_id in batch:
            message, part = slot.message, slot.part
            attempt = slot.attempt = slot.attempt + 1
            name = carrier_id.decode("latin-1")
            tried.append(_new(Tried, (message, part, attempt, SUBMITTED, name, None)))
            slots.append(slot)
            if slot.flying:
                slot.flying = False
                landed += 1
            slot.answered = slot.over = True
            recent[carrier_id] = message if part == 1 else (message, part)
            if parked and carrier_id in parked:
                for receipt, ears, _ in parked.pop(carrier_id):
                    self._report(message, part, receipt, ears)
        heard.landed += landed
        self.counts.submitted += len(slots) - before
        if len(recent) >= GENERATION:
            self._older, self._recent = recent, {}

    def rejected(self, slot: Slot, status: int) -> None:
        """Note that the carrier refused the part for good."""
        if slot.answered:
            self._forget(slot)
            return
        slot.attempt += 1
        row = (slot.message, slot.part, slot.attempt, REJECTED, None, status & _STATUS_MASK)
        self._land(slot, _new(Tried, row))
        slot.answered = slot.over = True
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
        reported, told = self.heard.reported, self.heard.told
        self.counts.receipts += len(batch)
        acks = []
        for receipt in batch:
            carrier_id, word, code, done_at, ack = receipt
            state = _STATE_OF.get(word)
            if state is not None:
                whose = recent.get(carrier_id) or older.get(carrier_id)
                if whose is None:
                    self.strangers.append((receipt, ears))
                    continue
                message, part = (whose, 1) if type(whose) is Sent else cast("_Part", whose)
                if not (code.isalnum() and len(code) <= _CODE_MOST):
                    code = code_of(receipt)
                reported.append(_new(Reported, (message, part, state, code, done_at)))
                told.append(carrier_id)
            acks.append(ack)
        if acks:
            self.settled(ears, acks)

    def _report(self, message: Sent, part: int, receipt: Receipt, ears: Ears) -> None:
        state = _STATE_OF.get(receipt.state)
        if state is not None:
            row = (message, part, state, code_of(receipt), receipt.done_at)
            self.heard.reported.append(_new(Reported, row))
            self.heard.told.append(receipt.carrier_id)
        self.settled(ears, (receipt.ack,))

    def settled(self, ears: Ears, acks: Iterable[int]) -> None:
        """Acknowledge the receipts after the next transaction."""
        self.heard.acks.setdefault(ears, []).extend(acks)

    def identified(self, found: dict[str, tuple[Sent, int]], receipt: Receipt, ears: Ears) -> bool:
        """Take a stranger's receipt if the log, or an answer meanwhile, knows whose it is."""
        whose: Whose | None = (
            self._recent.get(receipt.carrier_id)
            or self._older.get(receipt.carrier_id)
            or found.get(name_of(receipt))
        )
        if whose is None:
            return False
        message, part = (whose, 1) if type(whose) is Sent else cast("_Part", whose)
        self._report(message, part, receipt, ears)
        return True

    # -- from the database -----------------------------------------------------------------

    def collect(self) -> Heard:
        """Return what was heard and begin anew."""
        heard, self.heard = self.heard, Heard()
        return heard

    def committed(self, heard: Heard) -> None:
        """Forget what is durable now."""
        self._undurable -= heard.landed
        recent, older = self._recent, self._older
        for carrier_id in heard.told:
            if recent.pop(carrier_id, None) is None:
                older.pop(carrier_id, None)
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
    return code if code.isalnum() and len(code) <= _CODE_MOST else _ODD.sub("", code)[:_CODE_MOST]
