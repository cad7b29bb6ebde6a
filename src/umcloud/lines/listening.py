"""What the database calls out to the runner: read as it comes, without a task or a query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psycopg
from psycopg.pq.abc import PGconn

_ACCEPTED, _CHANGED = "accepted", "lines_changed"
CHANNELS = (_ACCEPTED, _CHANGED)
_ACCEPTED_OCTETS = _ACCEPTED.encode()


class Ear:
    """Listens on a connection that does nothing else; busy pumps call hundreds of times a second.

    `accepted` is called at once, at most once for what one read brought; a change of the lines is
    remembered in `heard_of_change`.
    """

    def __init__(self, connection: PGconn, accepted: Callable[[], None]) -> None:
        """Take a connection that has sent LISTEN for both."""
        self.heard_of_change = False
        self._connection = connection
        self._accepted = accepted
        self._loop = asyncio.get_running_loop()
        self._waker = asyncio.Event()
        self._error: psycopg.Error | None = None

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._socket = self._connection.socket
        self._loop.add_reader(self._socket, self._read)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End it."""
        self._loop.remove_reader(self._socket)

    async def changed(self, seconds: float) -> None:
        """Return when a line may have changed, or after so long; raise where the database is lost.

        psycopg.OperationalError, as from a query.
        """
        if not self.heard_of_change:
            self._waker.clear()
            timer = self._loop.call_later(seconds, self._waker.set)
            try:
                if self._error is None:
                    await self._waker.wait()
            finally:
                timer.cancel()
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        connection, accepted = self._connection, False
        try:
            connection.consume_input()
            while notice := connection.notifies():
                if notice.relname == _ACCEPTED_OCTETS:
                    accepted = True
                else:
                    self.heard_of_change = True
        except psycopg.Error as error:
            self._loop.remove_reader(self._socket)
            self._error = error
        if accepted:
            self._accepted()
        if self.heard_of_change or self._error is not None:
            self._waker.set()
