"""`umcloud audit`: ask every slice whether what it promises still holds, and print what does not.

Everything there is, each piece in a snapshot of its own (`domains/audit/questions.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from umcloud.domains.audit import asking
from umcloud.infra.db import Database

found = asking.found


async def run(out: TextIO, database: Database, now: datetime) -> int:
    """Print a line a slice and a line a violation; return 1 where there is one, else 0."""
    total = 0
    async for answer in asking.everything(database, asking.found(), lambda: now):
        lines = len(answer.violations)
        out.write(f"{answer.slice}: {lines or 'no'} violations ({answer.milliseconds} ms)\n")
        out.writelines(f"  {violation}\n" for violation in answer.violations)
        total += lines
    out.write(f"audit: {total or 'no'} violations\n")
    return 1 if total else 0
