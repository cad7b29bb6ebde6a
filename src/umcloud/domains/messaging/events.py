"""What messaging announces. Single messages are not events: they are the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.infra.bus import Event


@dataclass(frozen=True, slots=True)
class LineAdded(Event):
    """The operator added a carrier line."""

    name: ClassVar[str] = "line.added"
    number: int


@dataclass(frozen=True, slots=True)
class LineStateChanged(Event):
    """The operator enabled, drained or disabled a line."""

    name: ClassVar[str] = "line.state_changed"
    number: int
    state: str
