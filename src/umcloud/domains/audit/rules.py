"""Pure decisions of the audit log: what an event leaves behind and how links are hashed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

from umcloud.domains.audit.model import AuditRecord, AuditRun, Plain
from umcloud.infra.i18n import masked_phone
from umcloud.kernel.moments import SHANGHAI
from umcloud.kernel.money import Money

#: The hash that stands before the first link.
GENESIS = bytes(32)

#: Words that no fact's name may contain: such values never belong into the log (C13.2).
FORBIDDEN_WORDS = frozenset(
    {"password", "passwd", "secret", "token", "body", "phone", "mobile", "email", "private"}
)

OVERLAP = timedelta(minutes=1)
"""How much of what was looked at is looked at again: ids are older than their commit."""
LONGEST = timedelta(minutes=15)
"""How far back the look at what is new goes; what is older is the night's."""
SKEW = timedelta(seconds=10)
"""How far the clocks of two machines may be apart."""
_NIGHT = range(3, 5)

_WORDS = re.compile(r"[a-z]+")
_CHINESE_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_LONGEST_TEXT = 500


class ForbiddenFactError(ValueError):
    """A programmer announced an event that carries a secret or somebody's number."""


def facts_of(event: object) -> dict[str, Plain]:
    """Return an event's fields as JSON values, without its account, which has a column.

    Raises ForbiddenFactError where a field is named like a secret, a body or a phone number, unless
    its name begins with `masked_`; numbers that stand inside free text are masked.
    """
    if not dataclasses.is_dataclass(event) or isinstance(event, type):
        raise TypeError("an event is a dataclass")
    found: dict[str, Plain] = {}
    for field in dataclasses.fields(event):
        if field.name != "account_id":
            found[_allowed(field.name)] = _plain(getattr(event, field.name))
    return found


def _allowed(name: str) -> str:
    words = set(_WORDS.findall(name.lower()))
    if words & FORBIDDEN_WORDS and not name.startswith("masked_"):
        raise ForbiddenFactError(f"a fact named {name!r} does not belong into the audit log")
    return name


def _plain(value: object) -> Plain:  # noqa: PLR0911 - one return a kind of value reads best
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text_of(value)
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, Money):
        return value.plain()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID | Decimal | date):
        return str(value)
    if isinstance(value, Mapping):
        return {_allowed(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a fact cannot be a {type(value).__name__}")


def _text_of(value: str) -> str:
    # PostgreSQL's JSON takes neither NUL nor lone surrogates; people do paste them.
    storable = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return _CHINESE_MOBILE.sub(lambda found: masked_phone(found[0]), storable)[:_LONGEST_TEXT]


def link_hash(before: bytes, seq: int, record: AuditRecord) -> bytes:
    """Return SHA-256 over the hash before, the sequence number and the record's canonical JSON."""
    canonical = json.dumps(
        {
            "id": str(record.id),
            "account_id": _text(record.account_id),
            "actor_kind": record.actor_kind.value,
            "actor_id": _text(record.actor_id),
            "door": record.door.value,
            "name": record.name,
            "facts": record.facts,
            "ip": record.ip,
            "user_agent": record.user_agent,
            "request_id": str(record.request_id),
            "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return hashlib.sha256(before + seq.to_bytes(8, "big") + canonical.encode()).digest()


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


def window(clean: AuditRun | None, now: datetime) -> datetime:
    """Return from when on things are new, given the last look at new things that found nothing."""
    longest = now - LONGEST
    return longest if clean is None else max(min(clean.at, now) - OVERLAP, longest)


def is_night(now: datetime) -> bool:
    """Return whether it is between 3 and 5 in Shanghai, when everything is checked."""
    return now.astimezone(SHANGHAI).hour in _NIGHT
