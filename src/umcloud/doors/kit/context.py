"""What a handler knows about its request: who, when, in which language, with which database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from umcloud.doors.kit.entrance_limits import EntranceLimits
from umcloud.doors.kit.guard import Guard
from umcloud.doors.kit.navigation import Look, Navigation
from umcloud.doors.kit.templating import Templates
from umcloud.infra.clock import Now
from umcloud.infra.db import Tx
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act, ActorKind, Door
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money

SCOPE_KEY = "umcloud.context"


class Transactions(Protocol):
    """Whatever opens transactions: `infra.db.Database`."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open one; commit where the block ends well, roll back where it raises."""
        ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a valid session."""

    session_id: UUID
    kind: ActorKind
    """MEMBER or STAFF."""
    person_id: UUID
    """The member's or the staff member's id."""
    name: str
    roles: frozenset[str] = frozenset()
    account_id: AccountId | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Shell:
    """What the top bar shows beside the page; a door fills what it has."""

    account_name: str | None = None
    account_href: str | None = None
    balance: Money | None = None
    balance_href: str = "/costs"
    unread: int | None = None
    unread_href: str = "/inbox"
    sandbox_now: datetime | None = None
    """The movable clock's moment, when this is a sandbox."""
    sandbox_href: str | None = None
    person_links: tuple[tuple[str, str], ...] = ()
    """(path, ui key) of the person's menu, above signing out."""
    counts: dict[str, int] = field(default_factory=dict)
    """A number beside a navigation entry, by its path: what waits there."""


LoadSession = Callable[[Tx, str], Awaitable[SignedIn | None]]
LoadShell = Callable[[Tx, "RequestContext"], Awaitable[Shell]]
Reaches = Callable[["RequestContext", str, str], bool]
"""Tells whether the person may use an address: (context, method, path)."""


def reaches_all(context: RequestContext, method: str, path: str) -> bool:
    """Let everybody everywhere: for a desk whose people may all do the same."""
    del context, method, path
    return True


async def no_session(tx: Tx, token: str) -> SignedIn | None:
    """Know nobody: for a desk without sign-in."""
    del tx, token
    return None


async def bare_shell(tx: Tx, context: RequestContext) -> Shell:
    """Show nothing in the top bar but language and person."""
    del tx, context
    return Shell()


@dataclass(frozen=True, slots=True)
class Desk:
    """What all requests of one desk share; made by `kit.app.desk`."""

    name: str
    door: Door
    transactions: Transactions
    now: Now
    guard: Guard
    look: Look
    navigation: Navigation
    templates: Templates
    load_session: LoadSession
    load_shell: LoadShell
    reaches: Reaches = reaches_all
    strict_texts: bool = True
    sign_in_path: str = "/sign-in"
    sign_out_path: str = "/sign-out"
    max_body: int = 12_000_000
    """Bytes of a posted form, files included."""
    entrance_limits: EntranceLimits = field(default_factory=EntranceLimits)


@dataclass(slots=True)
class RequestContext:
    """The circumstances of one request. `context_of(request)` returns it."""

    desk: Desk
    act: Act
    texts: Texts
    nonce: str
    """For the only script that may stand in a page."""
    root: str
    """The path under which the desk is mounted; "" at the top."""
    path: str
    query: str
    signed_in: SignedIn | None = None
    csrf: str = ""
    """The token that forms and scripts send back; a fresh mask each request."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction; commit where the block ends well, roll back where it raises."""
        return self.desk.transactions.transaction()

    def url(self, path: str) -> str:
        """Return the address of a path of this desk, wherever it is mounted."""
        return f"{self.root}{path}" if path.startswith("/") else path

    def reaches(self, path: str, method: str = "GET") -> bool:
        """Tell whether a page should offer a link, or a deed, to who is looking."""
        plain = path.partition("?")[0]
        return not plain.startswith("/") or self.desk.reaches(self, method, plain)

    @property
    def person(self) -> SignedIn:
        """Return who is signed in; only behind a door that asks for it."""
        if self.signed_in is None:
            raise LookupError("nobody is signed in on an open page")
        return self.signed_in

    @property
    def account_id(self) -> AccountId:
        """Return the customer account of the person signed in (the portal)."""
        if self.person.account_id is None:
            raise LookupError("this person belongs to no account")
        return self.person.account_id


def context_of(request: Request) -> RequestContext:
    """Return the circumstances of this request."""
    return cast("RequestContext", request.scope[SCOPE_KEY])


Page = Callable[[Request], Awaitable[Response]]
