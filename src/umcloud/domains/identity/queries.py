"""Read models of real-name verification."""

from __future__ import annotations

from sqlalchemy import func, select, tuple_

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.identity import store
from umcloud.domains.identity.model import (
    Application,
    ApplicationId,
    ApplicationState,
    Document,
    Level,
    QueueItem,
    Subject,
)
from umcloud.domains.identity.tables import (
    account_subject,
    identity_application,
    legal_subject,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId


async def level(tx: Tx, account_id: AccountId) -> Level:
    """Return how much is proved about the account (C3.1)."""
    if await subject(tx, account_id) is not None:
        return Level.ORGANISATION
    known = await accounts.account(tx, account_id)
    return Level.CONTACT if known else Level.NONE


async def subject(tx: Tx, account_id: AccountId) -> Subject | None:
    """Return the legal subject behind the account, once it is proved."""
    row = await tx.one_or_none(
        select(legal_subject)
        .join(account_subject)
        .where(account_subject.c.account_id == account_id)
    )
    return store.subject_of(row) if row else None


async def current(tx: Tx, account_id: AccountId) -> Application | None:
    """Return the account's last application, whatever its state."""
    return await store.last(tx, account_id)


async def documents(tx: Tx, application_id: ApplicationId) -> list[Document]:
    """Return the application's documents, without their contents."""
    return await store.documents(tx, application_id)


async def queue(tx: Tx, after: Application | None = None, limit: int = 50) -> list[QueueItem]:
    """Return what waits for review, longest first, with the evidence; then what comes `after`."""
    table = identity_application
    query = select(table).where(table.c.state == ApplicationState.SUBMITTED.value)
    if after is not None:
        query = query.where(
            tuple_(table.c.submitted_at, table.c.id) > (after.submitted_at, after.id)
        )
    rows = await tx.all(query.order_by(table.c.submitted_at, table.c.id).limit(limit))
    return [await _item(tx, store.application_of(row)) for row in rows]


async def queue_item(tx: Tx, application_id: ApplicationId) -> QueueItem | None:
    """Return one application with its evidence, whatever its state."""
    table = identity_application
    row = await tx.one_or_none(select(table).where(table.c.id == application_id))
    return await _item(tx, store.application_of(row)) if row else None


async def queue_length(tx: Tx) -> int:
    """Return how many applications wait for review."""
    waiting = identity_application.c.state == ApplicationState.SUBMITTED.value
    query = select(func.count().label("n")).select_from(identity_application).where(waiting)
    return int((await tx.execute(query)).one().n)


async def _item(tx: Tx, application: Application) -> QueueItem:
    owner = await accounts.account(tx, application.account_id)
    others = (
        select(func.count())
        .select_from(account_subject.join(legal_subject))
        .where(
            legal_subject.c.number == application.organisation.uscc,
            account_subject.c.account_id != application.account_id,
        )
    )
    refused = select(func.count()).where(
        identity_application.c.account_id == application.account_id,
        identity_application.c.state == ApplicationState.REFUSED.value,
        identity_application.c.id < application.id,
    )
    counts = (
        await tx.execute(
            select(
                others.scalar_subquery().label("others"),
                refused.scalar_subquery().label("refused"),
            )
        )
    ).one()
    return QueueItem(
        application=application,
        account_name=owner.name if owner else "",
        documents=tuple(await store.documents(tx, application.id)),
        other_accounts=counts.others,
        refused_before=counts.refused,
    )
