"""Questions about promises: each says how it is asked of everything, and how of what is new.

Of everything it is asked piece by piece along an axis of its own (moments inside ids, lanes, the
numbers of a chain), so that no snapshot need live for long. Of what is new it is asked at once; a
question that has no such form is asked of everything only, at night and by `umcloud audit`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from umcloud.infra.db import Tx
from umcloud.infra.partitions import known_days
from umcloud.kernel.ids import floor_of
from umcloud.kernel.moments import day_begins, unix_ms

MOST = 100
"""Faults that one statement names: a hundred say as much as a million."""
OLDEST = timedelta(days=45)
"""How old a message may be whose end is still looked for by the short form."""

LAST_ID = UUID(int=(1 << 128) - 1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a question's axis: from `first` up to `last`, which is not in it."""

    first: int
    last: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Lately:
    """What is new: ids from a moment on, and what transactions from a number on wrote."""

    since: datetime
    xid: int
    now: datetime


Reach: TypeAlias = "Callable[[Tx], Awaitable[tuple[int, int]]]"
AskAll: TypeAlias = "Callable[[Tx, Piece], Awaitable[list[str]]]"
AskLately: TypeAlias = "Callable[[Tx, Lately], Awaitable[list[str]]]"


@dataclass(frozen=True, slots=True)
class Axis:
    """What a question is cut along. Outside its reach there is little: one piece on either side."""

    name: str
    end: int
    step: int
    """How long the first piece is; how long the next ones are follows from the time it took."""
    most: int
    reach: Reach

    def bound(self, value: int) -> object:
        """Return a place on the axis as statements take it."""
        return value


class _Moments(Axis):
    def bound(self, value: int) -> object:
        """Return the smallest id of the millisecond."""
        return UUID(int=value << 80) if value < self.end else LAST_ID


async def _days(tx: Tx) -> tuple[int, int]:
    days = await known_days(tx)
    if days is None:
        return 0, 0
    return unix_ms(day_begins(days[0])), unix_ms(day_begins(days[1] + timedelta(days=1)))


async def _lanes(tx: Tx) -> tuple[int, int]:
    del tx
    return 0, 256


async def _one(tx: Tx) -> tuple[int, int]:
    del tx
    return 0, 1


_DAY_MS = 86_400_000
#: By the time inside ids; a piece is as long as a second or two of work allow.
MOMENTS = _Moments("moments", 1 << 48, 3_600_000, 16 * _DAY_MS, _days)
#: By whole days, a partition each: for tables that no index opens by id.
DAYS = _Moments("days", 1 << 48, _DAY_MS, 16 * _DAY_MS, _days)
LANES = Axis("lanes", 256, 8, 256, _lanes)
WHOLE = Axis("whole", 1, 1, 1, _one)


@dataclass(frozen=True, slots=True)
class Question:
    """One promise and how to ask for what breaks it: a line each."""

    code: str
    """The invariant's number, `I7`; empty for those without one."""
    key: str
    """Its name, unique within its slice."""
    ask: AskAll
    lately: AskLately | None
    """None where only everything tells."""
    axis: Axis = WHOLE

    def lines(self, faults: Sequence[str]) -> list[str]:
        """Return the faults as they are printed."""
        return [f"{self.code}: {fault}" if self.code else fault for fault in faults]


def stretch(
    table: str, key: str = "id", lane: str | None = "lane", *, low: str = "first", up: str = "last"
) -> str:
    """Return SQL for the rows whose `key` lies in the stretch, found by an index.

    Where the index is led by the lane, lane by lane: OFFSET keeps the planner from reading all
    instead. `lane=None` where the id leads.
    """
    if lane is None:
        bounds = f"{key} >= :{low} AND {key} < :{up}"
        return f"(SELECT * FROM {table} WHERE {bounds})"  # noqa: S608 - our own words
    return f"""(SELECT t.* FROM generate_series(0, 255) AS l(n) CROSS JOIN LATERAL (
    SELECT * FROM {table} AS s
    WHERE s.{lane} = l.n AND s.{key} >= :{low} AND s.{key} < :{up} OFFSET 0
) AS t)"""  # noqa: S608 - our own words


async def told(tx: Tx, statement: str, given: dict[str, object]) -> list[str]:
    """Return the statement's first column, `MOST` rows of it; it takes of `given` what it names."""
    wanted = {word: value for word, value in given.items() if f":{word}" in statement}
    return list((await tx.sql(f"{statement.rstrip()} LIMIT {MOST}", **wanted)).scalars())


def _all_of(statement: str, axis: Axis) -> AskAll:
    async def ask(tx: Tx, piece: Piece) -> list[str]:
        given = {
            "first": axis.bound(piece.first),
            "last": axis.bound(piece.last),
            "now": piece.now,
        }
        return await told(tx, statement, given)

    return ask


def new_of(statement: str) -> AskLately:
    """Return what asks of new things by a statement (`given_lately`)."""

    async def ask(tx: Tx, lately: Lately) -> list[str]:
        return await told(tx, statement, given_lately(lately))

    return ask


def given_lately(lately: Lately) -> dict[str, object]:
    """Return what a statement about what is new may name.

    `:first` and `:last` bound new ids, `:xid` the transactions, `:oldest` the ids of messages that
    may have ended in them; `:since` and `:now` are moments.
    """
    return {
        "first": floor_of(lately.since),
        "last": LAST_ID,
        "xid": str(lately.xid),
        "oldest": floor_of(max(lately.since - OLDEST, _EPOCH)),
        "since": lately.since,
        "now": lately.now,
    }


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def by_id(
    code: str, key: str, statement: str, *, lately: str | None = None, axis: Axis = MOMENTS
) -> Question:
    """Return a question about the ids from `:first` to `:last`; lately by the same statement."""
    return Question(code, key, _all_of(statement, axis), new_of(lately or statement), axis)


def by_lane(code: str, key: str, statement: str, *, lately: str | None = None) -> Question:
    """Return a question about the lanes from `:first` to `:last`, each with all its history."""
    asks = new_of(lately) if lately else None
    return Question(code, key, _all_of(statement, LANES), asks, LANES)


def whole(code: str, key: str, statement: str, *, lately: str | None = None) -> Question:
    """Return a question that is asked in one piece."""
    return Question(code, key, _all_of(statement, WHOLE), new_of(lately) if lately else None)


def after(question: Question, reach: tuple[int, int], position: int, size: int) -> int:
    """Return where the piece ends that begins at `position`."""
    low, high = reach
    if position < low:
        return low
    if position < high:
        return min(position + size, high)
    return question.axis.end


async def pieces(tx: Tx, question: Question, now: datetime) -> AsyncIterator[Piece]:
    """Give all pieces of a question, none longer than the axis allows."""
    reach, position = await question.axis.reach(tx), 0
    while position < question.axis.end:
        last = after(question, reach, position, question.axis.most)
        yield Piece(position, last, now)
        position = last


def all_of(questions: Sequence[Question]) -> Callable[[Tx, datetime], Awaitable[list[str]]]:
    """Return what asks all of them of everything, in the transaction that is given."""

    async def violations(tx: Tx, now: datetime) -> list[str]:
        found = []
        for question in questions:
            async for piece in pieces(tx, question, now):
                found += question.lines(await question.ask(tx, piece))
        return found

    return violations


async def new_faults(tx: Tx, questions: Sequence[Question], lately: Lately) -> list[str]:
    """Return what those questions find that can be asked of what is new."""
    found = []
    for question in questions:
        if question.lately is not None:
            found += question.lines(await question.lately(tx, lately))
    return found
