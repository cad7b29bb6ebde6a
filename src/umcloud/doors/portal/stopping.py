"""Putting an own signature or template out of use, and what its page says of that."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from umcloud.domains.resources.review.model import LONGEST_REASON, Reviewed, ReviewState
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.fields import LongText
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted
from umcloud.doors.kit.values import Key

STOP = FormSpec(
    "stop",
    submit="portal.stop.submit",
    fields=(
        LongText(
            name="reason",
            label="portal.stop.reason",
            required=False,
            rows=2,
            max_length=LONGEST_REASON,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Use:
    """Whether a thing is in use, and what may be done about that; `text` says what it means."""

    path: str
    form: Form | None
    """Where it may be stopped."""
    text: str = ""
    may_resume: bool = False


def use_of(request: Request, one: Reviewed, kind: str) -> Use:
    """Return what the page of a signature or template (`kind`, plural) says of its use."""
    path = f"/{kind}/{one.public_id}"
    if one.state is ReviewState.APPROVED:
        default = "default." if getattr(one, "is_default", False) else ""
        return Use(path, blank_form(request, STOP), Key(f"portal.stop.{default}{kind}"))
    if one.stopped:
        return Use(path, None, Key(f"portal.stopped.{kind}"), may_resume=True)
    if one.is_disabled:
        return Use(path, None, Key(f"portal.disabled.{kind}"))
    return Use(path, None)


def reason_given(request: Request) -> str:
    """Return why the customer stops it; in their language that they did, where they say nothing."""
    said = str(posted(request).get("reason", "")).strip()
    return said or context_of(request).texts.ui("portal.stop.by_customer")
