"""`umcloud audit`: ask every slice whether what it promises still holds, and print what does not.

A slice with promises about its rows has `invariants.py` with `violations(tx, now)`; nothing has to
be registered, so none can be forgotten.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO, cast

import umcloud
from umcloud.infra.db import Database, Tx

Violations = Callable[[Tx, datetime], Awaitable[list[str]]]

_PACKAGE = Path(umcloud.__file__).parent


def found() -> dict[str, Violations]:
    """Return every slice's question, by the slice's name (`resources.signatures`)."""
    questions = {}
    for path in sorted((_PACKAGE / "domains").rglob("invariants.py")):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        module = importlib.import_module(".".join(parts))
        questions[".".join(parts[2:-1])] = cast("Violations", module.violations)
    return questions


async def run(out: TextIO, database: Database, now: datetime) -> int:
    """Print a line a slice and a line a violation; return 1 where there is one, else 0.

    Everything is read in one snapshot, so that messages under way are no violations.
    """
    total = 0
    async with database.transaction() as tx:
        await tx.sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, ask in found().items():
            begun = time.perf_counter()
            violations = await ask(tx, now)
            spent = (time.perf_counter() - begun) * 1000
            out.write(f"{name}: {len(violations) or 'no'} violations ({spent:.0f} ms)\n")
            out.writelines(f"  {violation}\n" for violation in violations)
            total += len(violations)
    out.write(f"audit: {total or 'no'} violations\n")
    return 1 if total else 0
