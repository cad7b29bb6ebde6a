"""`./dev bench`: how fast it is, what a message costs, and beside what.

    ./dev bench [--quick] [--rate 5000] [--runs 3] [--a-request 1,100]
                [--only accept,end-to-end,memory,parts]

Everything runs on this machine at once: database with durable commits, doors, line, worker, the
simulated carrier and the load generator. Figures are medians of the runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench import floors
from bench.customers import Customer, make_customers
from bench.end_to_end import Sustained, drain, sustain
from bench.load import Plan, Result, measure
from bench.peers import PEERS
from bench.stack import Stack, running

PARTS = ("accept", "end-to-end", "memory", "parts")
MEMORY_MESSAGES = 200_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs: a first impression")
    parser.add_argument("--rate", type=float, default=5000.0, help="messages/s end to end")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, help="of the end-to-end run")
    parser.add_argument(
        "--a-request", default="1,100", help="messages in one request of the end-to-end runs"
    )
    parser.add_argument("--no-urls", action="store_true", help="customers without callbacks")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    chosen = parser.parse_args(arguments)
    # Told to end, it takes its cloud down with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = set(chosen.only.split(","))
    if wanted - set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}")
    _machine()
    if wanted - {"parts"}:
        with running() as stack, floors.echo_port() as port:
            url = None if chosen.no_urls else f"http://127.0.0.1:{port}/receipts"
            customers = make_customers(stack.settings, stack.database_url, 32, callback=url)
            bench = Bench(stack, customers, 3.0 if chosen.quick else 10.0, chosen.runs)
            if "accept" in wanted:
                bench.accept()
            if "end-to-end" in wanted:
                seconds = chosen.seconds or (10 if chosen.quick else 60)
                for batch in map(int, chosen.a_request.split(",")):
                    bench.end_to_end(chosen.rate, seconds, batch)
            if "memory" in wanted:
                bench.memory()
    if "parts" in wanted:
        _parts()
    return 0


class Bench:
    """One cloud under measurement."""

    def __init__(
        self, stack: Stack, customers: Sequence[Customer], seconds: float, runs: int
    ) -> None:
        self._stack = stack
        self._customers = customers
        self._seconds = seconds
        self._runs = runs
        self._run = 0

    def accept(self) -> None:
        """Print how many messages a second are accepted, beside the floors."""
        plain = [one.plain() for one in self._customers]
        echo = _median([floors.http(plain, 2.0) for _ in range(self._runs)])
        echo_batch = _median([floors.http(plain, 2.0, batch=100) for _ in range(self._runs)])
        single = _median([self._accept(1) for _ in range(self._runs)])
        batch = _median([self._accept(100) for _ in range(self._runs)])
        writes = statistics.median(floors.durable_writes() for _ in range(self._runs))
        copied = statistics.median(
            floors.copied_rows(self._stack.database_url) for _ in range(self._runs)
        )
        _heading("Accepted over HTTP `/v1/messages`, 64 connections, durable")
        _row("run", "messages/s", "p50 ms", "p99 ms", "of the floor", "load generator, cores")
        _row(*["---"] + ["---:"] * 5)
        for name, found, floor in (
            ("one message a request", single, echo),
            ("100 messages a request", batch, echo_batch),
        ):
            share = found.per_second / floor.per_second
            _row(name, f"{found.per_second:,.0f}", f"{found.p50:.1f}", f"{found.p99:.1f}",
                 f"{share:.1%}", f"{found.cpu / found.seconds:.2f}")  # fmt: skip
        for name, found in (
            ("floor: asyncio server that answers 202", echo),
            ("floor: the same, 100 a request", echo_batch),
        ):
            _row(name, f"{found.per_second:,.0f}", f"{found.p50:.1f}", f"{found.p99:.1f}", "",
                 f"{found.cpu / found.seconds:.2f}")  # fmt: skip
        _row("floor: 8 KiB + fdatasync, one writer", f"{writes:,.0f}", "", "", "", "")
        _row("floor: COPY of rows, 1,000 a commit", f"{copied:,.0f}", "", "", "", "")
        for peer in PEERS:
            times = single.per_second / peer.accept
            _row(f"{peer.name}: ours is {times:.1f} ×", f"{peer.accept:,.0f}", "", "", "", "")

    def _accept(self, batch: int) -> Result:
        self._run += 1
        found = measure(
            Plan(
                "127.0.0.1",
                self._stack.settings.port,
                [one.plain() for one in self._customers],
                self._seconds,
                batch=batch,
                run=self._run,
                warm=2.0,
            )
        )
        _warn(found)
        left = drain(self._stack)
        _say(f"<!-- accept, {batch} a request: {found.per_second:,.0f}/s; drained {left:.0f} s -->")
        return found

    def end_to_end(self, rate: float, seconds: float, batch: int) -> None:
        """Print what a steady rate costs, by process, and whether a backlog grows."""
        runs = []
        for _ in range(self._runs):
            self._run += 1
            found = sustain(
                self._stack,
                self._customers,
                rate=rate,
                seconds=seconds,
                run=self._run,
                batch=batch,
            )
            _warn(found.load)
            _say(f"<!-- asked {rate:,.0f}/s: ended {found.ended:,.0f}/s -->")
            runs.append(found)
        middle = sorted(runs, key=lambda one: one.ended)[len(runs) // 2]
        _sustained(middle, seconds, batch, all(one.steady for one in runs))

    def memory(self) -> None:
        """Print what each process holds after 200,000 messages."""
        ((messages,),) = self._stack.sql("SELECT count(*) FROM message")
        while messages < MEMORY_MESSAGES:
            self._accept(100)
            ((messages,),) = self._stack.sql("SELECT count(*) FROM message")
        _heading(f"Memory after {messages:,} messages")
        _row("process", "MB", "processes")
        _row("---", "---:", "---:")
        for name, usage in self._stack.usage().items():
            _row(name, f"{usage.megabytes:,.0f}", usage.processes)


def _sustained(
    found: Sustained,
    seconds: float,
    batch: int,
    steady: bool,  # noqa: FBT001 - a fact
) -> None:
    a_request = "one message a request" if batch == 1 else f"{batch} messages a request"
    _heading(f"End to end at {found.asked:,.0f}/s for {seconds:.0f} s, {a_request}")
    told = " → callback queued, and made" if found.called else ""
    _say(f"accepted → charged → submitted over SMPP → receipt → settled{told}\n")
    _row("figure", "value")
    _row("---", "---:")
    _row("messages/s accepted", f"{found.load.per_second:,.0f}")
    _row("messages/s ended", f"{found.ended:,.0f}")
    _row("of them told to the customer's URL, a second", f"{found.called:,.0f}")
    _row("accept p50 / p99 / longest, ms",
         f"{found.load.p50:.1f} / {found.load.p99:.1f} / {found.load.longest:.0f}")  # fmt: skip
    marks = [found.backlog[len(found.backlog) * n // 4] for n in range(4)] + found.backlog[-1:]
    _row("messages under way, over time", " → ".join(f"{count:,}" for _, count in marks))
    _row("growth of that, messages/s", f"{found.growth:+,.0f}")
    _row("seconds until all had ended after the last request", f"{found.drained:.1f}")
    _row("kept up in every run", "yes" if steady else "**no**")
    for peer in PEERS:
        _row(f"{peer.name}, at its most",
             f"{peer.end_to_end:,.0f} (ours {found.ended / peer.end_to_end:.1f} ×)")  # fmt: skip
    _say("")
    _row("process", "CPU-µs a message", "cores")
    _row("---", "---:", "---:")
    for name, micros in sorted(found.micros.items(), key=lambda one: -one[1]):
        _row(name, f"{micros:.1f}", f"{found.cores[name]:.2f}")
    _row("all", f"{sum(found.micros.values()):.1f}", f"{sum(found.cores.values()):.2f}")


def _median(results: list[Result]) -> Result:
    return sorted(results, key=lambda one: one.per_second)[len(results) // 2]


def _parts() -> None:
    """Run the benches of single parts that are there."""
    for name in ("charge_batch", "smpp_codec", "calls"):
        if Path(__file__).with_name(f"{name}.py").exists():
            _heading(f"`bench.{name}`")
            _say("```")
            subprocess.run(  # noqa: S603 - our own module
                [sys.executable, "-m", f"bench.{name}"], check=False
            )
            _say("```")


def _machine() -> None:
    memory = psutil.virtual_memory().total / 2**30
    processor = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.machine(),
    )
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    _say(f"{cores} cores of {processor}, {memory:.0f} GiB, {platform.system()} "
         f"{platform.release()}, Python {platform.python_version()}; "
         f"load of others when it began: {load:.1f}")  # fmt: skip


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _warn(found: Result) -> None:
    bad = {status: count for status, count in found.statuses.items() if status != "202"}
    if bad:
        _say(f"**refused**: {bad}, e.g. {found.first_refusal[-300:]}")


def _heading(text: str) -> None:
    _say(f"\n### {text}\n")


def _row(*cells: object) -> None:
    _say("| " + " | ".join(map(str, cells)) + " |")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
