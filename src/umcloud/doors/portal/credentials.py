"""What people prove themselves with: the code and password fields, sending codes, the session."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from umcloud.domains.accounts import errors, rules, service
from umcloud.domains.accounts.model import Contact, Purpose, SessionKind, SignedIn
from umcloud.doors.kit.app import start_session
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import Password, Text
from umcloud.doors.portal.collaborators import collaborators

CODE: Final = Text(
    name="code",
    label="portal.code",
    help="portal.code.help",
    max_length=6,
    input_type="tel",
    autocomplete="one-time-code",
)
CODE_BLAME: Final = {"code.wrong": "code", "code.expired": "code", "code.exhausted": "code"}
"""Which field a refusal of the code stands beside."""
PASSWORD_BLAME: Final = {
    "password.too_short": "password",
    "password.too_long": "password",
    "password.common": "password",
    "password.is_name": "password",
}


def new_password(label: str = "portal.password") -> Password:
    """Return the field for a password that is chosen here."""
    return Password(
        name="password", label=label, help="portal.password.help", autocomplete="new-password"
    )


async def send_code(request: Request, contact: Contact, purpose: Purpose) -> bool:
    """Send a code; return False where the one sent within the last minute still serves.

    Refuses code.phone_closed and code.too_many. Whether the contact is a customer's is not told.
    """
    context, ours = context_of(request), collaborators(request)
    # Asked first: it is refused alike for those who are customers and those who are not.
    ours.sender.require_open(contact.channel)
    try:
        async with context.transaction() as tx:
            await service.request_code(
                tx,
                context.act,
                channel=contact.channel,
                target=contact.target,
                purpose=purpose,
                sender=ours.sender,
                vault=ours.vault,
            )
    except errors.CodeTooSoon:
        return False
    return True


def enter(request: Request, response: Response, entered: SignedIn) -> Response:
    """Let the browser keep the new session, and return the response."""
    seconds = int(rules.ABSOLUTE[SessionKind.MEMBER].total_seconds())
    start_session(request, response, entered.token, seconds)
    return response
