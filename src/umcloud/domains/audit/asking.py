"""Asking all slices: what is new every minute, everything at night, each in snapshots of its own.

One snapshot over all history would hold back the cleaning of rows that are updated often (wallets)
for as long as it lives, so none lives longer than a piece of a question takes.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias, cast

from umcloud import domains
from umcloud.domains.audit import runs, sweeps
from umcloud.domains.audit.model import Answer, AuditRun, Scope, Sweep
from umcloud.domains.audit.questions import Lately, Piece, Question, after
from umcloud.domains.audit.rules import SKEW, is_night, window
from umcloud.infra.db import Tx
from umcloud.kernel.ids import uuid7

Asked: TypeAlias = Mapping[str, Sequence[Question]]

SHORT = 0.5
"""Seconds: after a shorter piece the next one is twice as long, after twice that half as long."""
_A_NIGHT = timedelta(hours=12)
_BEHIND_ALL = "~"
"""Sorts behind the name of every question."""
_FOLDER = Path(domains.__file__).parent


class Transactions(Protocol):
    """Where transactions come from: a database, or what a door has of it."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open one; commit where the block ends well, roll back where it raises."""
        ...


def found() -> dict[str, tuple[Question, ...]]:
    """Return every slice's questions, by the slice's name (`resources.signatures`).

    A slice with promises about its rows has `invariants.py` with `QUESTIONS`; nothing has to be
    registered, so none can be forgotten.
    """
    questions = {}
    for path in sorted(_FOLDER.rglob("invariants.py")):
        name = ".".join(path.relative_to(_FOLDER).parent.parts)
        module = importlib.import_module(f"{domains.__name__}.{name}.invariants")
        questions[name] = cast("tuple[Question, ...]", module.QUESTIONS)
    return questions


@asynccontextmanager
async def snapshot(transactions: Transactions) -> AsyncIterator[Tx]:
    """Open a transaction that sees one moment: what is under way is no violation."""
    async with transactions.transaction() as tx:
        await tx.sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield tx


async def lately(
    transactions: Transactions, asked: Asked, now: datetime
) -> tuple[AuditRun, list[Answer]]:
    """Ask what is new since the last clean look and keep what was found; return it by slice too.

    The first look, or the first after hours without, finds nothing new: it marks where to begin.
    """
    async with snapshot(transactions) as tx:
        xmin = await tx.sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        running = xmin.scalar_one()
        target = window(await runs.last_clean(tx, Scope.NEW), now)
        look = await runs.look_near(tx, target)
    # What has an id from then on was written by a transaction that began after that look.
    if look is None or look.xid is None:
        new = Lately(now + SKEW, running, now)
    else:
        new = Lately(max(look.at + SKEW, target), look.xid, now)
    answers = []
    for name, questions in asked.items():
        begun, faults = time.perf_counter(), list[str]()
        asks = [(question, question.lately) for question in questions if question.lately]
        for question, ask in asks:
            async with snapshot(transactions) as tx:
                faults += question.lines(await ask(tx, new))
        answers.append(Answer(name, tuple(faults), _spent(begun), len(asks)))
    run = AuditRun(
        uuid7(now),
        now,
        sum(answer.questions > 0 for answer in answers),
        tuple(f"{one.slice}: {fault}" for one in answers for fault in one.violations),
        sum(answer.milliseconds for answer in answers),
        Scope.NEW,
        min(new.since, now),
        running,
    )
    async with transactions.transaction() as tx:
        await runs.keep(tx, run)
    return run, answers


async def everything(
    transactions: Transactions, asked: Asked, clock: Callable[[], datetime]
) -> AsyncIterator[Answer]:
    """Ask every slice everything, piece by piece, and give its answer."""
    for name, questions in asked.items():
        begun, faults = time.perf_counter(), list[str]()
        for question in questions:
            position, size = 0, question.axis.step
            while position < question.axis.end:
                lines, position, size = await _ask(transactions, question, position, size, clock())
                faults += lines
        yield Answer(name, tuple(faults), _spent(begun), len(questions))


def _spent(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1000)


async def _ask(
    transactions: Transactions, question: Question, position: int, size: int, now: datetime
) -> tuple[list[str], int, int]:
    """Ask one piece; return its faults, where the next begins and how long it should be."""
    begun = time.perf_counter()
    async with snapshot(transactions) as tx:
        reach = await question.axis.reach(tx)
        last = after(question, reach, position, size)
        lines = question.lines(await question.ask(tx, Piece(position, last, now)))
    took = time.perf_counter() - begun
    if took < SHORT:
        size = min(size * 2, question.axis.most)
    elif took > 2 * SHORT:
        size = max(size // 2, 1)
    return lines, last, size


async def sweep(
    transactions: Transactions, asked: Asked, clock: Callable[[], datetime], seconds: float
) -> int:
    """Go on asking everything for so many seconds; return how many pieces were asked.

    It begins by itself between 3 and 5 in Shanghai, or at once where somebody wants it, and goes on
    where it was left: by another worker, after a stop, or in the night after. When all is asked the
    answer is kept as a run.
    """
    now, until = clock(), time.perf_counter() + seconds
    async with transactions.transaction() as tx:
        under_way = await sweeps.under_way(tx)
        if under_way is None and is_night(now):
            before = await runs.latest(tx, 1, Scope.ALL)
            if not before or now - before[0].at > _A_NIGHT:
                under_way = await sweeps.begin(tx, now, wanted=False)
    if under_way is None or not (under_way.wanted or is_night(now)):
        return 0
    questions = {
        f"{name}: {question.code} {question.key}": question
        for name, mine in asked.items()
        for question in mine
    }
    done, sizes = 0, dict[str, int]()
    while under_way is not None:
        under_way = await _go_on(transactions, questions, sizes, under_way, clock())
        done += 1
        if time.perf_counter() >= until:
            break
    return done


async def _go_on(
    transactions: Transactions,
    questions: Mapping[str, Question],
    sizes: dict[str, int],
    before: Sweep,
    now: datetime,
) -> Sweep | None:
    """Ask the next piece and note how far it is; None when all is asked."""
    # A question that a new version dropped is passed over, one that it brought has its turn.
    name = min((name for name in questions if name >= before.question), default=None)
    if name is None:
        async with transactions.transaction() as tx:
            await sweeps.end(tx, before, now, len({one.partition(":")[0] for one in questions}))
        return None
    question, position = questions[name], before.position if name == before.question else 0
    begun, size = time.perf_counter(), sizes.get(name, question.axis.step)
    faults, last, sizes[name] = await _ask(transactions, question, position, size, now)
    to = (name, last)
    if last >= question.axis.end:
        to = min((other for other in questions if other > name), default=_BEHIND_ALL), 0
    lines = [f"{name.partition(':')[0]}: {fault}" for fault in faults]
    async with transactions.transaction() as tx:
        return await sweeps.move(tx, before, to, lines, _spent(begun))
