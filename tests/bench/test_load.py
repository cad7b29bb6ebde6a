"""The load generator against a server that answers as it is told to."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.load import Generator, Plan, Result, measure
from bench.wire import Shape, destination, token

CUSTOMERS = [{"bearer": f"key%{n}.secret", "template": f"UTN26112300000{n}"} for n in range(3)]
BODY = b'{"session":"ses_1","messages":[%b]}'
NAMED = b'{"id":"msg_%026d","segments":1}'


@dataclass
class Server:
    """Answers `answer(number of the request, messages in it)`; None hangs up instead."""

    answer: Callable[[int, int], bytes | None]
    port: int = 0
    connections: int = 0
    tokens: Counter[bytes] = field(default_factory=Counter)
    bearers: Counter[bytes] = field(default_factory=Counter)
    requests: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)\r\n", head)
                bearer = re.search(rb"Authorization: Bearer (\S+)\r\n", head)
                assert length
                assert bearer
                body = await reader.readexactly(int(length[1]))
                found = re.findall(rb'"values":\["([0-9a-f]{16})"\]', body)
                self.tokens.update(found)
                self.bearers[bearer[1]] += 1
                self.requests += 1
                octets = self.answer(self.requests, len(found))
                if octets is None:
                    break
                await self._write(writer, octets)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def _write(self, writer: asyncio.StreamWriter, octets: bytes) -> None:
        """Write in two pieces every third time."""
        half = len(octets) // 2 if self.requests % 3 == 0 else len(octets)
        writer.write(octets[:half])
        await writer.drain()
        if half < len(octets):
            await asyncio.sleep(0.001)
            writer.write(octets[half:])


def accepted(_: int, messages: int) -> bytes:
    names = BODY % b",".join(NAMED % n for n in range(messages))
    return b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n%b" % (len(names), names)


@asynccontextmanager
async def serving(answer: Callable[[int, int], bytes | None]) -> AsyncIterator[Server]:
    served = Server(answer)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


async def drive(server: Server, **changes: Any) -> Result:
    given = {"seconds": 0.2, "connections": 4, "warm": 0.1, "run": 7} | changes
    plan = Plan("127.0.0.1", server.port, CUSTOMERS, **given)
    return await asyncio.to_thread(lambda: Generator(plan).run())


async def test_every_message_is_sent_once_and_every_accepted_one_is_counted() -> None:
    for changes in ({}, {"rate": 200.0}, {"batch": 5}, {"keyed": True}):
        async with serving(accepted) as server:
            found = await drive(server, **changes)
        batch = int(changes.get("batch", 1))
        assert found.sent == sum(server.tokens.values()) == len(server.tokens)
        assert found.statuses == {"202": server.requests}
        assert set(server.tokens) == {token(7, n) for n in range(len(server.tokens))}
        assert 0 < found.accepted <= found.sent
        assert found.accepted % batch == 0
        assert 0 < found.requests <= server.requests
        assert 0 < found.p50 <= found.p99 <= found.longest
        assert server.connections == 4
        assert set(server.bearers) == {one["bearer"].encode() for one in CUSTOMERS}


async def test_what_is_no_accept_is_not_counted_as_one() -> None:
    refusal = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\nx: y\r\n\r\nslow down"

    def answer(number: int, messages: int) -> bytes:
        if number % 4 == 0:
            return refusal
        return accepted(number, messages - (number % 4 == 1))

    async with serving(answer) as server:
        found = await drive(server, batch=2)
    assert found.statuses["429"] == server.requests // 4
    assert found.statuses["2xx without its messages"] == (server.requests + 3) // 4
    assert sum(found.statuses.values()) == server.requests
    assert found.sent == 2 * found.statuses["202"]
    assert '"id":"msg_' in found.first_refusal


async def test_where_nothing_is_asked_of_the_body_the_status_is_enough() -> None:
    ok = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nDate: now\r\n\r\nok"
    async with serving(lambda *_: ok) as server:
        found = await drive(server, batch=3, sign="")
    assert found.statuses == {"202": server.requests}
    assert found.sent == 3 * server.requests


async def test_a_connection_that_is_cut_is_counted_and_the_others_go_on() -> None:
    async with serving(lambda n, messages: None if n == 3 else accepted(n, messages)) as server:
        found = await drive(server, rate=300.0)
    assert found.statuses["cut"] == 1
    assert found.statuses["202"] == server.requests - 1 > 3


async def test_it_runs_in_a_process_of_its_own() -> None:
    async with serving(accepted) as server:
        plan = Plan("127.0.0.1", server.port, CUSTOMERS, 0.2, connections=2, warm=0.1)
        found = await asyncio.to_thread(measure, plan)
    assert found.sent == sum(server.tokens.values()) > 0


def test_a_single_request_is_made_at_once_as_it_is_made_of_its_parts() -> None:
    for keyed in (False, True):
        shape = Shape(CUSTOMERS[0], host="127.0.0.1:1", batch=1, keyed=keyed)
        for number in (0, 8999, 9000, 123_456_789):
            whole = shape.request(3, number, 1)
            assert whole == shape.to(destination(number), token(3, number))
            assert (b"Idempotency-Key: " + token(3, number) in whole) is keyed
