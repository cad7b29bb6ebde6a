"""Kill everything in turn while messages flow; then count at the carrier and in the books.

    ./dev chaos [--short] [--seed 1] [--rate 500] [--broken]

A program sends with a key a message and repeats whatever was not answered; some answers it throws
away on purpose. Meanwhile web, line, worker, PostgreSQL's postmaster and one of its backends are
killed with SIGKILL at random moments. `--broken` makes the database forget every idempotency key:
then the count must fail, or it would be worth nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
import psycopg

from bench.count import Line, compare, read_books, read_ledger, table
from bench.customers import Customer, make_customers
from bench.sender import SILENT, Sender, Sent
from bench.stack import Stack, running

TARGETS = ("web", "line", "postgres", "worker", "a backend")
#: One guard switched off: a key that was used is not remembered.
FORGET = (
    "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER forget BEFORE INSERT ON idempotency FOR EACH ROW EXECUTE FUNCTION forget()",
)
BACK_SECONDS = 60.0
DRAIN_SECONDS = 120.0
#: With nothing new ending for so long, what is missing will not come.
STILL_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes."""

    kills: int
    gap: float
    """Seconds between kills, on average."""
    rate: float
    seed: int
    customers: int = 8


@dataclass(frozen=True, slots=True)
class Kill:
    """One `kill -9` and what followed."""

    target: str
    at: float
    """Seconds after the first message."""
    back: float
    """Seconds until it answered again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; print; return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="five kills in some 40 seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--broken", action="store_true", help="the negative control")
    chosen = parser.parse_args(arguments)
    kills, gap = (5, 4.0) if chosen.short else (20, 9.0)
    if chosen.kills is not None:
        kills = chosen.kills
    course = Course(kills, gap, chosen.rate, chosen.seed)
    with running() as stack:
        for statement in FORGET if chosen.broken else ():
            stack.do(statement)
        customers = make_customers(stack.settings, stack.database_url, course.customers)
        _say(f"{course.rate:.0f} messages/s, {course.kills} kills, seed {course.seed}")
        sent, done = asyncio.run(_drive(stack, customers, course))
        _drain(stack)
        lines = _count(stack, customers, sent, done)
        audit = stack.command("audit")
    violations = max(_violations(audit.stdout), audit.returncode)
    lines.append(Line("violations in `umcloud audit`", violations, 0))
    _say("\n" + table(lines))
    _say(f"\nlongest wait for an answer: {sent.longest:.1f} s")
    for refusal in list(sent.refused.values())[:3]:
        _say(f"refused: {refusal}")
    broken = any(line.broken for line in lines)
    if audit.returncode:
        _say(audit.stdout[-3000:] + audit.stderr[-1000:])
    return 1 if broken else 0


async def _drive(
    stack: Stack, customers: list[Customer], course: Course
) -> tuple[Sent, list[Kill]]:
    stop = asyncio.Event()
    sender = Sender("127.0.0.1", stack.settings.port, customers, rate=course.rate, seed=course.seed)
    sending = asyncio.create_task(sender.run(stop))
    begun = time.monotonic()
    chance = Random(course.seed)  # noqa: S311 - a repeatable schedule
    under_way = []
    for number in range(course.kills):
        await asyncio.sleep(course.gap * (0.5 + chance.random()))
        target = TARGETS[number % len(TARGETS)]
        at = time.monotonic() - begun
        pid = await asyncio.to_thread(_victim, stack, target, chance)
        os.kill(pid, signal.SIGKILL)
        _say(f"  {at:6.1f} s  kill -9 {target} ({pid})")
        under_way.append(asyncio.create_task(_watch(stack, target, pid, at)))
    done = list(await asyncio.gather(*under_way))
    await asyncio.sleep(max(5.0, course.gap / 2))
    stop.set()
    sent = await sending
    for kill in done:
        _say(f"  {kill.target} was back after {kill.back:.1f} s")
    return sent, done


def _victim(stack: Stack, target: str, chance: Random) -> int:
    """Return the process to kill; wait for it where it is just being started again."""
    deadline = time.monotonic() + BACK_SECONDS
    while time.monotonic() < deadline:
        pid = stack.pids().get("postgres" if target == "a backend" else target)
        if pid and psutil.pid_exists(pid):
            if target != "a backend":
                return pid
            with contextlib.suppress(psutil.NoSuchProcess):
                backends = [
                    child.pid
                    for child in psutil.Process(pid).children()
                    if "umcloud" in " ".join(child.cmdline())
                ]
                if backends:
                    return int(chance.choice(backends))
        time.sleep(0.05)
    raise RuntimeError(f"{target} never came back")


async def _watch(stack: Stack, target: str, pid: int, at: float) -> Kill:
    begun = time.monotonic()
    while not await asyncio.to_thread(_is_back, stack, target, pid):
        if time.monotonic() - begun > BACK_SECONDS:
            raise RuntimeError(f"{target} did not come back")
        await asyncio.sleep(0.05)
    return Kill(target, at, time.monotonic() - begun)


def _is_back(stack: Stack, target: str, pid: int) -> bool:
    if target in {"postgres", "a backend"}:
        try:
            psycopg.connect(stack.database_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return target == "a backend" or stack.pids().get("postgres") != pid
    now = stack.pids().get(target)
    if now in {None, pid} or not psutil.pid_exists(now or 0):
        return False
    return target != "web" or stack.answers()


def _drain(stack: Stack) -> None:
    """Wait until every message that can end has ended, or nothing moves any more."""
    silent = [f"%{ending}" for ending in SILENT]
    begun = moved = time.monotonic()
    before = -1
    while time.monotonic() - begun < DRAIN_SECONDS:
        try:
            ((waiting,),) = stack.sql(
                "SELECT count(*) FROM message m LEFT JOIN final f ON f.id = m.id "
                "WHERE f.id IS NULL AND NOT m.destination LIKE ANY (%s)",
                silent,
            )
        except psycopg.OperationalError:
            time.sleep(0.5)
            continue
        now = time.monotonic()
        if waiting == 0:
            break
        if waiting != before:
            before, moved = waiting, now
        if now - moved > STILL_SECONDS:
            break
        time.sleep(1)
    _say(f"drained in {time.monotonic() - begun:.0f} s")


def _count(stack: Stack, customers: list[Customer], sent: Sent, kills: list[Kill]) -> list[Line]:
    ((window,),) = stack.sql('SELECT max("window") FROM carrier_line')
    return compare(
        sent,
        read_ledger(_ledger(stack.home)),
        read_books(stack.database_url),
        {one.account: one.balance for one in customers},
        allowed_twice=window * len(kills),
    )


def _ledger(home: Path) -> Path:
    found = [path for path in home.rglob("*ledger*") if path.is_file() and "data" not in path.parts]
    if len(found) != 1:
        raise RuntimeError(f"the carrier's ledger is not to be found: {found}")
    return found[0]


def _violations(printed: str) -> int:
    last = printed.strip().rpartition("\n")[2]
    number = last.removeprefix("audit: ").partition(" ")[0]
    return int(number) if number.isdigit() else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
