"""The last mails of the sandbox, in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

_WAITING = 100


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as the sandbox's person reads it. `number` counts from 1 since the start."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    at: datetime


class Mailbox:
    """Keeps the newest mails and tells whoever listens."""

    def __init__(self, *, most: int = 500) -> None:
        self._mails: deque[ReceivedMail] = deque(maxlen=most)
        self._listeners: set[asyncio.Queue[ReceivedMail]] = set()
        self._count = 0

    def next_number(self) -> int:
        """Return the number of the mail that comes in now."""
        self._count += 1
        return self._count

    def put(self, mail: ReceivedMail) -> None:
        """Keep a mail; the oldest makes room. A listener who sleeps misses the oldest too."""
        self._mails.append(mail)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(mail)

    def messages(self, to: str | None = None) -> list[ReceivedMail]:
        """Return the kept mails, newest first; with `to`, those of that address."""
        wanted = to.lower() if to else None
        return [
            mail
            for mail in reversed(self._mails)
            if wanted is None or wanted in (address.lower() for address in mail.recipients)
        ]

    def message(self, number: int) -> ReceivedMail | None:
        """Return one kept mail, or None where it was never there or made room."""
        return next((mail for mail in self._mails if mail.number == number), None)

    @contextmanager
    def subscribe(self) -> Iterator[AsyncIterator[ReceivedMail]]:
        """Listen from now on: `with mailbox.subscribe() as mails: async for mail in mails: …`."""
        queue: asyncio.Queue[ReceivedMail] = asyncio.Queue(_WAITING)
        self._listeners.add(queue)
        try:
            yield _arriving(queue)
        finally:
            self._listeners.discard(queue)


async def _arriving(queue: asyncio.Queue[ReceivedMail]) -> AsyncIterator[ReceivedMail]:
    while True:
        yield await queue.get()
