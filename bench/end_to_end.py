"""Messages at a steady rate from request to callback queue, and whether a backlog grows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.customers import Customer
from bench.load import Plan, Result, finish, start
from bench.stack import Stack, Usage

_COUNTS = (
    "SELECT coalesce(sum(n_tup_ins) FILTER (WHERE relname ~ '^message_'), 0)::int8, "
    "coalesce(sum(n_tup_ins) FILTER (WHERE relname ~ '^final_'), 0)::int8 "
    "FROM pg_stat_user_tables"
)
_DRAIN_SECONDS = 120.0


@dataclass(slots=True)
class Sustained:
    """What a steady rate did."""

    asked: float
    """Messages a second that were due."""
    load: Result
    ended: float = 0.0
    """Messages a second that reached their end, over the measured time."""
    backlog: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since the start, messages accepted and not yet ended."""
    called: float = 0.0
    """Ends of messages a second that the customers' URLs were told, over the measured time."""
    drained: float = 0.0
    """Seconds from the last request until every message had ended."""
    micros: dict[str, float] = field(default_factory=dict)
    """CPU-µs a message, by process."""
    cores: dict[str, float] = field(default_factory=dict)

    @property
    def growth(self) -> float:
        """Return by how many messages a second the backlog grew in the later two thirds."""
        later = self.backlog[len(self.backlog) // 3 :]
        if len(later) < 2:
            return 0.0
        seconds = later[-1][0] - later[0][0]
        # Halves are compared rather than two points: receipts come in waves.
        half = len(later) // 2
        first = sum(count for _, count in later[:half]) / half
        second = sum(count for _, count in later[half:]) / (len(later) - half)
        return (second - first) / (seconds / 2)

    @property
    def steady(self) -> bool:
        """Tell whether the rate was kept: all accepted in time, no growing backlog."""
        in_time = self.load.per_second > 0.98 * self.asked
        return in_time and self.growth < 0.02 * self.asked


def sustain(
    stack: Stack,
    customers: Sequence[Customer],
    *,
    rate: float,
    seconds: float,
    run: int,
    batch: int = 1,
) -> Sustained:
    """Send at the rate for so many seconds; return what came of it."""
    settings = stack.settings
    plan = Plan(
        "127.0.0.1",
        settings.port,
        [one.plain() for one in customers],
        seconds,
        rate=rate / batch,
        batch=batch,
        run=run,
        warm=3.0,
    )
    accepted_before, ended_before = _counts(stack)
    process = start(plan)
    time.sleep(plan.warm)
    before, begun = stack.usage(), time.monotonic()
    _, first = _counts(stack)
    called_before = _called(stack)
    backlog = []
    while (passed := time.monotonic() - begun) < seconds:
        accepted, ended = _counts(stack)
        backlog.append((passed, (accepted - accepted_before) - (ended - ended_before)))
        time.sleep(0.5)
    after, passed = stack.usage(), time.monotonic() - begun
    _, last = _counts(stack)
    load = finish(process)
    found = Sustained(rate, load, (last - first) / passed, backlog)
    found.micros, found.cores = _spent(before, after, passed, last - first)
    found.micros["load"] = load.cpu / max(load.accepted, 1) * 1e6
    found.cores["load"] = load.cpu / load.seconds
    found.called = (_called(stack) - called_before) / passed
    found.drained = drain(stack)
    return found


def drain(stack: Stack) -> float:
    """Wait until every message has ended; return the seconds it took."""
    begun = time.monotonic()
    while time.monotonic() - begun < _DRAIN_SECONDS:
        ((messages, finals),) = stack.sql(
            "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM final)"
        )
        if finals >= messages:
            break
        time.sleep(0.5)
    return time.monotonic() - begun


def _called(stack: Stack) -> int:
    ((called,),) = stack.sql(
        "SELECT coalesce(sum(size), 0)::int8 FROM callback_delivery WHERE state = 'delivered'"
    )
    return int(called)


def _counts(stack: Stack) -> tuple[int, int]:
    ((accepted, ended),) = stack.sql(_COUNTS)
    return accepted, ended


def _spent(
    before: dict[str, Usage], after: dict[str, Usage], seconds: float, messages: int
) -> tuple[dict[str, float], dict[str, float]]:
    used = {name: after[name].cpu - before[name].cpu for name in after if name in before}
    micros = {name: cpu / max(messages, 1) * 1e6 for name, cpu in used.items()}
    return micros, {name: cpu / seconds for name, cpu in used.items()}
