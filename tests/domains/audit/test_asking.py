"""Everything is asked at night, in pieces; what is new is asked each minute."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from umcloud.domains.audit import asking, runs, sweeps
from umcloud.domains.audit.model import Scope
from umcloud.domains.audit.questions import LANES, Lately, Piece, Question
from umcloud.domains.audit.rules import LONGEST, SKEW, is_night
from umcloud.infra.db import Database, Tx

NIGHT = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)
"""Half past three in Shanghai."""
DAY = NIGHT + timedelta(hours=8)


@dataclass
class Said:
    """A question about lanes that remembers how it was asked."""

    faults: dict[int, str] = field(default_factory=dict)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    looks: list[Lately] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def question(self, key: str = "lanes") -> Question:
        async def ask(tx: Tx, piece: Piece) -> list[str]:
            await self._one_snapshot(tx)
            self.pieces.append((piece.first, piece.last))
            return [one for lane, one in self.faults.items() if piece.first <= lane < piece.last]

        async def lately(tx: Tx, given: Lately) -> list[str]:
            await self._one_snapshot(tx)
            self.looks.append(given)
            return self.new

        return Question("I0", key, ask, lately, LANES)

    async def _one_snapshot(self, tx: Tx) -> None:
        level = (await tx.sql("SHOW transaction_isolation")).scalar_one()
        assert (level, (await tx.sql("SHOW transaction_read_only")).scalar_one()) == (
            "repeatable read",
            "on",
        )


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NIGHT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def swept(database: Database, asked: asking.Asked, clock: Clock) -> int:
    """Ask everything to the end; return how many pieces that took."""
    pieces = 0
    while done := await asking.sweep(database, asked, clock, 1.0):
        pieces += done
    return pieces


def test_night_is_from_three_to_five_in_shanghai() -> None:
    assert is_night(NIGHT)
    assert not is_night(NIGHT - timedelta(minutes=31))
    assert not is_night(NIGHT + timedelta(minutes=90))


async def test_everything_is_asked_once_a_night(database: Database, clock: Clock) -> None:
    said = Said({200: "broken"})
    asked = {"slice": [said.question()]}
    clock.now = DAY
    assert await swept(database, asked, clock) == 0
    clock.now = NIGHT
    assert await swept(database, asked, clock) > 1
    firsts, lasts = zip(*said.pieces, strict=True)
    assert (firsts[0], lasts[-1]) == (0, 256)
    assert firsts[1:] == lasts[:-1]
    async with database.transaction() as tx:
        (run,) = await runs.latest(tx)
        assert await sweeps.under_way(tx) is None
    assert (run.scope, run.since, run.checked) == (Scope.ALL, None, 1)
    assert run.violations == ("slice: I0: broken",)
    clock.now += timedelta(minutes=30)
    assert await swept(database, asked, clock) == 0
    clock.now += timedelta(days=1) - timedelta(minutes=45)
    assert await swept(database, asked, clock) > 1


async def test_it_goes_on_where_it_was_left(database: Database, clock: Clock) -> None:
    """A stop, the end of a night or another worker: nothing is asked twice or left out."""
    first, second = Said(), Said()
    asked = {"a": [first.question()], "b": [second.question()]}
    tiny = 1e-9
    assert await asking.sweep(database, asked, clock, tiny) == 1
    async with database.transaction() as tx:
        begun = await sweeps.under_way(tx)
    assert begun is not None
    while len(first.pieces) < 2:
        await asking.sweep(database, asked, clock, tiny)
    clock.now = DAY
    assert await swept(database, asked, clock) == 0
    clock.now = NIGHT + timedelta(days=1)
    assert await swept(database, asked, clock) > 0
    for said in (first, second):
        firsts, lasts = zip(*said.pieces, strict=True)
        assert (firsts[0], lasts[-1], firsts[1:]) == (0, 256, lasts[:-1])
    async with database.transaction() as tx:
        (run,) = await runs.latest(tx)
    assert (run.begun_at, run.at) == (begun.begun_at, clock.now)


async def test_whoever_asks_need_not_wait_for_the_night(database: Database, clock: Clock) -> None:
    said = Said()
    clock.now = DAY
    async with database.transaction() as tx:
        await sweeps.begin(tx, clock.now, wanted=True)
    assert await swept(database, {"slice": [said.question()]}, clock) > 1
    async with database.transaction() as tx:
        (run,) = await runs.latest(tx)
    assert run.violations == ()


async def test_a_window_begins_at_the_last_clean_look(database: Database, clock: Clock) -> None:
    said = Said()
    asked = {"slice": [said.question()]}
    for new in ([], ["broken"], ["broken"], []):
        said.new = new
        await asking.lately(database, asked, clock.now)
        clock.now += timedelta(minutes=1)
    # The first look marks where the next ones begin; one that found something is no clean one.
    assert [look.since for look in said.looks] == [NIGHT + SKEW] * 4
    for _ in range(3):
        await asking.lately(database, asked, clock.now)
        clock.now += timedelta(minutes=1)
    assert said.looks[-1].since == said.looks[-1].now - timedelta(minutes=2) + SKEW
    clock.now += timedelta(hours=1)
    await asking.lately(database, asked, clock.now)
    assert said.looks[-1].since == clock.now - LONGEST
    clock.now += timedelta(hours=5)
    await asking.lately(database, asked, clock.now)
    assert said.looks[-1].since == clock.now + SKEW


async def test_new_transactions_are_those_since_the_window(
    database: Database, clock: Clock
) -> None:
    """What a transaction writes after a look has a number that the next looks ask from."""
    said = Said()
    asked = {"slice": [said.question()]}
    numbers = []
    for _ in range(4):
        await asking.lately(database, asked, clock.now)
        async with database.transaction() as tx:
            number = await tx.sql("SELECT pg_current_xact_id()::text::bigint")
            numbers.append(number.scalar_one())
        clock.now += timedelta(minutes=1)
    # The last look begins where the one two minutes before it was: behind the second number.
    assert numbers[0] < said.looks[3].xid <= numbers[1]


async def test_a_violation_stands_until_everything_was_asked_and_held(
    database: Database, clock: Clock
) -> None:
    said = Said(new=["broken"])
    asked = {"slice": [said.question()]}
    await asking.lately(database, asked, clock.now)
    said.new = []
    clock.now += timedelta(minutes=1)
    await asking.lately(database, asked, clock.now)
    async with database.transaction() as tx:
        assert await sweeps.standing(tx) == ["slice: I0: broken"]
    clock.now += timedelta(minutes=1)
    await swept(database, asked, clock)
    async with database.transaction() as tx:
        assert await sweeps.standing(tx) == []


async def test_what_a_sweep_under_way_has_found_stands(database: Database, clock: Clock) -> None:
    said = Said({0: "broken"})
    await asking.sweep(database, {"slice": [said.question()]}, clock, 1e-9)
    async with database.transaction() as tx:
        assert await runs.latest(tx) == []
        assert await sweeps.standing(tx) == ["slice: I0: broken"]
