"""`umcloud clock`: what time it is here, and in the sandbox, moving on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TextIO

from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.kernel.moments import SHANGHAI

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_STEP = re.compile(r"([1-9]\d{0,5})([smhdw])")


def read_step(text: str) -> timedelta:
    """Return the duration written as `90s`, `15m`, `6h`, `3d` or `2w`; ValueError otherwise."""
    if not (match := _STEP.fullmatch(text.strip())):
        raise ValueError("say how far: 90s, 15m, 6h, 3d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


async def show(out: TextIO, database: Database, clock: Clock) -> int:
    """Print the moment that every process of this installation goes by."""
    async with database.transaction() as tx:
        await clock.refresh(tx)
    moment = clock()
    ahead = f", {clock.offset} ahead of the machine" if clock.offset else ""
    out.write(f"{moment:%Y-%m-%dT%H:%M:%SZ} = {moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M} ")
    out.write(f"in Shanghai{ahead}\n")
    return 0


async def advance(out: TextIO, database: Database, clock: Clock, by: timedelta) -> int:
    """Move everybody's clock forward and print the new time; `ClockIsFixed` outside the sandbox."""
    async with database.transaction() as tx:
        await clock.advance(tx, by)
    return await show(out, database, clock)
