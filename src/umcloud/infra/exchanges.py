"""One HTTP/1.1 connection that asks and reads short answers; it may be used again.

Only what calls to customers' machines need, and bounded in every direction: nothing is followed,
unpacked or kept beyond what the caller wants to see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_OVERHEAD: Final = 65_536
"""Octets of an answer beside its body: status, headers and what may come in one piece with them."""
_MEASURED: Final = (b"content-length", b"transfer-encoding")
_FINAL_STATUS: Final = 200


class NoAnswerError(Exception):
    """There is no answer. The text says why in a few words, without any address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    body: bytes
    """Longer than was asked for where there is more; nothing where nothing was asked for."""


class Connection(asyncio.Protocol):
    """A connection for one exchange at a time."""

    transport: asyncio.Transport

    def __init__(
        self,
        *,
        rest: Callable[[Connection], None],
        gone: Callable[[Connection], None],
        kept: float,
    ) -> None:
        """Take whom to tell when it can be used again and when it is lost.

        Left alone for `kept` seconds after an answer it hangs up.
        """
        self.heard = False
        """Whether anything came back since the last request."""
        self._rest = rest
        self._gone = gone
        self._kept = kept
        self._end: asyncio.TimerHandle | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._idle = True

    async def exchange(self, request: bytes, *, longest: int) -> Answer:
        """Send the request and return its answer, of its body little more than `longest` octets.

        With `longest` 0 the answer is there as soon as the status is; a body that follows is
        passed over. Raises NoAnswerError. Whoever cancels it closes the connection.
        """
        self._begin(longest)
        self.transport.write(request)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answer = answer
        try:
            return await answer
        except BaseException:
            self.transport.abort()
            raise

    def close(self) -> None:
        """Hang up."""
        self.transport.close()

    def _begin(self, longest: int) -> None:
        if self._end is not None:
            self._end.cancel()
        self.heard = self._idle = self._lasting = self._whole = self._measured = False
        self._longest = longest
        self._received = self._status = 0
        self._body = b""
        self._parser = HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport (said by the event loop)."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on (said by the event loop)."""
        if self._idle:  # nobody asked
            self.transport.abort()
            return
        self.heard = True
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if not self._whole:
                self._fail("the answer is not HTTP")
                return
            self._lasting = False
        if self._whole:
            self._give()
            self._idle = True
            if self._lasting:
                self._rest(self)
            else:
                self.close()
        elif self._longest and len(self._body) > self._longest:
            self._give()
            self.transport.abort()
        elif self._received > _OVERHEAD + self._longest:
            self._fail("the answer is too long")

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is under way (said by the event loop)."""
        if not self._idle:
            if exc is None and self._status >= _FINAL_STATUS and not self._measured:
                self._give()  # a body without a measure ends with the connection
            self._fail("the connection was lost")
        if self._end is not None:
            self._end.cancel()
        self._gone(self)

    def on_message_begin(self) -> None:
        """Note an answer that nobody asked for (said by the parser)."""
        if self._whole:
            raise ValueError("a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note whether the body has a measure (said by the parser)."""
        del value
        self._measured = self._measured or name.lower() in _MEASURED

    def on_headers_complete(self) -> None:
        """Take the status, which may be all that was asked for (said by the parser)."""
        self._status = self._parser.get_status_code()
        if self._status >= _FINAL_STATUS and not self._longest:
            self._give()

    def on_body(self, body: bytes) -> None:
        """Keep what was asked for (said by the parser)."""
        if self._longest and len(self._body) <= self._longest:
            self._body += body

    def on_message_complete(self) -> None:
        """Note the end of an answer, not of a word in between (said by the parser)."""
        if self._status >= _FINAL_STATUS:
            self._whole = True
            self._lasting = bool(self._parser.should_keep_alive())

    def _give(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._status, self._body))
            self._end = asyncio.get_running_loop().call_later(self._kept, self.transport.abort)

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswerError(why))
        self.transport.abort()
