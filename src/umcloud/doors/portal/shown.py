"""How states of the domains look on the customer's pages."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final
from uuid import UUID

from umcloud.domains.accounts.model import KeyState
from umcloud.domains.identity.model import ApplicationState
from umcloud.domains.messaging.model import Status
from umcloud.domains.orders.model import OrderState
from umcloud.domains.payments.model import PaymentState
from umcloud.domains.resources.review.model import Decision, Reviewed, ReviewState
from umcloud.domains.resources.review.rules import story
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.forms import Form
from umcloud.doors.kit.story import Step
from umcloud.doors.kit.table import Query
from umcloud.doors.kit.values import Badge, Key, Lines, Phone, Tone
from umcloud.infra.i18n import Texts

TONES: Final[dict[Enum, Tone]] = {
    ReviewState.WAITING: Tone.WAITING,
    ReviewState.IN_REVIEW: Tone.WAITING,
    ReviewState.APPROVED: Tone.GOOD,
    ReviewState.REJECTED: Tone.BAD,
    ReviewState.DISABLED: Tone.IDLE,
    ApplicationState.DRAFT: Tone.ATTENTION,
    ApplicationState.SUBMITTED: Tone.WAITING,
    ApplicationState.APPROVED: Tone.GOOD,
    ApplicationState.REFUSED: Tone.BAD,
    KeyState.ACTIVE: Tone.GOOD,
    KeyState.SUSPENDED: Tone.ATTENTION,
    KeyState.REVOKED: Tone.IDLE,
    PaymentState.CREATED: Tone.WAITING,
    PaymentState.PAID: Tone.GOOD,
    PaymentState.CLOSED: Tone.IDLE,
    OrderState.VALID: Tone.GOOD,
    OrderState.USED_UP: Tone.IDLE,
    OrderState.EXPIRED: Tone.IDLE,
    Status.ACCEPTED: Tone.WAITING,
    Status.SUBMITTED: Tone.INFO,
    Status.DELIVERED: Tone.GOOD,
    Status.FAILED: Tone.BAD,
    Status.REJECTED: Tone.BAD,
    Status.UNKNOWN: Tone.ATTENTION,
}

_NAMED_HERE: Final = (Status, OrderState, PaymentState)


def state_badge(state: Enum) -> Badge:
    """Return a state as a word in its colour."""
    return Badge(Key(enum_key(state)), TONES[state])


def enum_key(member: Enum) -> str:
    """Return the ui key that names a choice; where its slice has no words, the portal has."""
    own = "portal." if isinstance(member, _NAMED_HERE) else ""
    return f"{own}enum.{type(member).__name__}.{member.name}"


def review_state(one: Reviewed) -> Badge | Lines:
    """Return where a review stands, with the reason where there is one (R-SIG-15)."""
    badge = state_badge(one.state)
    return Lines(badge, one.reason) if one.reason else badge


def review_steps(one: Reviewed, decisions: Sequence[Decision]) -> list[Step]:
    """Return a review from its newest step back; who decided is the operator's own affair."""
    return [
        Step(moment.at, Key(moment.title), TONES[moment.state], note=moment.reason)
        for moment in story(one, decisions)
    ]


def options_of(kind: type[Enum], prefix: str = "") -> tuple[Option, ...]:
    """Return every member of a kind as an option; its value is the member's own."""
    return tuple(
        Option(str(one.value), Key(enum_key(one)), Key(f"{prefix}.{one.name}") if prefix else "")
        for one in kind
    )


def class_key(cls: str) -> Key:
    """Return the name of a message class: otp, notice, marketing or international."""
    return Key(f"portal.class.{cls}")


def event_words(texts: Texts, name: str) -> str:
    """Return what a deed is called in the operation log; its technical name where it has none."""
    key = f"portal.deed.{name}"
    return texts.ui(key) if texts.knows("ui", key) else name


def revision_of(form: Form) -> int:
    """Return the revision that was on the screen; 0, which nothing has, where it is no number."""
    text = str(form.values.get("revision", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def cursor_id(query: Query) -> UUID | None:
    """Return the id after which the page begins; the first page where it is no id."""
    try:
        return UUID(query.after[0]) if query.after else None
    except ValueError:
        return None


def shown_number(digits: str) -> Phone:
    """Return a stored number as customers write it, masked."""
    mainland = digits.startswith("86") and len(digits) == len("8613800138000")
    return Phone(digits.removeprefix("86") if mainland else f"+{digits}")
