"""What each role may do at the portal, on one page; asked before any page or deed.

The longest path that leads to the address decides. A page that is not listed is everybody's, but
one that ends in `new` or `edit` is for those who may post it; a deed that is not listed is the
owners' alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from umcloud.domains.accounts import rules
from umcloud.domains.accounts.model import Right, Role
from umcloud.doors.kit.context import RequestContext, context_of

#: Pages that are not for everybody of the account.
PAGES: Final[Mapping[str, Right]] = {
    "/send": Right.SEND,
    "/costs/recharge": Right.PAY,
    "/developer": Right.DEVELOP,
    "/account/verification": Right.REPRESENT,
}
#: What is posted; None is everybody's, for it concerns nobody else.
DEEDS: Final[Mapping[str, Right | None]] = {
    "/inbox": None,
    "/send": Right.SEND,
    "/opt-outs": Right.SEND,
    "/signatures": Right.RESOURCES,
    "/templates": Right.RESOURCES,
    "/costs": Right.PAY,
    "/developer": Right.DEVELOP,
    "/consent": Right.REPRESENT,
    "/account/verification": Right.REPRESENT,
    "/account/team": Right.TEAM,
    "/account/sessions": None,
    "/sign-out": None,
}
_FORMS: Final = ("/new", "/edit")
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def needed(method: str, path: str) -> Right | None:
    """Return the right that an address takes, or None where everybody of the account may."""
    reading = method in _READING and not path.endswith(_FORMS)
    table: Mapping[str, Right | None] = PAGES if reading else DEEDS
    listed = max((one for one in table if _leads_to(one, path)), key=len, default=None)
    if listed is None:
        return None if reading else Right.REPRESENT
    return table[listed]


def _leads_to(listed: str, path: str) -> bool:
    return path == listed or path.startswith(f"{listed}/")


def has(context: RequestContext, right: Right) -> bool:
    """Tell whether the person signed in has the right, for what a page offers."""
    return bool(context.person.roles & names(right))


def reaches(context: RequestContext, method: str, path: str) -> bool:
    """Tell whether a page should offer the address; on open pages everything is offered."""
    right = needed(method, path)
    return right is None or context.signed_in is None or has(context, right)


def names(right: Right) -> frozenset[str]:
    """Return the roles that have a right, as a session names them."""
    return frozenset(role.value for role in rules.RIGHTS[right])


def require(context: RequestContext, right: Right) -> None:
    """Refuse the person signed in where their role does not have the right (role.missing)."""
    held = next(iter(context.person.roles), None)
    rules.require_right(Role(held) if held else None, right)


class RightsGate:
    """Middleware: refuses what a person's role does not reach."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let those pass who may."""
        if scope["type"] == "http":
            context = context_of(Request(scope))
            right = needed(scope["method"], context.path)
            if right is not None:
                require(context, right)
        await self._app(scope, receive, send)
