"""A refusal is every expected “no”: a code, a kind and the facts. Doors translate it.

Sentences live in `locale/`, keyed by code; a refusal never speaks HTTP, SMPP or Chinese.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What sort of “no” it is; doors without a row of their own for a code fall back on it."""

    MALFORMED = "malformed"
    """The request cannot be read or breaks a documented bound."""
    UNAUTHENTICATED = "unauthenticated"
    """We do not know who is asking."""
    FORBIDDEN = "forbidden"
    """We know who is asking and they may not."""
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """The thing exists already, or is in a state that does not allow the deed."""
    UNAFFORDABLE = "unaffordable"
    """The wallet does not hold what the deed costs."""
    UNPROVEN = "unproven"
    """A verification, consent or approval is missing; the facts name which and where to give it."""
    BUSY = "busy"
    """Try again later; `retry_after_seconds` says when."""


class Refusal(Exception):  # noqa: N818 - the trade's word is refusal, and it is no malfunction
    """Base of all expected refusals. Subclasses set `code` and `kind`; facts are keywords."""

    code: ClassVar[str]
    kind: ClassVar[Kind]

    def __init__(self, *, retry_after_seconds: int | None = None, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        # Facts may hold people's numbers; a log line gets the code alone.
        return self.code


def registry() -> dict[str, type[Refusal]]:
    """Return every refusal class known to the process by its code (used by doors and tests)."""
    found: dict[str, type[Refusal]] = {}
    pending = list(Refusal.__subclasses__())
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if "code" in cls.__dict__:
            if found.get(cls.code, cls) is not cls:
                raise ValueError(f"two refusals share the code {cls.code}")
            found[cls.code] = cls
    return found
