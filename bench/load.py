"""The HTTP load generator: keep-alive connections, prepared bytes, a process of its own.

    python -m bench.load  < plan.json  > result.json

A closed loop sends the next request when an answer is there; with a rate, requests are due by the
clock and wait for an idle connection, so a slow server shows as latency, not as less load.

The generator shares the machine with what it measures, so it asks the system itself (epoll, read,
write) in place of an event loop. With a rate it looks up every 5 ms: a latency counts from the
moment a request was due to the look that found its answer, so it is never flattered.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.wire import Shape

_TICK = 0.005
_TICK_BEHIND = 0.002
"""While requests wait for a connection: looking late would be less load."""
_CONNECTIONS = 64
_CONNECTIONS_BY_CLOCK = 256
_LAST_ANSWERS_SECONDS = 30.0
_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_ACCEPTED = b"HTTP/1.1 202 "
_CUT = "cut"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send."""

    host: str
    port: int
    customers: Sequence[Mapping[str, Any]]
    seconds: float
    connections: int = 0
    """0: 64, and with a rate 256, of which only as many are used as it takes."""
    batch: int = 1
    rate: float = 0.0
    """Requests a second; 0 sends as fast as answers come."""
    warm: float = 1.0
    """Seconds before the measurement begins."""
    keyed: bool = False
    """Whether each request has an Idempotency-Key."""
    run: int = 0
    sign: str = '"id":"msg_'
    """What an answer must contain once a message to count as accepted; "": nothing."""


@dataclass(slots=True)
class Result:
    """What came of it, in the measured seconds."""

    requests: int = 0
    accepted: int = 0
    """Messages in requests that were answered 2xx, each by its id."""
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
    """All messages accepted, those before the measurement included."""
    statuses: dict[str, int] = field(default_factory=dict)
    first_refusal: str = ""

    @property
    def per_second(self) -> float:
        """Return messages accepted a second."""
        return self.accepted / self.seconds if self.seconds else 0.0


class Connection:
    """One keep-alive connection with at most one request under way."""

    __slots__ = ("asked", "number", "rest", "socket")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.socket.fileno()
        self.asked = 0.0
        """When the request under way was due; 0: there is none."""
        self.rest = b""


class Generator:
    """Hands out numbers to connections and gathers answers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        host = f"{plan.host}:{plan.port}"
        # Each customer in turn, over whichever connection is idle.
        self._shapes = itertools.cycle(
            Shape(one, host=host, batch=plan.batch, keyed=plan.keyed) for one in plan.customers
        )
        usual = _CONNECTIONS_BY_CLOCK if plan.rate else _CONNECTIONS
        opened = [Connection(plan.host, plan.port) for _ in range(plan.connections or usual)]
        self._by_number = {one.number: one for one in opened}
        # The one used last is used next: the others cost the server nothing.
        self._idle = opened.copy()
        self._epoll = select.epoll(len(opened))
        for one in opened:
            self._epoll.register(one.number, select.EPOLLIN)
        # Nearly all answers are as long as the one before, and say so at the same place.
        self._usual = self._usual_at = 0
        self._usual_end = b"?"
        # Where nothing is asked of answers: every one has one end of its head.
        self._sign = plan.sign.encode() or _END
        self._signs = plan.batch if plan.sign else 1
        self._room = 1024 + 256 * plan.batch
        self._latencies = array("d")
        self._good = 0
        self._number = 0
        self._made = 0
        self._begun = 0.0
        self.result = Result()

    def run(self) -> Result:
        """Warm up, measure, finish."""
        plan, result = self.plan, self.result
        self._begun = begun = time.perf_counter()
        drive = self._by_the_clock if plan.rate else self._in_turn
        drive(begun + plan.warm)
        self._latencies = array("d")
        warm, cpu, begun = self._good, time.process_time(), time.perf_counter()
        drive(begun + plan.seconds)
        result.seconds = time.perf_counter() - begun
        result.cpu = time.process_time() - cpu
        result.accepted = (self._good - warm) * plan.batch
        measured = sorted(self._latencies)
        self._finish()
        self._sum_up(measured)
        return result

    def _in_turn(self, until: float) -> None:
        """Send the next request as soon as an answer is there."""
        idle = self._idle
        while (now := time.perf_counter()) < until and self._by_number:
            while idle:
                self._send(idle.pop(), now)
            self._collect(until - now)

    def _by_the_clock(self, until: float) -> None:
        """Send what is due; what finds no idle connection waits."""
        begun, rate, idle, result = self._begun, self.plan.rate, self._idle, self.result
        while (now := time.perf_counter()) < until and self._by_number:
            wanted = int((now - begun) * rate)
            while idle and self._made < wanted:
                self._send(idle.pop(), begun + self._made / rate)
                self._made += 1
            behind = wanted - self._made
            result.behind = max(result.behind, behind)
            time.sleep(_TICK_BEHIND if behind else _TICK)
            self._collect(0)

    def _finish(self) -> None:
        """Wait for the last answers, then hang up."""
        until = time.perf_counter() + _LAST_ANSWERS_SECONDS
        while len(self._idle) < len(self._by_number):
            left = until - time.perf_counter()
            if left <= 0:
                break
            self._collect(left)
        for one in list(self._by_number.values()):
            self._hang_up(one)

    def _send(self, one: Connection, due: float) -> None:
        """Write a request that was never sent before, and that was due at that time."""
        plan, number = self.plan, self._number
        self._number = number + plan.batch
        request = next(self._shapes).request(plan.run, number, plan.batch)
        one.asked = due
        try:
            written = os.write(one.number, request)
            if written < len(request):
                one.socket.sendall(request[written:])
        except OSError:
            self._hang_up(one)

    def _collect(self, seconds: float) -> None:
        """Take the answers that are there; wait so long for the first."""
        found = self._epoll.poll(seconds)
        now = time.perf_counter()
        by_number, room, sign, signs = self._by_number, self._room, self._sign, self._signs
        idle, late = self._idle.append, self._latencies.append
        for number, _ in found:
            one = by_number[number]
            try:
                data = os.read(number, room)
            except OSError:
                data = b""
            if (
                len(data) != self._usual
                or one.rest
                or not data.startswith(self._usual_end, self._usual_at)
            ):
                data = self._whole(one, data)
                if not data:
                    continue
            late(now - one.asked)
            one.asked = 0.0
            idle(one)
            if data.startswith(_ACCEPTED) and data.count(sign) == signs:
                self._good += 1
            else:
                self._turned_down(data)

    def _whole(self, one: Connection, data: bytes) -> bytes:
        """Return the answer once it is there to its end; ValueError where it does not say."""
        if not data:
            self._hang_up(one)
            return b""
        data = one.rest = one.rest + data
        head = data.find(_END)
        if head < 0:
            return b""
        at = data[: head + 2].lower().find(_LENGTH)
        if at < 0:
            raise ValueError("an answer without a length")
        stop = data.find(b"\r\n", at + 2)
        length = head + len(_END) + int(data[at + len(_LENGTH) : stop])
        if len(data) > length:
            raise ValueError("octets behind an answer")
        if len(data) < length:
            return b""
        one.rest = b""
        if stop == head:
            self._usual, self._usual_at, self._usual_end = length, at, data[at : head + len(_END)]
        return data

    def _turned_down(self, data: bytes) -> None:
        """Count an answer that is no 202, or one that does not name its messages."""
        status = "2xx without its messages" if data[9:10] == b"2" else data[9:12].decode()
        result = self.result
        result.statuses[status] = result.statuses.get(status, 0) + 1
        result.first_refusal = result.first_refusal or data.decode(errors="replace")[-500:]

    def _hang_up(self, one: Connection) -> None:
        """Give the connection up; a request under way is counted as cut."""
        if one.asked:
            statuses = self.result.statuses
            statuses[_CUT] = statuses.get(_CUT, 0) + 1
        elif one in self._idle:
            self._idle.remove(one)
        self._epoll.unregister(one.number)
        del self._by_number[one.number]
        one.socket.close()

    def _sum_up(self, measured: list[float]) -> None:
        result = self.result
        result.requests = len(measured)
        if measured:
            result.p50 = measured[len(measured) // 2] * 1e3
            result.p99 = measured[len(measured) * 99 // 100] * 1e3
            result.longest = measured[-1] * 1e3
        result.sent = self._good * self.plan.batch
        result.statuses["202"] = self._good


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
    generator = Generator(plan)
    # Nothing here makes cycles, and nothing is let go but bytes.
    gc.freeze()
    gc.disable()
    json.dump(asdict(generator.run()), sys.stdout)


if __name__ == "__main__":
    main()
