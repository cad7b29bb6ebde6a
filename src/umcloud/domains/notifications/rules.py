"""Pure decisions of notifications: facts at rest, words at reading, when to try again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from umcloud.infra.i18n import Texts
from umcloud.kernel.money import Money

#: The pause before each further try; after the last the mail is given up.
PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)


@dataclass(frozen=True, slots=True)
class Words:
    """A notification as a person reads it."""

    title: str
    body: str


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when a mail that failed so often is tried again, or None: it is given up."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def pack(facts: Mapping[str, object]) -> dict[str, Any]:
    """Return facts as JSON that `unpack` gives back: amounts, moments and choices stay such."""
    return {name: _packed(value) for name, value in facts.items()}


def _packed(value: object) -> Any:  # noqa: PLR0911 - one return a kind of value reads best
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Money):
        return {"money": value.micros}
    if isinstance(value, datetime):
        return {"moment": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Enum):
        return {"choice": f"{type(value).__name__}.{value.name}"}
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, tuple | list | frozenset | set):
        return {"several": [_packed(item) for item in value]}
    raise TypeError(f"a fact cannot be a {type(value).__name__}")


def unpack(facts: Mapping[str, Any], texts: Texts) -> dict[str, object]:
    """Return packed facts as sentences take them."""
    return {name: _unpacked(value, texts) for name, value in facts.items()}


def _unpacked(value: Any, texts: Texts) -> object:
    if not isinstance(value, dict):
        return value
    ((kind, plain),) = value.items()
    if kind == "money":
        return Money(plain)
    if kind == "moment":
        return datetime.fromisoformat(plain)
    if kind == "day":
        return date.fromisoformat(plain)
    if kind == "several":
        return tuple(_unpacked(item, texts) for item in plain)
    key = f"enum.{plain}"
    return texts.ui(key) if texts.knows("ui", key) else plain.partition(".")[2]


def words(texts: Texts, event_name: str, facts: Mapping[str, Any]) -> Words:
    """Return title and body in the texts' language, from packed facts.

    The sentences are `events` of the locale files: `<event>` is the body; `<event>.title`, where
    there is one, the title, and else the body is.
    """
    known = unpack(facts, texts)
    body = texts.event(event_name, **known)
    title = f"{event_name}.title"
    return Words(texts.event(title, **known) if texts.knows("events", title) else body, body)
