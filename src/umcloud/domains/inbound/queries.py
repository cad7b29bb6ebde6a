"""Read models: what was written to an account, and what was written to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from umcloud.domains.inbound.model import InboundId, InboundMessage
from umcloud.domains.inbound.store import message_of
from umcloud.domains.inbound.tables import inbound_message
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MessageId

_I = inbound_message.c


@dataclass(frozen=True, slots=True)
class InboundFilter:
    """What to look for; None means any."""

    number: str | None = None
    """The handset's: digits with country code, whole."""
    since: datetime | None = None
    until: datetime | None = None


async def search(
    tx: Tx,
    account_id: AccountId,
    wanted: InboundFilter | None = None,
    *,
    before: InboundId | None = None,
    limit: int = 50,
) -> list[InboundMessage]:
    """Return up to `limit` messages to the account, older than `before`, newest first."""
    wanted = wanted or InboundFilter()
    query = select(inbound_message).where(_I.account_id == account_id)
    if wanted.number is not None:
        query = query.where(_I.source == wanted.number)
    if wanted.since is not None:
        query = query.where(_I.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_I.at < wanted.until)
    if before is not None:
        query = query.where(_I.id < before)
    rows = await tx.all(query.order_by(_I.id.desc()).limit(limit))
    return [message_of(row) for row in rows]


async def answers(
    tx: Tx, account_id: AccountId, message_id: MessageId, limit: int = 20
) -> list[InboundMessage]:
    """Return what was written back to one message, oldest first."""
    rows = await tx.all(
        select(inbound_message)
        .where(_I.account_id == account_id, _I.id > message_id, _I.message_id == message_id)
        .order_by(_I.id)
        .limit(limit)
    )
    return [message_of(row) for row in rows]


async def chosen(tx: Tx, account_id: AccountId, ids: Sequence[InboundId]) -> list[InboundMessage]:
    """Return these of the account's messages, oldest first; those of another are left out."""
    rows = await tx.all(
        select(inbound_message).where(_I.account_id == account_id, _I.id.in_(ids)).order_by(_I.id)
    )
    return [message_of(row) for row in rows]


async def nobodys(tx: Tx, limit: int = 50) -> list[InboundMessage]:
    """Return the newest messages that answer to nothing we sent within the reach."""
    rows = await tx.all(
        select(inbound_message).where(_I.account_id.is_(None)).order_by(_I.id.desc()).limit(limit)
    )
    return [message_of(row) for row in rows]
