"""The life of a thing and the reason of a decision, as models for `kit.timeline` and `kit.why`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from umcloud.doors.kit.values import Link, Tone


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an event changed; before is empty for a new one."""

    label: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Step:
    """An event in a life. Texts are texts or `values.Key`."""

    at: datetime
    title: str
    tone: Tone = Tone.INFO
    actor: str = ""
    door: str = ""
    note: object = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value: of `kit.facts` lists and of reasons."""

    label: str
    value: object


@dataclass(frozen=True, slots=True)
class Why:
    """Facts, the rule they met, where the rule stands, and what to do."""

    title: str
    facts: tuple[Fact, ...]
    rule: str
    source: Link | str = ""
    """The clause or the price version."""
    todo: str = ""
    action: Link | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure that leads to the list behind it."""

    label: str
    value: object
    href: str = ""
    note: object = ""
    tone: Tone = Tone.IDLE
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the first visit: `state` is done, now or later."""

    title: str
    text: str
    state: str
    href: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A page beside this one."""

    text: str
    href: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The same call in one language of programs, for `kit.samples`."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars: a name and a value a label."""

    name: str
    values: tuple[int | str | None, ...]
    """Integers, or decimals as text; None where nothing is known."""
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart drawn in the browser; without scripts, and for ears, its numbers as a table."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: str = "line"
    """line, bar or stacked."""
    unit: str = ""

    def data(self, names: tuple[str, ...]) -> dict[str, object]:
        """Return what `kit.js` draws."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "labels": self.labels,
            "series": [
                {
                    "name": name,
                    "values": [None if v is None else float(v) for v in one.values],
                    "tone": one.tone.value if one.tone else None,
                }
                for name, one in zip(names, self.series, strict=True)
            ],
        }
