"""Simulated handsets: what they show, the parts they wait for, and their two switches."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from umcloud.wire.gsm.headers import Concatenation, MalformedHeader, split_header
from umcloud.wire.gsm.segments import decode_text
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message

_UNFINISHED_MOST = 20
_INBOX_MOST = 10_000
#: Ids, parts and the moment they arrived at.
_Delivered = tuple[Sequence[bytes], Sequence[Message], datetime]


@dataclass(frozen=True, slots=True)
class HandsetMessage:
    """A whole message on a screen. `incoming` is seen from the handset."""

    id: str
    number: str
    other: str
    """Who wrote to the handset, or whom it wrote to."""
    text: str
    parts: int
    at: datetime
    incoming: bool


@dataclass(frozen=True, slots=True)
class HandsetView:
    """A handset in the list of all handsets."""

    number: str
    messages: int
    last: HandsetMessage | None
    airplane_mode: bool
    memory_full: bool
    waiting: int
    """Parts that the carrier holds back until the handset is back on air."""


@dataclass(slots=True)
class Handset:
    """One simulated telephone."""

    number: str
    shown: deque[HandsetMessage]
    airplane_mode: bool = False
    memory_full: bool = False
    waiting: int = 0
    unfinished: dict[tuple[bytes, int, int], dict[int, str]] = field(default_factory=dict)


class Handsets:
    """All handsets that were written to lately; the longest quiet one makes room for a new one."""

    def __init__(self, *, keep: int, most: int) -> None:
        self.keep = keep
        self._most = most
        self._all: dict[str, Handset] = {}
        # Delivered while nobody looked. Most are replaced before anybody does.
        self._inbox: list[_Delivered] = []
        self._inbox_parts = 0
        #: Numbers with a switch on; nearly always empty, so the hot path asks only this.
        self.switched: set[bytes] = set()

    def get(self, number: str) -> Handset | None:
        """Return the handset if it is known."""
        self._sort()
        return self._all.get(number)

    def of(self, number: str) -> Handset:
        """Return the handset, made on first use, and remember that it was used last."""
        self._sort()
        return self._of(number)

    def _of(self, number: str) -> Handset:
        handset = self._all.pop(number, None)
        if handset is None:
            if len(self._all) >= self._most:
                self._forget_one()
            handset = Handset(number, deque(maxlen=max(self.keep, 1)))
        self._all[number] = handset
        return handset

    def switch(
        self, number: str, *, airplane_mode: bool | None = None, memory_full: bool | None = None
    ) -> Handset:
        """Set what is not None."""
        handset = self.of(number)
        if airplane_mode is not None:
            handset.airplane_mode = airplane_mode
        if memory_full is not None:
            handset.memory_full = memory_full
        if handset.airplane_mode or handset.memory_full:
            self.switched.add(number.encode())
        else:
            self.switched.discard(number.encode())
        return handset

    def views(self) -> list[HandsetView]:
        """Return all handsets, the one used last first."""
        self._sort()
        return [
            HandsetView(
                number=each.number,
                messages=len(each.shown),
                last=each.shown[-1] if each.shown else None,
                airplane_mode=each.airplane_mode,
                memory_full=each.memory_full,
                waiting=each.waiting,
            )
            for each in reversed(self._all.values())
        ]

    def deliver(self, message: Message, carrier_id: bytes, at: datetime) -> HandsetMessage | None:
        """Give a part to its handset; the whole message where this part was the last one missing.

        None while parts are missing, and where nothing is kept.
        """
        if not self.keep:
            return None
        self._sort()
        return self._show(message, carrier_id, at)

    def put_by(
        self, carrier_ids: Sequence[bytes], messages: Sequence[Message], at: datetime
    ) -> None:
        """Give parts to their handsets as `deliver` does, as soon as anybody looks."""
        if not self.keep:
            return
        self._inbox.append((carrier_ids, messages, at))
        self._inbox_parts += len(messages)
        if self._inbox_parts > _INBOX_MOST:
            self._inbox = self._worth_showing()
            self._inbox_parts = len(self._inbox)
            if self._inbox_parts > _INBOX_MOST // 2:
                self._sort()

    def _sort(self) -> None:
        """Bring to the screens what was put by."""
        if not self._inbox:
            return
        wanted = self._worth_showing()
        self._inbox = []
        self._inbox_parts = 0
        for [carrier_id], [message], at in wanted:
            self._show(message, carrier_id, at)

    def _worth_showing(self) -> list[_Delivered]:
        """Return, part by part, what was put by and would still be on a screen."""
        wanted: list[_Delivered] = []
        whole: dict[bytes, int] = {}
        for carrier_ids, messages, at in reversed(self._inbox):
            for carrier_id, message in zip(reversed(carrier_ids), reversed(messages), strict=True):
                number = message.destination
                shown = whole.get(number)
                if shown is None:
                    if len(whole) >= self._most:
                        continue
                    shown = 0
                elif shown >= self.keep:
                    continue
                whole[number] = shown + (not message.esm_class & codes.UDHI)
                wanted.append(([carrier_id], [message], at))
        wanted.reverse()
        return wanted

    def _show(self, message: Message, carrier_id: bytes, at: datetime) -> HandsetMessage | None:
        handset = self._of(message.destination.decode("ascii", "replace"))
        part, body = _part(message)
        text = decode_text(body, message.data_coding)
        if text is None:
            text = body.hex()
        if part is not None:
            text = _join(handset, (message.source, part.reference, part.total), part, text)
        if text is None:
            return None
        shown = HandsetMessage(
            id=carrier_id.decode(),
            number=handset.number,
            other=message.source.decode("latin-1"),
            text=text,
            parts=part.total if part else 1,
            at=at,
            incoming=True,
        )
        handset.shown.append(shown)
        return shown

    def _forget_one(self) -> None:
        for number, handset in self._all.items():
            if not (handset.airplane_mode or handset.memory_full):
                del self._all[number]
                return


def _part(message: Message) -> tuple[Concatenation | None, bytes]:
    body = message.payload()
    if message.esm_class & codes.UDHI:
        try:
            return split_header(body)
        except MalformedHeader:
            return None, body
    return None, body


def _join(
    handset: Handset, key: tuple[bytes, int, int], part: Concatenation, text: str
) -> str | None:
    """Return the whole text when every part is there."""
    parts = handset.unfinished.setdefault(key, {})
    parts[part.number] = text
    if len(parts) == part.total:
        del handset.unfinished[key]
        return "".join(parts[each] for each in sorted(parts))
    if len(handset.unfinished) > _UNFINISHED_MOST:
        del handset.unfinished[next(iter(handset.unfinished))]
    return None
