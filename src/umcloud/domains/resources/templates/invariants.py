"""What must always be true of templates; `umcloud audit` prints each exception."""

from __future__ import annotations

from datetime import datetime

from umcloud.domains.audit.questions import Lately, Piece, Question, all_of
from umcloud.domains.resources.review import history
from umcloud.domains.resources.templates.tables import template
from umcloud.infra.db import Tx


async def _unexplained(tx: Tx, since: datetime | None) -> list[str]:
    return [
        f"template {public_id} is {state}, but no decision says so"
        for public_id, state in await history.unexplained(tx, template, since)
    ]


async def _all(tx: Tx, piece: Piece) -> list[str]:
    """Return a line for each template that stands as decided though nothing recorded says so."""
    del piece
    return await _unexplained(tx, None)


async def _new(tx: Tx, lately: Lately) -> list[str]:
    return await _unexplained(tx, lately.since)


QUESTIONS = (Question("", "decisions", _all, _new),)
violations = all_of(QUESTIONS)
