"""Refusals of the `/v1` door itself, and how any refusal becomes a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from umcloud.doors.kit.errors import STATUS
from umcloud.infra.i18n import Texts
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Kind, Refusal

PROBLEM_TYPE: Final = b"application/problem+json"


class KeyMissing(Refusal):
    """There is no `Authorization: Bearer <public>.<private>`."""

    code: ClassVar[str] = "api.key_missing"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class MediaTypeWrong(Refusal):
    """The body is said to be something else than JSON."""

    code: ClassVar[str] = "api.media_type_wrong"
    kind: ClassVar[Kind] = Kind.MALFORMED


class BodyTooLarge(Refusal):
    """More bytes than the door takes. Fact: most, in bytes."""

    code: ClassVar[str] = "api.body_too_large"
    kind: ClassVar[Kind] = Kind.MALFORMED


class BodyUnreadable(Refusal):
    """The body is no UTF-8, no JSON, or neither of the two documented objects."""

    code: ClassVar[str] = "api.body_unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


class FieldUnknown(Refusal):
    """The body has a field that is not documented. Facts: field, path."""

    code: ClassVar[str] = "api.field_unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED


class FieldMissing(Refusal):
    """The body lacks a field. Facts: field, path."""

    code: ClassVar[str] = "api.field_missing"
    kind: ClassVar[Kind] = Kind.MALFORMED


class FieldWrong(Refusal):
    """A field holds another type than documented. Facts: path, expected."""

    code: ClassVar[str] = "api.field_wrong"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ParameterWrong(Refusal):
    """A query parameter is unknown or cannot be read. Fact: parameter."""

    code: ClassVar[str] = "api.parameter_wrong"
    kind: ClassVar[Kind] = Kind.MALFORMED


class IdempotencyKeyMalformed(Refusal):
    """Not 1–255 visible ASCII characters. Fact: most."""

    code: ClassVar[str] = "api.idempotency_key_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class NothingHere(Refusal):
    """No such address."""

    code: ClassVar[str] = "api.nothing_here"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class MethodRefused(Refusal):
    """The address exists, with other methods. Fact: methods."""

    code: ClassVar[str] = "api.method_refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


class RateLimited(Refusal):
    """The key made more requests than it may. Fact: limit, requests a second."""

    code: ClassVar[str] = "api.rate_limited"
    kind: ClassVar[Kind] = Kind.BUSY


class Faulty(Refusal):
    """We failed; the caller did nothing wrong. Whether something was accepted is not known."""

    code: ClassVar[str] = "api.faulty"
    kind: ClassVar[Kind] = Kind.BUSY


STATUS_OF: Final[Mapping[str, int]] = {
    MediaTypeWrong.code: 415,
    BodyTooLarge.code: 413,
    BodyUnreadable.code: 400,
    ParameterWrong.code: 400,
    IdempotencyKeyMalformed.code: 400,
    MethodRefused.code: 405,
    RateLimited.code: 429,
    Faulty.code: 500,
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why not, and what to do next (RFC 9457)."""

    type: str
    """The refusal's code, the same in every language; programs decide by it."""
    title: str
    status: int
    detail: str
    """A sentence in the language of Accept-Language: what to do next."""
    facts: dict[str, str | int | bool | list[str] | None] = {}
    """What the sentence was filled with."""
    instance: str = ""
    """The request's id, for support."""


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return STATUS_OF.get(refusal.code) or STATUS[refusal.kind]


def problem(refusal: Refusal, texts: Texts, *, instance: str = "") -> Problem:
    """Return the refusal as a problem in the reader's language."""
    return Problem(
        type=refusal.code,
        title=texts.ui(f"api.title.{refusal.kind.value}"),
        status=status_of(refusal),
        detail=texts.refusal(refusal),
        facts={name: _plain(value) for name, value in refusal.facts.items()},
        instance=instance,
    )


def problem_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    """Return the headers that go with it: Retry-After, WWW-Authenticate, Allow."""
    headers = [(b"content-type", PROBLEM_TYPE)]
    status = status_of(refusal)
    if refusal.kind is Kind.BUSY:
        headers.append((b"retry-after", b"%d" % (refusal.retry_after_seconds or 1)))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="UMCloud"'))
    if status == 405:
        headers.append((b"allow", str(refusal.facts.get("methods", "")).encode("ascii")))
    return headers


def _plain(value: object) -> str | int | bool | list[str] | None:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Money):
        return value.plain()
    if isinstance(value, list | tuple | set | frozenset):
        return [str(_plain(one)) for one in value]
    plain = getattr(value, "value", value)
    return plain if isinstance(plain, int | str) else str(plain)
