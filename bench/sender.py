"""A customer's program that never gives up: a key a message, sent until it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bench.customers import Customer
from bench.wire import Shape, token

WORKERS = 64
ANSWER_SECONDS = 15.0
PAUSE_SECONDS = 0.1
#: One message in a hundred goes to each of these test numbers; the rest arrive in the ordinary way.
FATES = ("0001", "0002", "0003", "0005", "0007", "0009", "0010")
SILENT = frozenset({"0003"})
"""Whoever has such a number never sends a receipt."""


@dataclass(slots=True)
class Sent:
    """What the program knows at the end."""

    accepted: dict[str, str] = field(default_factory=dict)
    """The ending of the number, by token."""
    refused: dict[str, str] = field(default_factory=dict)
    """A definite no, by token."""
    abandoned: set[str] = field(default_factory=set)
    """Never answered before the time was up: it may have been accepted."""
    retries: int = 0
    cut: int = 0
    """Answers thrown away on purpose, so that the request had to be repeated."""
    longest: float = 0.0
    """Seconds from the first attempt to the answer."""


class Sender:
    """Sends at a steady rate, whatever happens to the other side."""

    def __init__(
        self, host: str, port: int, customers: Sequence[Customer], *, rate: float, seed: int
    ) -> None:
        self.sent = Sent()
        self._host, self._port, self._rate = host, port, rate
        self._run = seed % 0xFFFF
        self._shapes = [
            Shape(one.plain(), host=f"{host}:{port}", batch=1, keyed=True) for one in customers
        ]
        self._chance = Random(seed)  # noqa: S311 - a repeatable schedule
        self._waiting: asyncio.Queue[int] = asyncio.Queue()
        self._over = False

    async def run(self, stop: asyncio.Event, *, patience: float = 60.0) -> Sent:
        """Send until `stop`; then finish what was begun, for at most so many seconds."""
        workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        begun, made = time.monotonic(), 0
        while not stop.is_set():
            await asyncio.sleep(0.01)
            wanted = int((time.monotonic() - begun) * self._rate)
            for number in range(made, wanted):
                self._waiting.put_nowait(number)
            made = wanted
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._waiting.join()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        unique = {token(self._run, number).decode() for number in range(made)}
        self.sent.abandoned = unique - self.sent.accepted.keys() - self.sent.refused.keys()
        return self.sent

    async def _work(self) -> None:
        line = _Line(self._host, self._port)
        try:
            while True:
                number = await self._waiting.get()
                await self._send(line, number)
                self._waiting.task_done()
        finally:
            line.drop()

    async def _send(self, line: _Line, number: int) -> None:
        unique = token(self._run, number)
        slot = number % 100
        ending = FATES[slot] if slot < len(FATES) else f"{1000 + number % 9000}"
        phone = f"138{number // 100 % 10_000:04d}{ending}".encode()
        request = self._shapes[number % len(self._shapes)].to(phone, unique)
        begun = time.monotonic()
        while True:
            status, body = await self._once(line, request)
            if 200 <= status < 300:
                self.sent.accepted[unique.decode()] = ending
                break
            if 400 <= status < 500 and status not in {408, 425, 429}:
                self.sent.refused[unique.decode()] = f"{status} {body[-300:]}"
                break
            self.sent.retries += 1
            await asyncio.sleep(PAUSE_SECONDS * (0.5 + self._chance.random()))
        self.sent.longest = max(self.sent.longest, time.monotonic() - begun)

    async def _once(self, line: _Line, request: bytes) -> tuple[int, str]:
        """Return the answer's status; 0 where there is none."""
        try:
            if self._chance.random() < 0.01:
                self.sent.cut += 1
                await line.write(request)
                # Long enough for the request to be accepted more often than not.
                await asyncio.sleep(0.05 * self._chance.random())
                line.drop()
                return 0, ""
            async with asyncio.timeout(ANSWER_SECONDS):
                return await line.ask(request)
        except (OSError, EOFError, TimeoutError, ValueError):
            line.drop()
            return 0, ""


class _Line:
    """A keep-alive connection, opened anew after every mishap."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def write(self, request: bytes) -> asyncio.StreamReader:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._place)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        return reader

    async def ask(self, request: bytes) -> tuple[int, str]:
        reader = await self.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
        body = await reader.readexactly(length)
        if "connection: close" in head:
            self.drop()
        return int(head[9:12]), body.decode(errors="replace")

    def drop(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
