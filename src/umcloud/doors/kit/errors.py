"""Refusals of the desks themselves, and how any refusal becomes a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from umcloud.kernel.refusals import Kind, Refusal


class FormStale(Refusal):
    """The form does not come from a page that this browser was given, or its session is over."""

    code: ClassVar[str] = "kit.form_stale"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class FormTooLarge(Refusal):
    """More bytes than the desk takes. Facts: `most`, in bytes."""

    code: ClassVar[str] = "kit.form_too_large"
    kind: ClassVar[Kind] = Kind.MALFORMED


class FormUnreadable(Refusal):
    """The body is no form, or a broken one."""

    code: ClassVar[str] = "kit.form_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class RoleMissing(Refusal):
    """The person signed in may not do this. Facts: `roles`, who may."""

    code: ClassVar[str] = "kit.role_missing"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NothingHere(Refusal):
    """No such thing, or none that this person may see; the two look the same."""

    code: ClassVar[str] = "kit.nothing_here"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class WordDiffers(Refusal):
    """What was typed to confirm is not the name. Facts: `expected`."""

    code: ClassVar[str] = "kit.word_differs"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TooManyTries(Refusal):
    """One network knocks too often. Facts: `seconds` until it may again; nothing was looked at."""

    code: ClassVar[str] = "kit.too_many_tries"
    kind: ClassVar[Kind] = Kind.BUSY


STATUS: Final[Mapping[Kind, int]] = {
    Kind.MALFORMED: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAFFORDABLE: 402,
    Kind.UNPROVEN: 403,
    Kind.BUSY: 503,
}
"""HTTP status of a refusal that no door knows better by its code (RFC 9110, section 15.5)."""


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status with which a desk shows a refusal."""
    if isinstance(refusal, FormTooLarge):
        return 413
    if isinstance(refusal, TooManyTries):
        return 429  # RFC 6585, section 4
    return STATUS[refusal.kind]
