"""What the doors for programs share: the pump as they see it, and raw ASGI reading and answering.

These doors skip the framework's request objects on their hot endpoint: at tens of thousands of
requests a second they would cost more than the work itself.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, TypeAlias

from umcloud.domains.messaging.model import SendAnswer, SendRequest

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Answer: TypeAlias = tuple[int, Headers, bytes]
"""Status, headers without Content-Length, body."""


log = logging.getLogger(__name__)


class Accepts(Protocol):
    """Whoever accepts messages for sending: the pump, or a test's stand-in."""

    async def submit(self, request: SendRequest) -> SendAnswer:
        """Return once the answer is durable; raises the refusal of the request as a whole."""
        ...

    def enqueue(self, request: SendRequest) -> asyncio.Future[SendAnswer]:
        """Return the answer to come; raises where the request is not even queued."""
        ...


class BodyTooLargeError(Exception):
    """More bytes than the door takes."""


class HungUpError(Exception):
    """The caller left before the request was complete; nobody reads an answer."""


async def read_body(receive: Receive, most: int) -> bytes:
    """Return the whole body; BodyTooLargeError beyond `most` bytes, HungUpError where cut off."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise HungUpError
    body: bytes = message.get("body", b"")
    if len(body) > most:
        raise BodyTooLargeError
    if not message.get("more_body"):
        return body
    pieces, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUpError
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise BodyTooLargeError
        pieces.append(piece)
    return b"".join(pieces)


async def answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send one whole answer; adds Content-Length."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


def caller_ip(scope: Scope) -> str | None:
    """Return the address that the connection came from."""
    client = scope.get("client")
    return client[0] if client else None


def log_fault(door: str, error: Exception) -> None:
    """Log the kind of an error and the places it came through, and none of the values.

    Errors of the database quote what a statement was given; people's numbers reach no log.
    """
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s in %s\n%s", type(error).__name__, door, places)
