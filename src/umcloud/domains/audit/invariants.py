"""What must always be true of the audit log; `umcloud audit` prints each exception."""

from __future__ import annotations

from umcloud.domains.audit import service, store
from umcloud.domains.audit.model import BrokenLink
from umcloud.domains.audit.questions import Axis, Lately, Piece, Question, all_of
from umcloud.infra.db import Tx


async def _reach(tx: Tx) -> tuple[int, int]:
    return 0, await store.last_seq(tx) + 1


#: By the chain's numbers. What lies behind the last one is compared with the head.
_LINKS = Axis("links", 1 << 62, 5_000, 50_000, _reach)


async def _broken(tx: Tx, piece: Piece) -> list[str]:
    last = None if piece.last == _LINKS.end else piece.last
    return _told(await service.verify(tx, max(piece.first, 1), last))


async def _broken_lately(tx: Tx, lately: Lately) -> list[str]:
    first = await store.first_seq(tx, lately.since)
    return _told(await service.verify(tx, first or await store.last_seq(tx) + 1))


def _told(broken: list[BrokenLink]) -> list[str]:
    return [
        f"I18: audit link {link.seq} is {link.fault.value}"
        + (f" (record {link.record_id})" if link.record_id else "")
        for link in broken
    ]


QUESTIONS = (Question("", "chain", _broken, _broken_lately, _LINKS),)
violations = all_of(QUESTIONS)
