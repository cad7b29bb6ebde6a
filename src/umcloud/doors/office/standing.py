"""Who works in the office, what they may do, and what all its pages share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from umcloud.domains.accounts.model import Session, StaffRole
from umcloud.domains.accounts.ports import CodeSender
from umcloud.domains.accounts.rules import require_staff_role
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.messaging.status_search import LOOKED
from umcloud.doors.kit.context import Page, SignedIn, context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.office.promises import Promises
from umcloud.infra.i18n import Texts
from umcloud.infra.sealing import Sealer
from umcloud.kernel.ids import read

#: Who may look where; an admin everywhere.
CUSTOMERS = (StaffRole.SUPPORT, StaffRole.REVIEWER, StaffRole.FINANCE, StaffRole.AUDITOR)
MESSAGES = (StaffRole.SUPPORT, StaffRole.NETWORK, StaffRole.AUDITOR)
BOOKS = (StaffRole.FINANCE, StaffRole.AUDITOR)
STATEMENTS = (StaffRole.FINANCE, StaffRole.SUPPORT, StaffRole.AUDITOR)
PROMISES = (StaffRole.FINANCE, StaffRole.NETWORK, StaffRole.AUDITOR)
DECISIONS = (StaffRole.REVIEWER, StaffRole.AUDITOR)
PRICING = (StaffRole.FINANCE,)
PEOPLE = (StaffRole.AUDITOR,)

MINUTES_AN_HOUR = 60
HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages need besides the database."""

    vault: Vault
    sealer: Sealer
    sender: CodeSender
    closing: asyncio.Event
    sandbox: bool
    promises: Promises = field(default_factory=Promises)
    looked: int = LOOKED
    """How many messages one page of a search by status folds."""


@dataclass(frozen=True, slots=True)
class Officer(SignedIn):
    """A person of the operator with a valid session."""

    session: Session | None = None


def office_of(request: Request) -> Office:
    """Return what this office's pages share."""
    return cast("Office", request.app.state.office)


#: Which roles each page and deed was opened to, by its qualified name; a test reads it.
OPENED: dict[str, frozenset[StaffRole]] = {}


def only_staff(*roles: StaffRole) -> Callable[[Page], Page]:
    """Let only staff with one of these roles (or an admin) see the page or do the deed."""

    def decorate(page: Page) -> Page:
        OPENED[name_of(page)] = frozenset(roles) | {StaffRole.ADMIN}

        @wraps(page)
        async def checked(request: Request) -> Response:
            person = context_of(request).person
            if not isinstance(person, Officer) or person.session is None:
                raise NothingHere
            require_staff_role(person.session, *roles)
            return await page(request)

        return checked

    return decorate


def name_of(page: object) -> str:
    """Return a handler's qualified name, the same for its guarded self."""
    return f"{getattr(page, '__module__', '')}.{getattr(page, '__qualname__', '')}"


def may(request: Request, *roles: StaffRole) -> bool:
    """Tell whether this person has one of the roles, or is an admin."""
    return bool(context_of(request).person.roles & nav_roles(*roles))


def nav_roles(*roles: StaffRole) -> frozenset[str]:
    """Return the role names that see a navigation entry; an admin sees every one."""
    return frozenset(role.value for role in (*roles, StaffRole.ADMIN))


def reachable(request: Request, path: str, *roles: StaffRole) -> str:
    """Return the path where this person may follow it, else nothing: no figure leads to a “no”."""
    return path if may(request, *roles) else ""


def id_in_path(request: Request, prefix: str, name: str = "id") -> UUID:
    """Return the id in the address; NothingHere where it is none of that kind."""
    try:
        return read(prefix, request.path_params[name])
    except ValueError as error:
        raise NothingHere from error


def id_or_none(prefix: str, text: str | None) -> UUID | None:
    """Return the id that somebody typed, None where it is none."""
    try:
        return read(prefix, text.strip()) if text else None
    except ValueError:
        return None


def uuid_or_none(text: str | None) -> UUID | None:
    """Return the UUID of a cursor, None where it is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def age_words(texts: Texts, age: timedelta) -> str:
    """Return an age as a person says it: whole minutes, hours or days."""
    minutes = max(0, age // timedelta(minutes=1))
    if minutes < MINUTES_AN_HOUR:
        return texts.ui("office.age.minutes", n=minutes)
    hours = minutes // MINUTES_AN_HOUR
    if hours < 2 * HOURS_A_DAY:
        return texts.ui("office.age.hours", n=hours)
    return texts.ui("office.age.days", n=hours // HOURS_A_DAY)
