"""What must always be true of identities; `umcloud audit` prints each exception."""

from __future__ import annotations

from umcloud.domains.audit.questions import Piece, Question, all_of
from umcloud.infra.db import Tx

_UNPROVED = (
    "SELECT s.account_id FROM account_subject s WHERE NOT EXISTS (SELECT FROM identity_application"
    " i JOIN legal_subject l ON l.number = i.uscc AND l.id = s.subject_id"
    " WHERE i.account_id = s.account_id AND i.state = 'APPROVED')"
)
_UNBOUND = (
    "SELECT i.account_id FROM identity_application i WHERE i.state = 'APPROVED' AND NOT EXISTS"
    " (SELECT FROM account_subject s WHERE s.account_id = i.account_id)"
)


async def _unmatched(tx: Tx, piece: Piece) -> list[str]:
    """Return a line for each account whose subject and approval do not match (C6.1)."""
    del piece
    unproved = (await tx.sql(_UNPROVED)).all()
    unbound = (await tx.sql(_UNBOUND)).all()
    return [f"account {row.account_id} has a subject that nobody approved" for row in unproved] + [
        f"account {row.account_id} was approved but has no subject" for row in unbound
    ]


QUESTIONS = (Question("", "subjects", _unmatched, None),)
violations = all_of(QUESTIONS)
