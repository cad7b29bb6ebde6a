"""A call: what an action is handed, and how it reads its parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from umcloud.domains.accounts.model import KeyFacts, Scope
from umcloud.doors.dialects.uapi.errors import ParameterMalformed, ParameterMissing
from umcloud.doors.kit.programs import Accepts
from umcloud.infra.db import Database
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act, Actor, ActorKind, Door
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal
from umcloud.wire.uapi.files import read_file
from umcloud.wire.uapi.requests import Received

T = TypeVar("T")

#: What every action takes, defined by it or not (section 2.2).
EVERYWHERE = frozenset({"Action", "PublicKey", "ProjectId", "Region", "Zone", "SecurityToken"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action answers besides RetCode 0; `refusal` makes it a failure with fields."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    message: str = "Success"
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One believed request."""

    received: Received
    key: KeyFacts
    database: Database
    pump: Accepts
    texts: Texts
    now: datetime
    request_id: UUID
    ip: str | None

    @property
    def account_id(self) -> AccountId:
        """The caller's account."""
        return self.key.account_id

    @property
    def act(self) -> Act:
        """The circumstances, for a service."""
        actor = Actor(ActorKind.KEY, self.key.key_id, self.key.account_id)
        locale = self.texts.locale
        return Act(actor, self.now, Door.UAPI, self.request_id, self.ip, locale=locale)

    def text(self, name: str) -> str | None:
        """Return a text; None where it is absent."""
        value = self.received.params.get(name)
        if value is not None and not isinstance(value, str):
            raise ParameterMalformed(parameter=name)
        if value is not None and "\x00" in value:
            raise ParameterMalformed(parameter=name)
        return value

    def needed(self, name: str) -> str:
        """Return a text that must be there and not blank."""
        value = self.text(name)
        if not value:
            raise ParameterMissing(parameter=name)
        return value

    def number(self, name: str, read: Callable[[int], T]) -> T:
        """Return a needed whole number as what it stands for."""
        text = self.needed(name)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ParameterMalformed(parameter=name)
        try:
            return read(int(text))
        except ValueError as error:
            raise ParameterMalformed(parameter=name) from error

    def flag(self, name: str) -> bool:
        """Return `true` or `false`; false where absent."""
        text = self.text(name) or "false"
        if text not in {"true", "false"}:
            raise ParameterMalformed(parameter=name)
        return text == "true"

    def list(self, name: str) -> list[str]:
        """Return a list of texts; empty where absent."""
        value = self.received.params.get(name, [])
        if not isinstance(value, list):
            raise ParameterMalformed(parameter=name)
        texts = [one for one in value if isinstance(one, str) and "\x00" not in one]
        if len(texts) != len(value):
            raise ParameterMalformed(parameter=name)
        return texts

    def file(self, name: str) -> bytes | None:
        """Return a file's bytes; None where absent. Refuses uapi.file_unreadable."""
        text = self.text(name)
        return read_file(text) if text else None


@dataclass(frozen=True, slots=True)
class Action:
    """A command: what it takes, who may, and what it does."""

    scope: Scope
    parameters: frozenset[str]
    run: Callable[[Call], Awaitable[Outcome]]
