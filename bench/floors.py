"""What the machine can do at most, taken in the same run: HTTP, durable writes, inserts.

python -m bench.floors http   serves 202 on a free port, which it prints, until stdin closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import uvloop

from bench.load import Plan, Result, measure

_BODY = b'{"code":0,"message":"ok"}'
_ANSWER = (
    b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    % (len(_BODY), _BODY)
)
_BLOCK = 8192
_ROWS = 1000
_ROW = "7\t{:032x}\t{:032x}\t1\tnotice\t8613800138000\t10690000\t【压测】您的订单{}已发货。\t1\t1\n"
_TABLE = (
    "CREATE TABLE floor (lane int2, id uuid, account_id uuid, line int2, class text, "
    "destination text, source text, body text, parts int2, segments int2, PRIMARY KEY (lane, id))"
)


class _Echo(asyncio.Protocol):
    """Answers 202 to every request, and every callback, with as little work as can be."""

    def __init__(self) -> None:
        self._rest = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a TCP connection's

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            at = data.find(b"Content-Length:", 0, head)
            if len(data) >= head + 4 + int(data[at + 15 : data.find(b"\r\n", at)]):
                self._rest = b""
                self.transport.write(_ANSWER)
                return
        self._rest = data


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Echo, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def echo_port() -> Iterator[int]:
    """Serve 202 in a process of its own; gives its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.floors", "http"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(process.stdout.readline()) if process.stdout else 0
    finally:
        process.communicate()


def http(customers: Sequence[Mapping[str, Any]], seconds: float, *, batch: int = 1) -> Result:
    """Return what the load generator gets out of a server that does nothing."""
    with echo_port() as port:
        return measure(Plan("127.0.0.1", port, customers, seconds, warm=0.5, batch=batch, sign=""))


def durable_writes(seconds: float = 1.0) -> float:
    """Return how many times a second one writer gets 8 KiB to the disk for good."""
    with tempfile.TemporaryFile(dir=tempfile.gettempdir()) as file:
        block, done = os.urandom(_BLOCK), 0
        begun = time.perf_counter()
        while (spent := time.perf_counter() - begun) < seconds:
            os.pwrite(file.fileno(), block, done % 1000 * _BLOCK)
            os.fdatasync(file.fileno())
            done += 1
    return done / spent


def copied_rows(url: str, seconds: float = 2.0) -> float:
    """Return how many rows like a message's one connection copies a second, 1,000 a commit."""
    with psycopg.connect(url, autocommit=True) as connection:
        with contextlib.suppress(psycopg.errors.DuplicateTable):
            connection.execute(_TABLE)
        first = 0
        begun = time.perf_counter()
        while (spent := time.perf_counter() - begun) < seconds:
            rows = "".join([_ROW.format(n, 9, n) for n in range(first, first + _ROWS)])
            with connection.cursor().copy("COPY floor FROM STDIN") as copy:
                copy.write(rows)
            first += _ROWS
        connection.execute("DROP TABLE floor")
    return first / spent


if __name__ == "__main__":
    uvloop.run(_serve())
