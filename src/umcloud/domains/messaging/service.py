"""The operator's deeds on carrier lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.messaging import tables as t
from umcloud.domains.messaging.errors import LineUnknown
from umcloud.domains.messaging.events import LineAdded, LineStateChanged
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act


class LineState(StrEnum):
    """Draining takes no new messages and finishes what it has."""

    ENABLED = "enabled"
    DRAINING = "draining"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class NewLine:
    """A carrier line to add."""

    number: int
    name: str
    host: str
    port: int
    system_id: str
    password_sealed: bytes
    """Sealed with purpose `line.password` (infra.sealing)."""
    source: str
    """The number that recipients see."""
    window: int = 500
    """Unanswered submissions at most."""
    per_second: int | None = None
    carries: str = "all"
    """domestic, international or all."""
    priority: int = 10
    """The enabled line of the lowest number here takes the traffic."""


async def put_line(tx: Tx, act: Act, line: NewLine) -> None:
    """Add the line, enabled; where the number exists, change where and how it connects."""
    values = {
        "number": line.number,
        "name": line.name,
        "host": line.host,
        "port": line.port,
        "system_id": line.system_id,
        "password_sealed": line.password_sealed,
        "source": line.source,
        "window": line.window,
        "per_second": line.per_second,
        "carries": line.carries,
        "priority": line.priority,
    }
    await tx.execute(
        insert(t.carrier_line)
        .values(state=LineState.ENABLED.value, **values)
        .on_conflict_do_update(index_elements=[t.carrier_line.c.number], set_=values)
    )
    await tx.sql("NOTIFY lines_changed")
    await tx.announce(act, LineAdded(number=line.number))


async def set_line_state(tx: Tx, act: Act, *, number: int, state: LineState) -> None:
    """Enable, drain or disable the line; raises LineUnknown."""
    result = await tx.execute(
        update(t.carrier_line).where(t.carrier_line.c.number == number).values(state=state.value)
    )
    if not result.rowcount:
        raise LineUnknown(number=number)
    await tx.sql("NOTIFY lines_changed")
    await tx.announce(act, LineStateChanged(number=number, state=state.value))
