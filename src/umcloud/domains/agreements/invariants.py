"""What must always be true of the consents; `umcloud audit` prints each exception."""

from __future__ import annotations

from umcloud.domains.agreements import queries
from umcloud.domains.audit.questions import Piece, Question, all_of
from umcloud.infra.db import Tx


async def _broken(tx: Tx, piece: Piece) -> list[str]:
    """Return a line for each account whose chain of consents broke (I18)."""
    del piece
    return [
        f"I18: consent {broken.chain_seq} of account {broken.account_id}: {broken.what}"
        for broken in await queries.broken_chains(tx)
    ]


QUESTIONS = (Question("", "consents", _broken, None),)
violations = all_of(QUESTIONS)
