"""Invitations of customers, found by the hash of their link's token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    Invitation,
    InvitationId,
    InvitationState,
    Role,
)
from umcloud.domains.accounts.tables import invitation
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MemberId


def invitation_of(row: Row[Any]) -> Invitation:
    """Return a row of `invitation` as the model has it, without its token's hash."""
    return Invitation(
        id=InvitationId(row.id),
        account_id=AccountId(row.account_id),
        contact=Contact(Channel(row.channel), row.target),
        role=Role(row.role),
        state=InvitationState(row.state),
        invited_by=MemberId(row.invited_by) if row.invited_by else None,
        created_at=row.created_at,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        sendings=row.sendings,
    )


async def add(tx: Tx, new: Invitation, token_hash: bytes) -> bool:
    """Write a new invitation; False where the contact has an open one of this account."""
    written = await tx.execute(
        insert(invitation)
        .values(
            id=new.id,
            account_id=new.account_id,
            channel=new.contact.channel.value,
            target=new.contact.target,
            role=new.role.value,
            state=new.state.value,
            token_hash=token_hash,
            invited_by=new.invited_by,
            created_at=new.created_at,
            sent_at=new.sent_at,
            expires_at=new.expires_at,
            sendings=new.sendings,
        )
        .on_conflict_do_nothing()
        .returning(invitation.c.id)
    )
    return written.one_or_none() is not None


async def on_day(tx: Tx, account_id: AccountId, since: datetime) -> int:
    """Return how many invitations the account has made since then."""
    row = (
        await tx.execute(
            select(func.count().label("n")).where(
                invitation.c.account_id == account_id, invitation.c.created_at >= since
            )
        )
    ).one()
    return int(row.n)


async def by_token(tx: Tx, token_hash: bytes, *, lock: bool = False) -> Invitation | None:
    """Return the invitation whose newest link it is, whatever its state; held where asked for."""
    query = select(invitation).where(invitation.c.token_hash == token_hash)
    row = await tx.one_or_none(query.with_for_update() if lock else query)
    return invitation_of(row) if row else None


async def lock(tx: Tx, account_id: AccountId, invitation_id: InvitationId) -> Invitation | None:
    """Return the account's invitation, held until the transaction ends."""
    row = await tx.one_or_none(
        select(invitation)
        .where(invitation.c.id == invitation_id, invitation.c.account_id == account_id)
        .with_for_update()
    )
    return invitation_of(row) if row else None


async def set_sent(tx: Tx, sent: Invitation, token_hash: bytes) -> None:
    """Write that it was sent with a new link; the link before it is forgotten."""
    await tx.execute(
        update(invitation)
        .where(invitation.c.id == sent.id)
        .values(
            token_hash=token_hash,
            sent_at=sent.sent_at,
            expires_at=sent.expires_at,
            sendings=sent.sendings,
        )
    )


async def accept(tx: Tx, invitation_id: InvitationId, member_id: MemberId) -> None:
    """Write who joined by it."""
    await tx.execute(
        update(invitation)
        .where(invitation.c.id == invitation_id)
        .values(state=InvitationState.ACCEPTED.value, member_id=member_id)
    )


async def withdraw(
    tx: Tx, account_id: AccountId, invitation_id: InvitationId | None = None
) -> list[Invitation]:
    """Withdraw one open invitation, or all, of the account; return which."""
    statement = update(invitation).where(
        invitation.c.account_id == account_id, invitation.c.state == InvitationState.OPEN.value
    )
    if invitation_id is not None:
        statement = statement.where(invitation.c.id == invitation_id)
    moved = await tx.execute(
        statement.values(state=InvitationState.WITHDRAWN.value).returning(invitation)
    )
    return [invitation_of(row) for row in moved]
