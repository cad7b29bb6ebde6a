"""One client's connection to the carrier: the server session on a socket."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, Protocol, cast

from umcloud.sandbox.carrier.knobs import Knobs
from umcloud.wire.smpp.events import Answered, BindRequested, Closed, Event, UnknownOutcome
from umcloud.wire.smpp.pdus import Bind as BindRequest
from umcloud.wire.smpp.pdus import Message
from umcloud.wire.smpp.server import ServerSession
from umcloud.wire.smpp.session import Limits, State

_TICK_SECONDS = 1.0
_FLUSH_SECONDS = 2.0
_SENSELESS = b"\xff" * 32


class Due(NamedTuple):
    """A deliver_sm that a client is owed until it acknowledges it; no `state`: an MO."""

    carrier_id: bytes
    body: bytes
    state: bytes
    tries: int = 0


class Client:
    """A customer of the carrier: all its binds, and what it is owed."""

    def __init__(self, system_id: str) -> None:
        self.system_id = system_id
        self.binds: deque[Bind] = deque()
        self.owed: deque[Due] = deque()

    def pump(self, now: float) -> None:
        """Deliver what is owed, as far as the binds' windows allow, over all binds in turn."""
        owed = self.owed
        for _ in range(len(self.binds)):
            if not owed:
                return
            bind = self.binds[0]
            self.binds.rotate(-1)
            session = bind.session
            room = min(session.room, len(owed))
            if room:
                dues = [owed.popleft() for _ in range(room)]
                session.send_all(dues, [due.body for due in dues], now)
                bind.flush_soon()


class Exchange(Protocol):
    """What a bind needs of the carrier."""

    knobs: Knobs

    def met(self, bind: Bind) -> None:
        """Take note of a new connection."""

    def admit(self, bind: Bind, request: BindRequest) -> None:
        """Answer the bind request."""

    def take(self, bind: Bind, batch: list[Message]) -> None:
        """Take what the client submitted."""

    def acknowledged(self, client: Client, batch: list[Answered]) -> None:
        """Take the answers to deliver_sm."""

    def write_down(self) -> None:
        """Put what happened into the ledger: before a client is told, and once a second."""

    def left(self, bind: Bind, undelivered: list[Due]) -> None:
        """Take back what this bind was not able to deliver."""


class Bind(asyncio.Protocol):
    """A connection; `client` is set while it is bound."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False
        self.session = ServerSession(limits, self._loop.time())
        self.client: Client | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the bind request, but not for ever."""
        self._transport = cast("asyncio.Transport", transport)
        self._exchange.met(self)
        self._tick()

    def data_received(self, data: bytes) -> None:
        """Hand on everything that one read brought as one batch."""
        self._handle(self.session.receive(data, self._loop.time()))

    def connection_lost(self, error: Exception | None) -> None:
        """Give back what was not acknowledged."""
        if self._timer is not None:
            self._timer.cancel()
        self._handle(self.session.close(type(error).__name__ if error else "hung up"))
        self._exchange.left(self, [])
        self._exchange.write_down()

    def hang(self, *, on: bool) -> None:
        """Stop reading and writing, or go on where we stopped."""
        if self._transport is None or self._transport.is_closing():
            return
        if on:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
            self.flush_soon()

    def send_senseless(self) -> None:
        """Answer with octets that are no SMPP."""
        self._flush()
        if self._transport is not None:
            self._transport.write(_SENSELESS)

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def is_over(self) -> bool:
        """Return whether nothing more will come or go."""
        return self.session.state is State.CLOSED

    def flush_soon(self) -> None:
        """Send at the end of this turn of the loop."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        transport = self._transport
        if transport is None or transport.is_closing() or self._exchange.knobs.hang:
            return
        data = self.session.data_to_send()
        if data:
            self._exchange.write_down()
            transport.write(data)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_SECONDS, self._tick)
        self._exchange.write_down()
        if not self._exchange.knobs.hang:
            self._handle(self.session.tick(self._loop.time()))

    def _handle(self, happened: list[Event]) -> None:
        batch = [event for event in happened if type(event) is Message]
        answers = [event for event in happened if type(event) is Answered]
        undelivered: list[Due] = []
        if len(batch) + len(answers) < len(happened):
            for event in happened:
                if type(event) is UnknownOutcome:
                    undelivered.append(event.ref)
                elif type(event) is BindRequested:
                    self._exchange.admit(self, event.bind)
        self._hand_in(batch, answers)
        closed = bool(happened) and type(happened[-1]) is Closed
        if undelivered or closed:
            self._exchange.left(self, undelivered)
        if self.session.has_data:
            self.flush_soon()
        if closed:
            self.hang_up()

    def _hand_in(self, batch: list[Message], answers: list[Answered]) -> None:
        if batch:
            self._exchange.take(self, batch)
        if answers and self.client is not None:
            self._exchange.acknowledged(self.client, answers)

    def hang_up(self) -> None:
        """Send what is left, then close the socket."""
        self._flush()
        if self._transport is not None:
            self._transport.close()
            self._loop.call_later(_FLUSH_SECONDS, self._transport.abort)
