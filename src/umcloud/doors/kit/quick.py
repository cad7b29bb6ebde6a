"""uvicorn's HTTP protocol with a short way for one endpoint: no scope, no task, one write.

At thousands of requests a second, what ASGI makes for each costs more than reading and answering
it. A plain `POST` to the one path, its body complete in one piece of known length, is handed to
the door as soon as it is read. Everything else – another path, a chunked body, pipelining, a
proxy's headers – goes uvicorn's own way to the application, which answers the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Protocol, TypeAlias, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from umcloud.doors.kit.programs import Headers

Reply: TypeAlias = Callable[[int, Headers, bytes], None]

MOST_BYTES = 65_536
"""A longer body goes the other way, which knows how to slow a sender down."""
_LENGTH = b"content-length"
_OTHER_WAY = frozenset(
    {b"transfer-encoding", b"expect", b"upgrade", b"x-forwarded-for", b"x-forwarded-proto"}
)
_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}


class QuickDoor(Protocol):
    """Who answers the requests of the short way."""

    def take(self, headers: Headers, body: bytes, ip: str | None, reply: Reply) -> None:
        """Call `reply(status, headers, body)` once, now or later; raise nothing."""
        ...


class _Exchange:
    """One request of the short way, as uvicorn looks at the request that is under way."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    #: uvicorn sets it when the caller hangs up; nobody waits for it here.
    message_event: ClassVar[asyncio.Event] = asyncio.Event()

    def __init__(self, *, keep_alive: bool) -> None:
        self.disconnected = False
        self.keep_alive = keep_alive
        self.response_complete = False


class QuickProtocol(HttpToolsProtocol):
    """One connection. Made for a door and a path by `quick_protocol`."""

    door: ClassVar[QuickDoor]
    path: ClassVar[bytes]
    _reading: _Exchange | None = None
    _body: list[bytes]
    _resting_since: float | None = None
    """On the loop's clock; None while a request is read or answered."""

    def on_message_begin(self) -> None:
        """Begin a request; what ASGI wants to know of it is gathered once it goes that way."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way."""
        if self.url == self.path and self._is_plain():
            exchange = _Exchange(keep_alive=self.parser.should_keep_alive())
            self._reading = exchange
            self._body = []
            # A request that comes before the answer finds this one under way, and queues up.
            self.cycle = cast("Any", exchange)
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        super().on_headers_complete()

    def _is_plain(self) -> bool:
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        if self.flow.write_paused:
            return False  # who does not read answers waits there, and fills no memory here
        if self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1":
            return False
        length = b""
        for name, value in self.headers:
            if name in _OTHER_WAY:
                return False
            if name == _LENGTH:
                length = value
        return len(length) < 6 and length.isdigit() and int(length) <= MOST_BYTES

    def on_body(self, body: bytes) -> None:
        """Gather the body."""
        if self._reading is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        exchange, self._reading = self._reading, None
        if exchange is None:
            super().on_message_complete()
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        ip = self.client[0] if self.client else None
        self.door.take(self.headers, body, ip, partial(self._reply, exchange))

    def _reply(self, exchange: _Exchange, status: int, headers: Headers, body: bytes) -> None:
        exchange.response_complete = True
        transport = self.transport
        if exchange.disconnected or transport.is_closing():
            return
        pieces = [_STATUS_LINES[status]]
        for name, value in self.server_state.default_headers:
            pieces += (name, b": ", value, b"\r\n")
        for name, value in headers:
            pieces += (name, b": ", value, b"\r\n")
        pieces.append(b"content-length: %d\r\n" % len(body))
        if not exchange.keep_alive:
            pieces.append(b"connection: close\r\n")
        pieces += (b"\r\n", body)
        transport.write(b"".join(pieces))
        if not exchange.keep_alive:
            transport.close()
        self.on_response_complete()

    # uvicorn sets a timer after each answer and cancels it at the next octet. At thousands of
    # requests a second one that looks at the clock when its time comes costs less.

    def _unset_keepalive_if_required(self) -> None:
        self._resting_since = None

    def on_response_complete(self) -> None:
        """Take up the next request that waits, or rest."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._resting_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._rest(self.timeout_keep_alive)

    def _rest(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        """Hang up after a rest as long as is allowed; look again where it was not."""
        self.timeout_keep_alive_task = None
        if self._resting_since is None:
            return  # the answer that ends what is under way sets the next timer
        left = self._resting_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._rest(left)
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection and its timer."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None


def quick_protocol(door: QuickDoor, path: bytes) -> type[QuickProtocol]:
    """Return the protocol whose `POST` requests to this path the door takes itself."""
    return type("QuickProtocol", (QuickProtocol,), {"door": door, "path": path})
