"""The short way of one endpoint beside uvicorn's own: who goes where, and in what order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn

from umcloud.doors.kit import programs
from umcloud.doors.kit.quick import MOST_BYTES, Reply, quick_protocol

PATH = b"/v1/messages"
PLAIN = b"POST /v1/messages HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\n{}"
SECONDS = 5.0


@dataclass
class Desk:
    """The door of the short way; answers at once unless it is told to wait."""

    waits: bool = False
    says: bytes = b"taken"
    taken: list[tuple[bytes, str | None]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def take(self, headers: programs.Headers, body: bytes, ip: str | None, reply: Reply) -> None:
        assert (b"host", b"door") in headers
        self.taken.append((body, ip))
        self.replies.append(reply)
        if not self.waits:
            self.answer()

    def answer(self) -> None:
        self.replies.pop(0)(202, [(b"x-way", b"short")], self.says)


async def application(
    _scope: programs.Scope, receive: programs.Receive, send: programs.Send
) -> None:
    """Answer what went the other way with the size of its body."""
    body = await programs.read_body(receive, 10 * MOST_BYTES)
    await programs.answer(send, 200, [(b"x-way", b"long")], b"%d" % len(body))


async def until(condition: Callable[[], bool]) -> None:
    """Return once it holds."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)


@dataclass
class Place:
    """A served door and a way to talk to it."""

    port: int
    server: uvicorn.Server

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def served(desk: Desk, keep_alive: float = 5) -> AsyncIterator[Place]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, http=quick_protocol(desk, PATH), lifespan="off", ws="none", log_config=None
    )
    config.timeout_keep_alive = keep_alive  # type: ignore[assignment]  # a fraction will do
    server = uvicorn.Server(config)
    # Signals belong to the test's own process.
    task = asyncio.create_task(server._serve([listener]))
    await until(lambda: server.started)
    try:
        yield Place(listener.getsockname()[1], server)
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, SECONDS)
        listener.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the next answer."""
    async with asyncio.timeout(SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers, body


async def test_a_plain_request_goes_the_short_way_again_and_again() -> None:
    desk = Desk()
    async with served(desk) as place:
        reader, writer = await place.open()
        for _ in range(3):
            writer.write(PLAIN)
            status, headers, body = await answer(reader)
            assert (status, headers["x-way"], body) == (202, "short", b"taken")
            assert "date" in headers
        writer.close()
    assert desk.taken == [(b"{}", "127.0.0.1")] * 3


async def test_a_body_may_come_in_pieces() -> None:
    desk = Desk()
    async with served(desk) as place:
        reader, writer = await place.open()
        for octet in PLAIN:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
        assert (await answer(reader))[0] == 202
        writer.close()
    assert desk.taken == [(b"{}", "127.0.0.1")]


OTHERS = {
    "another path": b"POST /v1/other HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\n{}",
    "a query": b"POST /v1/messages?a=1 HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\n{}",
    "another method": b"PUT /v1/messages HTTP/1.1\r\nHost: door\r\nContent-Length: 2\r\n\r\n{}",
    "an old version": b"POST /v1/messages HTTP/1.0\r\nHost: door\r\nContent-Length: 2\r\n\r\n{}",
    "chunks": b"POST /v1/messages HTTP/1.1\r\nHost: door\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "a proxy": b"POST /v1/messages HTTP/1.1\r\nHost: door\r\nX-Forwarded-For: 203.0.113.7\r\n"
    b"Content-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("request_bytes", OTHERS.values(), ids=OTHERS)
async def test_everything_else_goes_the_other_way(request_bytes: bytes) -> None:
    desk = Desk()
    async with served(desk) as place:
        reader, writer = await place.open()
        writer.write(request_bytes)
        status, headers, body = await answer(reader)
        assert (status, headers["x-way"], body) == (200, "long", b"2")
        writer.close()
    assert not desk.taken


async def test_a_long_body_goes_the_other_way() -> None:
    desk = Desk()
    async with served(desk) as place:
        reader, writer = await place.open()
        length = MOST_BYTES + 1
        writer.write(PLAIN.replace(b"Length: 2", b"Length: %d" % length)[:-2] + b"x" * length)
        assert (await answer(reader))[2] == b"%d" % length
        writer.close()
    assert not desk.taken


async def test_pipelined_requests_are_answered_in_order() -> None:
    desk = Desk(waits=True)
    async with served(desk) as place:
        reader, writer = await place.open()
        writer.write(PLAIN + PLAIN + OTHERS["another path"] + PLAIN)
        await until(lambda: bool(desk.replies))
        await asyncio.sleep(0.02)
        # Nobody overtakes the one that is under way.
        assert len(desk.taken) == 1
        desk.answer()
        ways = [(await answer(reader))[1]["x-way"] for _ in range(4)]
        assert ways == ["short", "long", "long", "long"]
        writer.write(PLAIN)
        await until(lambda: bool(desk.replies))
        desk.answer()
        assert (await answer(reader))[1]["x-way"] == "short"
        writer.close()


async def test_who_does_not_read_waits_on_the_other_way() -> None:
    desk = Desk(says=b"x" * 32_000_000)
    async with served(desk) as place:
        reader, writer = await place.open()
        for _ in range(2):
            writer.write(PLAIN)
            await writer.drain()
        await until(lambda: len(desk.taken) == 1)
        # The first answer does not fit between the two; nothing more is written behind it.
        ways = [(await answer(reader))[1]["x-way"] for _ in range(2)]
        assert ways == ["short", "long"]
        writer.write(PLAIN)
        assert (await answer(reader))[1]["x-way"] == "short"
        writer.close()


async def test_who_wants_to_close_is_closed_after_the_answer() -> None:
    async with served(Desk()) as place:
        reader, writer = await place.open()
        writer.write(PLAIN.replace(b"Host", b"Connection: close\r\nHost"))
        status, headers, _ = await answer(reader)
        assert (status, headers["connection"]) == (202, "close")
        assert await asyncio.wait_for(reader.read(), SECONDS) == b""
        writer.close()


async def test_nobody_is_answered_who_hung_up() -> None:
    desk = Desk(waits=True)
    async with served(desk) as place:
        _, writer = await place.open()
        writer.write(PLAIN)
        await until(lambda: bool(desk.replies))
        writer.transport.abort()
        await until(lambda: not place.server.server_state.connections)
        desk.answer()


async def test_what_is_under_way_is_answered_before_the_end() -> None:
    desk = Desk(waits=True)
    async with served(desk) as place:
        reader, writer = await place.open()
        writer.write(PLAIN)
        await until(lambda: bool(desk.replies))
        place.server.should_exit = True
        await asyncio.sleep(0.2)
        desk.answer()
        status, headers, _ = await answer(reader)
        assert (status, headers["connection"]) == (202, "close")
        writer.close()


async def test_senseless_bytes_are_refused() -> None:
    async with served(Desk()) as place:
        reader, writer = await place.open()
        writer.write(b"\x00\x01 nonsense\r\n\r\n")
        assert (await answer(reader))[0] == 400
        writer.close()


LONG_WAY = b"GET /elsewhere HTTP/1.1\r\nHost: door\r\n\r\n"


@pytest.mark.parametrize("last", [PLAIN, LONG_WAY], ids=["short", "long"])
async def test_who_rests_too_long_is_hung_up_on(last: bytes) -> None:
    async with served(Desk(), keep_alive=0.2) as place:
        reader, writer = await place.open()
        for request in (PLAIN, LONG_WAY, last):
            writer.write(request)
            await answer(reader)
        async with asyncio.timeout(SECONDS):
            assert await reader.read() == b""
        writer.close()


async def test_who_waits_for_an_answer_does_not_rest() -> None:
    desk = Desk()
    async with served(desk, keep_alive=0.1) as place:
        reader, writer = await place.open()
        writer.write(PLAIN)
        await answer(reader)
        desk.waits = True
        writer.write(PLAIN)
        await until(lambda: len(desk.taken) == 2)
        begun = asyncio.get_running_loop().time()
        await until(lambda: asyncio.get_running_loop().time() > begun + 0.3)
        desk.answer()
        status, _, _ = await answer(reader)
        assert status == 202
        async with asyncio.timeout(SECONDS):
            assert await reader.read() == b""
        writer.close()
