"""What a call to a customer's URL costs the worker, beside general HTTP clients.

    python -m bench.calls

One kept connection to a server in another process, a body of 200 ends of messages, one call after
the other. CPU-µs of this process a call; the three take turns, and the median round is shown.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpcore
import httpx
import uvloop

from bench import floors
from umcloud.infra.outbound import Outbound

CALLS = 200
ROUNDS = 5
BODY = b"x" * 20_000
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Accept-Encoding": "identity",
    "User-Agent": "UMCloud/1",
}

Call = Callable[[], Awaitable[None]]


async def measure(url: str) -> dict[str, float]:
    """Return the CPU-µs of one call, by client."""
    async with AsyncExitStack() as closing:
        own = Outbound(loopback=True).caller(seconds=5.0)
        closing.callback(own.close)
        pool = await closing.enter_async_context(httpcore.AsyncConnectionPool())
        client = await closing.enter_async_context(httpx.AsyncClient(trust_env=False))

        async def by_own() -> None:
            await own.post(url, BODY, HEADERS, longest=0)

        async def by_httpcore() -> None:
            await pool.request("POST", url, headers=list(HEADERS.items()), content=BODY)

        async def by_httpx() -> None:
            await client.post(url, headers=HEADERS, content=BODY)

        ways: dict[str, Call] = {"ours": by_own, "httpcore": by_httpcore, "httpx": by_httpx}
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, call in ways.items():
                await call()
                begun = time.process_time()
                for _ in range(CALLS):
                    await call()
                spent[name].append((time.process_time() - begun) / CALLS * 1e6)
    return {name: statistics.median(rounds) for name, rounds in spent.items()}


def main() -> None:
    """Measure and print."""
    with floors.echo_port() as port:
        found = uvloop.run(measure(f"http://127.0.0.1:{port}/receipts"))
    for name, micros in found.items():
        sys.stdout.write(
            f"{name:>9}: {micros:7.0f} CPU-µs a call, {micros / found['ours']:.1f} ×\n"
        )


if __name__ == "__main__":
    main()
