"""The HTTP load generator: keep-alive connections, prepared bytes, a process of its own.

    python -m bench.load  < plan.json  > result.json

A closed loop sends the next request when an answer is there; with a rate, requests are due by the
clock and wait for an idle connection, so a slow server shows as latency, not as less load.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import uvloop

from bench.wire import Shape

_TICK = 0.005
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send."""

    host: str
    port: int
    customers: Sequence[Mapping[str, Any]]
    seconds: float
    connections: int = 64
    batch: int = 1
    rate: float = 0.0
    """Requests a second; 0 sends as fast as answers come."""
    warm: float = 1.0
    """Seconds before the measurement begins."""
    keyed: bool = False
    """Whether each request has an Idempotency-Key."""
    run: int = 0


@dataclass(slots=True)
class Result:
    """What came of it, in the measured seconds."""

    requests: int = 0
    accepted: int = 0
    """Messages in requests that were answered 2xx."""
    seconds: float = 0.0
    p50: float = 0.0
    """Milliseconds."""
    p99: float = 0.0
    longest: float = 0.0
    cpu: float = 0.0
    """Seconds of CPU time."""
    behind: int = 0
    """Most requests that were due and had no idle connection."""
    sent: int = 0
    """All messages answered 2xx, those before the measurement included."""
    statuses: dict[str, int] = field(default_factory=dict)
    first_refusal: str = ""

    @property
    def per_second(self) -> float:
        """Return messages accepted a second."""
        return self.accepted / self.seconds if self.seconds else 0.0


class Generator:
    """Hands out numbers to connections and gathers answers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        host = f"{plan.host}:{plan.port}"
        self.shapes = [
            Shape(one, host=host, batch=plan.batch, keyed=plan.keyed) for one in plan.customers
        ]
        self.latencies: list[float] = []
        self.statuses: dict[bytes, int] = {}
        self.result = Result()
        self.idle: deque[Connection] = deque()
        self.due: deque[float] = deque()
        self.open = 0
        self.ending = False
        self.finished = asyncio.get_running_loop().create_future()
        self._number = 0
        self._all_ok = 0

    def next_request(self, shape: Shape) -> bytes:
        """Return the bytes of a request that was never sent before."""
        number, batch = self._number, self.plan.batch
        self._number += batch
        return shape.request(self.plan.run, number, batch)

    def answered(self, connection: Connection, status: bytes, body: bytes) -> None:
        """Count an answer and give the connection something to do."""
        self.latencies.append(time.perf_counter() - connection.asked)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status[0] != 0x32 and not self.result.first_refusal:
            self.result.first_refusal = body.decode(errors="replace")[-500:]
        if self.ending:
            connection.transport.close()
        elif self.plan.rate:
            if self.due:
                connection.send(self.due.popleft())
            else:
                self.idle.append(connection)
        else:
            connection.send(time.perf_counter())

    def closed(self) -> None:
        """Note that a connection has ended."""
        self.open -= 1
        if not self.open and not self.finished.done():
            self.finished.set_result(None)

    async def run(self) -> Result:
        """Connect, warm up, measure, finish."""
        loop = asyncio.get_running_loop()
        plan, result = self.plan, self.result
        connections = []
        for number in range(plan.connections):
            shape = self.shapes[number % len(self.shapes)]
            _, one = await loop.create_connection(
                partial(Connection, self, shape), plan.host, plan.port
            )
            connections.append(one)
        self.open = len(connections)
        if plan.rate:
            self.idle.extend(connections)
            clock = asyncio.create_task(self._by_the_clock())
        else:
            for one in connections:
                one.send(time.perf_counter())
            clock = None
        await asyncio.sleep(plan.warm)
        warm_ok = self._accepted()
        self.latencies.clear()
        cpu, begun = time.process_time(), time.perf_counter()
        await asyncio.sleep(plan.seconds)
        result.seconds = time.perf_counter() - begun
        result.cpu = time.process_time() - cpu
        result.accepted = self._accepted() - warm_ok
        measured = sorted(self.latencies)
        self.ending = True
        if clock is not None:
            clock.cancel()
        for one in self.idle:
            one.transport.close()
        await asyncio.wait([self.finished], timeout=30)
        self._sum_up(measured)
        return result

    def _accepted(self) -> int:
        ok = sum(n for status, n in self.statuses.items() if status[0] == 0x32)
        return ok * self.plan.batch

    def _sum_up(self, measured: list[float]) -> None:
        result = self.result
        result.requests = len(measured)
        if measured:
            result.p50 = measured[len(measured) // 2] * 1e3
            result.p99 = measured[len(measured) * 99 // 100] * 1e3
            result.longest = measured[-1] * 1e3
        result.sent = self._accepted()
        result.statuses = {status.decode(): n for status, n in self.statuses.items()}

    async def _by_the_clock(self) -> None:
        begun, made = time.perf_counter(), 0
        while True:
            await asyncio.sleep(_TICK)
            now = time.perf_counter()
            wanted = int((now - begun) * self.plan.rate)
            for at in range(made, wanted):
                due = begun + at / self.plan.rate
                if self.idle:
                    self.idle.popleft().send(due)
                else:
                    self.due.append(due)
            made = wanted
            self.result.behind = max(self.result.behind, len(self.due))


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self, generator: Generator, shape: Shape) -> None:
        self._generator = generator
        self._shape = shape
        self._rest = b""
        self.asked = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # a TCP connection's

    def send(self, due: float) -> None:
        """Write the next request, which was due at that time."""
        self.asked = due
        self.transport.write(self._generator.next_request(self._shape))

    def data_received(self, data: bytes) -> None:
        """Look for the answer's end, and hand over its status."""
        if self._rest:
            data = self._rest + data
        head = data.find(_END)
        if head < 0:
            self._rest = data
            return
        at = data.find(b"ontent-", 0, head)
        while data[at + 7 : at + 14].lower() != b"length:":
            at = data.find(b"ontent-", at + 7, head)
            if at < 0:
                raise ValueError("an answer without a length")
        length = int(data[at + 14 : data.find(b"\r\n", at)])
        if len(data) < head + 4 + length:
            self._rest = data
            return
        self._rest = b""
        self._generator.answered(self, data[9:12], data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the generator."""
        del exc
        self._generator.closed()


def measure(plan: Plan) -> Result:
    """Run the plan in a process of its own; return its result."""
    return finish(start(plan))


def start(plan: Plan) -> subprocess.Popen[str]:
    """Start the plan in a process of its own; see `finish`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is not None:
        process.stdin.write(json.dumps(asdict(plan)))
        process.stdin.close()
        process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for a plan's end; return its result."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator failed with {process.returncode}")
    return Result(**json.loads(said))


def main() -> None:
    """Read the plan, print the result."""
    plan = Plan(**json.load(sys.stdin))

    async def drive() -> Result:
        return await Generator(plan).run()

    json.dump(asdict(uvloop.run(drive())), sys.stdout)


if __name__ == "__main__":
    main()
