"""What both ends of a session share: framing, windows, acknowledgement, timers. Sans I/O.

Octets go in by `receive`, events come out; what is to be sent is taken from `data_to_send`. Time
is passed in as seconds of a monotonic clock. Nothing that a peer sends makes `receive` raise.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import HEADER, HEADER_SIZE, LONGEST, read_answer, read_message
from umcloud.wire.smpp.errors import LocalProtocolError, RemoteProtocolError
from umcloud.wire.smpp.events import (
    Answered,
    AnsweredLate,
    Closed,
    Event,
    Receipt,
    Refused,
    UnknownOutcome,
)
from umcloud.wire.smpp.pdus import Message

_new = tuple.__new__
_LATE_MOST = 10_000
_SEQUENCE_MOST = 0x7FFFFFFF
_ID_MOST = 65
#: A header, and an empty message id.
_EMPTY_ANSWER = struct.Struct(">IIIIB")


class State(Enum):
    """Where a session stands (2.2), with the two waits that the standard leaves unnamed."""

    OPEN = "open"
    BINDING = "binding"
    BOUND = "bound"
    UNBINDING = "unbinding"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a session; seconds are of the monotonic clock that the owner passes in."""

    window: int = 100
    """Messages of ours that may wait for their answers."""
    inbound_window: int = 10_000
    """Messages of the peer that may wait for ours; more are answered RX_T_APPN or RMSGQFUL."""
    response_timeout: float = 30.0
    enquire_after: float = 30.0
    """After so long a silence enquire_link is sent."""
    bind_timeout: float = 10.0
    inactivity: float = 0.0
    """The session ends after so long without any PDU of the peer; 0: never."""


Handler = Callable[[int, int, bytes, list[Event]], None]


class Session:
    """One end. `send` numbers and frames a message; `answer` answers one of the peer's."""

    sends: int
    """The command that this role sends messages with."""
    takes: int
    """The command in which the peer's messages come."""
    full: int
    """What a peer hears when our inbound window is full: try again later."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.state = State.OPEN
        self._sending = self._taking = False
        self._rest = b""
        self._out: list[bytes] = []
        self._sequence = 0
        self._heard = self._began = now
        self._enquired: float | None = None
        self._controls: dict[int, int] = {}
        self._outstanding: dict[int, tuple[Any, float]] = {}
        self._late: dict[int, Any] = {}
        self._unanswered: set[int] = set()
        self._read: Callable[[int, int, bytes], Message | Receipt] = read_message
        self._handlers: dict[int, Handler] = {
            self.takes: self._on_message,
            self.sends | codes.RESPONSE: self._on_answer,
        }

    # -- what the owner asks ---------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many more messages may be sent now; 0 unless bound for sending."""
        if self.state is not State.BOUND or not self._sending:
            return 0
        return self.limits.window - len(self._outstanding)

    @property
    def outstanding(self) -> int:
        """How many messages of ours wait for their answers."""
        return len(self._outstanding)

    def send(self, ref: object, body: bytes, now: float) -> None:
        """Send a message whose body is encoded already; its outcome will name `ref`.

        LocalProtocolError when the window is full or the session is not bound for sending.
        """
        outstanding = self._outstanding
        if (
            len(outstanding) >= self.limits.window
            or self.state is not State.BOUND
            or not self._sending
        ):
            raise LocalProtocolError("no room in the window", codes.MESSAGE_QUEUE_FULL)
        sequence = self._sequence = self._sequence + 1 if self._sequence < _SEQUENCE_MOST else 1
        outstanding[sequence] = (ref, now)
        self._out.append(HEADER.pack(HEADER_SIZE + len(body), self.sends, 0, sequence) + body)

    def send_all(self, refs: Sequence[object], bodies: Sequence[bytes], now: float) -> None:
        """Send several messages as `send` does; where there is no room for all, none is sent."""
        outstanding = self._outstanding
        if len(bodies) > self.room:
            raise LocalProtocolError("no room in the window", codes.MESSAGE_QUEUE_FULL)
        sequence, command = self._sequence, self.sends
        out, pack = self._out, HEADER.pack
        for ref, body in zip(refs, bodies, strict=True):
            sequence = sequence + 1 if sequence < _SEQUENCE_MOST else 1
            outstanding[sequence] = (ref, now)
            out.append(pack(HEADER_SIZE + len(body), command, 0, sequence))
            out.append(body)
        self._sequence = sequence

    def answer(self, sequence: int, message_id: bytes = b"", status: int = codes.OK) -> None:
        """Answer a message of the peer: only now does the peer forget it.

        Call it after the message is durable. A second answer, or one after the end, is not sent.
        """
        if sequence not in self._unanswered:
            return
        self._unanswered.discard(sequence)
        if self.state is State.CLOSED:
            return
        command = self.takes | codes.RESPONSE
        if status and not message_id:
            self._out.append(HEADER.pack(HEADER_SIZE, command, status, sequence))
        else:
            size = HEADER_SIZE + len(message_id) + 1
            self._out.append(b"%b%b\0" % (HEADER.pack(size, command, status, sequence), message_id))

    def answer_all(self, sequences: Iterable[int]) -> None:
        """Answer several messages of the peer as `answer` does, with nothing to say but yes."""
        unanswered = self._unanswered
        out, command = self._out, self.takes | codes.RESPONSE
        pack, size = _EMPTY_ANSWER.pack, _EMPTY_ANSWER.size
        for sequence in sequences:
            if sequence in unanswered:  # none is, once the session is closed
                unanswered.remove(sequence)
                out.append(pack(size, command, codes.OK, sequence, 0))

    def unbind(self, now: float) -> None:
        """Say goodbye; `Closed` follows with the peer's answer or when it fails to come."""
        if self.state in {State.CLOSED, State.UNBINDING}:
            return
        self.state = State.UNBINDING
        self._began = now
        self._control(codes.UNBIND)

    @property
    def has_data(self) -> bool:
        """Whether octets wait to be sent."""
        return bool(self._out)

    def data_to_send(self) -> bytes:
        """Return all octets that wait to be sent, in one piece, and forget them."""
        if not self._out:
            return b""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def close(self, reason: str) -> list[Event]:
        """End at once, as when the socket is gone; every unanswered message becomes unknown."""
        events: list[Event] = []
        self._end(reason, events)
        return events

    def tick(self, now: float) -> list[Event]:
        """Look at the timers; call it a few times a second."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        limits = self.limits
        self._expire(now - limits.response_timeout, events)
        silence = now - self._heard
        if self.state in {State.OPEN, State.BINDING}:
            if now - self._began > limits.bind_timeout:
                self._end("no bind in time", events)
        elif self.state is State.UNBINDING:
            if now - self._began > limits.response_timeout:
                self._end("no answer to unbind", events)
        elif limits.inactivity and silence > limits.inactivity:
            self._end("inactive", events)
        elif self._enquired is not None:
            if now - self._enquired > limits.response_timeout:
                self._end("no answer to enquire_link", events)
        elif silence > limits.enquire_after:
            self._enquired = now
            self._control(codes.ENQUIRE_LINK)
        return events

    # -- what the peer sends ---------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Return what the octets mean; incomplete PDUs wait for the rest. Never raises."""
        events: list[Event] = []
        self._heard = now
        self._enquired = None
        buffer = self._rest + data if self._rest else data
        size = len(buffer)
        at = 0
        handlers = self._handlers
        unpack = HEADER.unpack_from
        closed = State.CLOSED
        while size - at >= HEADER_SIZE and self.state is not closed:
            length, command, status, sequence = unpack(buffer, at)
            if not HEADER_SIZE <= length <= LONGEST:
                self._nack(codes.INVALID_COMMAND_LENGTH, sequence)
                self._end("a senseless length", events)
                break
            end = at + length
            if end > size:
                break
            handler = handlers.get(command)
            try:
                body = buffer[at + HEADER_SIZE : end]
                if handler is not None:
                    handler(status, sequence, body, events)
                else:
                    self._on_control(command, status, sequence, body, events)
            except RemoteProtocolError as error:
                self._refuse(command, sequence, error.status, events)
            at = end
        self._rest = b"" if self.state is closed else buffer[at:]
        return events

    def _on_message(self, _status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        message = self._read(self.takes, sequence, body)
        unanswered = self._unanswered
        if self.state is not State.BOUND or not self._taking:
            self._refuse(self.takes, sequence, codes.INVALID_BIND_STATE, events)
        elif len(unanswered) >= self.limits.inbound_window or sequence in unanswered:
            self._refuse(self.takes, sequence, self.full, events)
        else:
            unanswered.add(sequence)
            events.append(message)

    def _on_answer(self, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if len(body) <= _ID_MOST and body.find(0) == len(body) - 1 >= 0:
            message_id = body[:-1]  # nothing but an id, as nearly always
        else:
            message_id, _ = read_answer(self.sends | codes.RESPONSE, status, body)
        entry = self._outstanding.pop(sequence, None)
        if entry is not None:
            events.append(_new(Answered, (entry[0], status, message_id)))
        elif sequence in self._late:
            events.append(AnsweredLate(self._late.pop(sequence), status, message_id))

    def _on_control(
        self, command: int, status: int, sequence: int, body: bytes, events: list[Event]
    ) -> None:
        """Everything but messages and their answers; roles take their binds out before."""
        if body and command in {codes.ENQUIRE_LINK, codes.UNBIND}:
            raise RemoteProtocolError("octets behind a header", codes.INVALID_COMMAND_LENGTH)
        if command == codes.ENQUIRE_LINK:
            self._out.append(HEADER.pack(HEADER_SIZE, codes.ENQUIRE_LINK_RESP, 0, sequence))
        elif command == codes.ENQUIRE_LINK_RESP:
            self._controls.pop(sequence, None)
        elif command == codes.UNBIND:
            self._out.append(HEADER.pack(HEADER_SIZE, codes.UNBIND_RESP, 0, sequence))
            self._end("the peer unbound", events)
        elif command == codes.UNBIND_RESP:
            if self._controls.pop(sequence, None) == codes.UNBIND:
                self._end("unbound", events)
        elif command == codes.GENERIC_NACK:
            self._on_nack(status, sequence, events)
        elif not command & codes.RESPONSE and command != codes.ALERT_NOTIFICATION:
            # A request that we do not know is refused; an answer is never answered.
            self._nack(codes.INVALID_COMMAND, sequence)
            events.append(Refused(command, codes.INVALID_COMMAND))

    def _on_nack(self, status: int, sequence: int, events: list[Event]) -> None:
        entry = self._outstanding.pop(sequence, None)
        if entry is not None:
            events.append(Answered(entry[0], status or codes.UNKNOWN_ERROR, b""))
        elif self._controls.pop(sequence, None) in codes.BINDS or sequence == 0:
            # Sequence 0: the peer could not even read a header of ours (4.3.1).
            self._end("generic_nack", events)

    # -- inside ----------------------------------------------------------------------------

    def _enter(self, *, sending: bool, taking: bool) -> None:
        self.state = State.BOUND
        self._sending = sending
        self._taking = taking

    def _refuse(self, command: int, sequence: int, status: int, events: list[Event]) -> None:
        if command & codes.RESPONSE:
            # A broken answer may belong to any of our messages: nothing it says can be trusted.
            self._end("an unreadable answer", events)
            return
        if command in codes.BINDS or command in {codes.SUBMIT_SM, codes.DELIVER_SM}:
            self._out.append(HEADER.pack(HEADER_SIZE, command | codes.RESPONSE, status, sequence))
        else:
            self._nack(status, sequence)
        events.append(Refused(command, status))

    def _nack(self, status: int, sequence: int) -> None:
        self._out.append(HEADER.pack(HEADER_SIZE, codes.GENERIC_NACK, status, sequence))

    def _next(self) -> int:
        self._sequence = self._sequence + 1 if self._sequence < _SEQUENCE_MOST else 1
        return self._sequence

    def _control(self, command: int, body: bytes = b"") -> None:
        sequence = self._next()
        self._controls[sequence] = command
        self._out.append(HEADER.pack(HEADER_SIZE + len(body), command, 0, sequence) + body)

    def _expire(self, before: float, events: list[Event]) -> None:
        """Give up messages sent before that moment; the oldest stand first."""
        while self._outstanding:
            sequence = next(iter(self._outstanding))
            ref, sent = self._outstanding[sequence]
            if sent > before:
                return
            del self._outstanding[sequence]
            if len(self._late) >= _LATE_MOST:
                del self._late[next(iter(self._late))]
            self._late[sequence] = ref
            events.append(UnknownOutcome(ref))

    def _end(self, reason: str, events: list[Event]) -> None:
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        events.extend(UnknownOutcome(ref) for ref, _ in self._outstanding.values())
        self._outstanding.clear()
        self._unanswered.clear()
        self._late.clear()
        events.append(Closed(reason))
