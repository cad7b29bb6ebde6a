"""Pure decisions of real-name verification."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from stdnum.cn import uscc as gb32100
from stdnum.exceptions import ValidationError

from umcloud.domains.identity import errors
from umcloud.domains.identity.model import (
    Application,
    ApplicationState,
    DocumentKind,
    MediaType,
    Organisation,
)

DOCUMENT_MOST = 4 * 1024 * 1024
REQUIRED = (DocumentKind.LICENCE,)
_NAME_LONGEST = 100
_PERSON_LONGEST = 64
_REASON_LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_MAGIC = {
    b"\xff\xd8\xff": MediaType.JPEG,
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"%PDF-": MediaType.PDF,
}


def read_organisation(name: str, uscc: str, legal_person: str) -> Organisation:
    """Return the canonical organisation (C3.2); refuses names and codes that cannot be true."""
    try:
        number = gb32100.validate(uscc)
    except ValidationError as error:
        raise errors.UsccMalformed from error
    company, person = name.strip(), legal_person.strip()
    lengths_fit = 2 <= len(company) <= _NAME_LONGEST and 2 <= len(person) <= _PERSON_LONGEST
    if not lengths_fit or _CONTROL.search(company + person):
        raise errors.NameMalformed
    return Organisation(company, str(number), person)


def media_type_of(content: bytes) -> MediaType:
    """Return what the document is by its first bytes; refuses others and more than 4 MiB."""
    if len(content) > DOCUMENT_MOST:
        raise errors.DocumentTooLarge(most=DOCUMENT_MOST)
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return media_type
    raise errors.DocumentUnreadable


def may_draft(last: Application | None) -> None:
    """Refuse to change what is under review or proved."""
    if last is not None and last.state is ApplicationState.SUBMITTED:
        raise errors.UnderReview
    if last is not None and last.state is ApplicationState.APPROVED:
        raise errors.AlreadyProved


def may_submit(last: Application | None, attached: Collection[DocumentKind]) -> Application:
    """Return the draft that is complete; refuses with what is missing (C3.3)."""
    may_draft(last)
    if last is None or last.state is not ApplicationState.DRAFT:
        raise errors.ApplicationNotFound
    missing = tuple(kind for kind in REQUIRED if kind not in attached)
    if missing:
        raise errors.DocumentsMissing(missing=missing)
    return last


def may_decide(application: Application) -> None:
    """Refuse to decide twice, or before it was submitted."""
    if application.state is ApplicationState.DRAFT:
        raise errors.ApplicationNotFound
    if application.state is not ApplicationState.SUBMITTED:
        raise errors.AlreadyDecided(state=application.state)


def read_reason(text: str) -> str:
    """Return the reviewer's reason; refuses an empty one."""
    reason = text.strip()
    if not reason:
        raise errors.ReasonMissing
    return reason[:_REASON_LONGEST]


def age(application: Application, now: datetime) -> timedelta:
    """Return how long a submitted application has been waiting."""
    return now - application.submitted_at if application.submitted_at else timedelta()
