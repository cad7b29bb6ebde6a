"""Live news for whoever watches (the phones page): bounded, and never in the carrier's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from umcloud.sandbox.carrier.handsets import HandsetMessage
from umcloud.sandbox.carrier.knobs import Knobs


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A handset shows a new message, received or sent."""

    message: HandsetMessage


@dataclass(frozen=True, slots=True)
class HandsetSwitched:
    """A handset's switch was turned."""

    number: str
    airplane_mode: bool
    memory_full: bool


@dataclass(frozen=True, slots=True)
class KnobsTurned:
    """The carrier behaves differently from now on."""

    knobs: Knobs


@dataclass(frozen=True, slots=True)
class BindsChanged:
    """A client bound or left; `binds` is how many it has now."""

    system_id: str
    binds: int


News = MessageShown | HandsetSwitched | KnobsTurned | BindsChanged


class Newsroom:
    """Tells every subscriber; one that does not keep up loses the oldest news."""

    def __init__(self) -> None:
        self._subscribers: set[Subscription] = set()

    @property
    def is_watched(self) -> bool:
        """Tell whether anybody would hear."""
        return bool(self._subscribers)

    def tell(self, news: News) -> None:
        """Put the news into every queue; never waits."""
        for each in self._subscribers:
            each.offer(news)

    def subscribe(self, bound: int = 1000) -> Subscription:
        """Return a new subscription; close it, or use it with `with`."""
        subscription = Subscription(self, bound)
        self._subscribers.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Stop telling this one."""
        self._subscribers.discard(subscription)


class Subscription:
    """An asynchronous iterator over news; `missed` counts what was dropped."""

    def __init__(self, room: Newsroom, bound: int) -> None:
        self._room = room
        self._queue: asyncio.Queue[News] = asyncio.Queue(bound)
        self.missed = 0

    def offer(self, news: News) -> None:
        """Queue the news, dropping the oldest where there is no room."""
        if self._queue.full():
            self._queue.get_nowait()
            self.missed += 1
        self._queue.put_nowait(news)

    async def next(self) -> News:
        """Wait for the next news."""
        return await self._queue.get()

    def close(self) -> None:
        """Leave."""
        self._room.leave(self)

    async def __aiter__(self) -> AsyncIterator[News]:
        while True:
            yield await self._queue.get()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
