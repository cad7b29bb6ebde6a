"""The promises of all slices, asked on demand; every answer is kept beside the worker's."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from umcloud import domains
from umcloud.domains.audit import runs
from umcloud.domains.audit.model import AuditRun
from umcloud.doors.kit.context import Transactions
from umcloud.infra.db import Tx
from umcloud.kernel.ids import uuid7

Ask = Callable[[Tx, datetime], Awaitable[list[str]]]
_FOLDER = Path(domains.__file__).parent


@dataclass(frozen=True, slots=True)
class Answer:
    """What one slice said of its promises."""

    slice: str
    violations: tuple[str, ...]
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Run:
    """One asking of all slices, in one snapshot."""

    at: datetime
    answers: tuple[Answer, ...]

    @property
    def violations(self) -> int:
        """How many promises do not hold."""
        return sum(len(answer.violations) for answer in self.answers)

    def kept(self) -> AuditRun:
        """Return the run as the worker keeps its own."""
        found = [
            f"{answer.slice}: {violation}"
            for answer in self.answers
            for violation in answer.violations
        ]
        spent = sum(answer.milliseconds for answer in self.answers)
        return AuditRun(uuid7(self.at), self.at, len(self.answers), tuple(found), spent)


def slices() -> dict[str, Ask]:
    """Return every slice's question by the slice's name.

    The same files that `umcloud audit` finds: nothing is registered, so none can be forgotten.
    """
    found = {}
    for path in sorted(_FOLDER.rglob("invariants.py")):
        name = ".".join(path.relative_to(_FOLDER).parent.parts)
        module = importlib.import_module(f"{domains.__name__}.{name}.invariants")
        found[name] = cast("Ask", module.violations)
    return found


@dataclass(slots=True)
class Promises:
    """Asks the slices, one run at a time, and remembers the last answers of this process."""

    last: Run | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, transactions: Transactions, now: datetime) -> Run:
        """Ask every slice in one read-only snapshot, and keep the answer.

        Whoever asks meanwhile gets the run before.
        """
        if self._turn.locked() and self.last is not None:
            return self.last
        async with self._turn:
            answers = []
            async with transactions.transaction() as tx:
                await tx.sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for name, ask in slices().items():
                    begun = time.perf_counter()
                    violations = await ask(tx, now)
                    spent = round((time.perf_counter() - begun) * 1000)
                    answers.append(Answer(name, tuple(violations), spent))
            run = Run(now, tuple(answers))
            async with transactions.transaction() as tx:
                await runs.keep(tx, run.kept())
            self.last = run
            return run
