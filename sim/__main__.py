"""Let months pass in minutes and compare the books with a second opinion every evening.

    ./dev sim [--seed 1] [--days 120] [--accounts 40] [--short] [--broken charge|micro]

The real services and the worker's jobs run against a real PostgreSQL on a clock that is moved.
Half-way the clock leaps, so that packages reach their end after twelve months. Each simulated
evening all invariants of `umcloud audit` are asked, and every balance and count is compared with a
model in plain Python. The first violation or difference ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import uvloop

from sim import faults
from sim.books import DiffersError
from sim.compare import differences
from sim.days import Days
from sim.wallets import CNY
from sim.world import World, opened
from umcloud.infra.postgres import Cluster
from umcloud.infra.schema import create_tables, migrate
from umcloud.kernel.moments import day_begins
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Refusal

FIRST = date(2026, 3, 2)
YEAR = timedelta(days=367)
"""A package bought on any day before is at its end after it."""
WEEK = 7
_DEEDS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes."""

    seed: int
    days: int
    accounts: int
    broken: str | None
    leap: timedelta


@dataclass(slots=True)
class Result:
    """What a run came to."""

    days: int = 0
    faults: list[str] = field(default_factory=list)
    day: date = FIRST


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; print; return 1 where something did not hold."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    course = read_course(arguments)
    _say(f"seed {course.seed}, {course.days} days, {course.accounts} accounts"
         + (f", a leap of {course.leap.days} days half-way" if course.leap else ""))  # fmt: skip
    begun = time.perf_counter()
    with _postgres() as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(run(url, course))
    _say(f"\n{result.days} days in {time.perf_counter() - begun:.0f} s")
    return 1 if result.faults else 0


def read_course(arguments: Sequence[str] | None) -> Course:
    """Return the course that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="./dev sim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--short", action="store_true", help="30 days, 20 accounts")
    parser.add_argument("--broken", choices=faults.KINDS, help="the negative controls")
    chosen = parser.parse_args(arguments)
    days, accounts = (30, 20) if chosen.short else (120, 40)
    days = chosen.days or days
    leap = YEAR if days <= YEAR.days else timedelta()
    return Course(chosen.seed, days, chosen.accounts or accounts, chosen.broken, leap)


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="umcloud-sim-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        cluster = Cluster(home, password=secrets.token_hex(8), durable=False)
        cluster.start()
        try:
            cluster.ensure_database()
            if os.environ.get("UMCLOUD_TEST_SCHEMA") == "tables":
                create_tables(cluster.url(), unfinished=True)
            else:
                migrate(cluster.url())
            yield cluster.url()
        finally:
            cluster.stop()


async def run(url: str, course: Course) -> Result:
    """Simulate in a migrated, empty database, print as it goes, and return what was found."""
    result = Result()
    begin = day_begins(FIRST) + timedelta(minutes=1)
    async with opened(url, seed=course.seed, begin=begin) as world:
        days = Days(world, accounts=course.accounts, arrive_in=max(1, course.days // 3))
        _say(_header())
        week = time.perf_counter()
        planted = False
        for number in range(course.days):
            result.day = FIRST + timedelta(days=number)
            if number >= course.days // 2:
                result.day += course.leap
            try:
                await days.pass_one(result.day)
                if course.broken and number >= course.days // 3 and not planted:
                    planted = await faults.plant(world, course.broken)
                    world.note(f"a fault is planted: {course.broken}")
                result.faults += await _check(world)
            except (DiffersError, Refusal) as error:
                result.faults.append(f"{type(error).__name__}: {error}")
            except Exception:
                _explain(world, course, result)
                raise
            result.days += 1
            if result.days % WEEK == 0 or result.faults:
                _say(_line(world, result, time.perf_counter() - week))
                week = time.perf_counter()
            if result.faults:
                _explain(world, course, result)
                break
        _say(_table(world))
    return result


async def _check(world: World) -> list[str]:
    async with world.timed("invariants"):
        found = list(await world.check_promises())
    async with world.timed("comparison"), world.transaction() as tx:
        found += await differences(tx, world.books)
    return found


def _header() -> str:
    return (
        "\n  day  date        accounts  messages     money in      charged     refunded"
        "  violations  seconds"
    )


def _line(world: World, result: Result, seconds: float) -> str:
    books = world.books
    return (
        f"{result.days:5}  {result.day}  {len(books.customers):8}  {books.messages:8}"
        f"  {_yuan(books.money_in)}  {_yuan(_charged(world))}  {_yuan(books.refunded[CNY])}"
        f"  {len(result.faults):10}  {seconds:7.1f}"
    )


def _yuan(micros: int) -> str:
    return f"{Money(micros).plain():>11}"


def _charged(world: World) -> int:
    return sum(one.charged[CNY] for one in world.books.customers)


def _explain(world: World, course: Course, result: Result) -> None:
    _say(f"\nseed {course.seed}, day {result.days} ({result.day}):")
    for fault in result.faults:
        _say(f"  {fault}")
    _say("the deeds before:")
    for deed in world.deeds[-_DEEDS_SHOWN:]:
        _say(f"  {deed}")


def _table(world: World) -> str:
    books = world.books
    ends = {
        end: sum(one.ends[end] for one in books.customers)
        for end in ("delivered", "failed", "rejected", "unknown")
    }
    states = [payment.state for payment in books.payments.values()]
    packages = [package for one in books.customers for package in one.packages]
    rows = [
        ("accounts", len(books.customers)),
        ("messages accepted", books.messages),
        *((f"… {end}", count) for end, count in ends.items()),
        ("… under way", len(books.open)),
        ("requests answered as before", books.replays),
        *((f"refused {code}", count) for code, count in sorted(books.refusals.items())),
        ("recharges paid", states.count("paid")),
        ("… closed unpaid", states.count("closed")),
        ("money in, yuan", Money(books.money_in).plain()),
        ("charged, yuan", Money(_charged(world)).plain()),
        ("refunded, yuan", Money(books.refunded[CNY]).plain()),
        ("expired unused, yuan", Money(books.forfeited).plain()),
        ("packages bought", len(packages)),
        ("… at their end", sum(package.voided for package in packages)),
    ]
    spent = sorted(world.spent.items(), key=lambda pair: -pair[1])
    return "\n".join(
        [
            "",
            *(f"{name:<40}{value!s:>12}" for name, value in rows),
            "\nseconds went into",
            *(f"{what:<40}{seconds:10.1f} s" for what, seconds in spent if seconds >= 0.1),
        ]
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
