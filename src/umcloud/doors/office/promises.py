"""The promises of all slices, asked on demand; every answer is kept beside the worker's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from umcloud.domains.audit import asking, sweeps
from umcloud.domains.audit.model import Answer, AuditRun
from umcloud.doors.kit.context import Transactions


@dataclass(frozen=True, slots=True)
class Asked:
    """One asking of all slices."""

    run: AuditRun
    answers: tuple[Answer, ...]


@dataclass(slots=True)
class Promises:
    """Asks the slices, one run at a time, and remembers the last answers of this process."""

    last: Asked | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, transactions: Transactions, now: datetime) -> Asked:
        """Ask every slice what is new, keep the answer, and let the worker check everything.

        Whoever asks meanwhile gets the run before.
        """
        if self._turn.locked() and self.last is not None:
            return self.last
        async with self._turn:
            run, answers = await asking.lately(transactions, asking.found(), now)
            async with transactions.transaction() as tx:
                await sweeps.begin(tx, now, wanted=True)
            self.last = Asked(run, tuple(answers))
            return self.last
