"""Use cases: keep what a line hears, and say that the carrier has our answer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from umcloud.domains.inbound import store
from umcloud.domains.inbound.model import HeardPart
from umcloud.infra.db import Tx


async def keep(tx: Tx, *, line: int, parts: Sequence[HeardPart]) -> None:
    """Keep parts as they came; the carrier may be answered once this is committed.

    It may be called again with the same parts after any doubt, and a part that the carrier
    delivers again over another link, for want of our answer, stays one row.
    """
    await store.keep(tx, line, parts)


async def answered(tx: Tx, heard: Sequence[tuple[UUID, int]]) -> None:
    """Note that the carrier has our answers to these (link, ordinal).

    It has no reason to deliver them again, so an equal text from now on is another one.
    """
    await store.answered(tx, heard)
