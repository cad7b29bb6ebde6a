"""Where the reviewed things of one kind stand: found, paged, queued, counted, written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, func, insert, select, update

from umcloud.domains.resources.review.model import Page, QueueItem, Reviewed, ReviewState
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId

R = TypeVar("R", bound=Reviewed)


class Shelf(Generic[R]):
    """One table of reviewed things. What is deleted is never found.

    `table` has a column for every field of the things, by its name; `read` makes one of a row.
    """

    def __init__(self, table: Table, read: Callable[[Row[Any]], R]) -> None:
        self._table = table
        self._read = read

    def alive(self) -> Select[Any]:
        """Return the selection of all that are not deleted."""
        return select(self._table).where(self._table.c.deleted_at.is_(None))

    async def one(self, tx: Tx, *where: ColumnElement[bool], hold: bool = False) -> R | None:
        """Return the one that fits, locked where `hold` is set; None where none does."""
        found = self.alive().where(*where)
        row = await tx.one_or_none(found.with_for_update() if hold else found)
        return self._read(row) if row else None

    async def by_public_id(self, tx: Tx, public_id: str, account_id: AccountId | None) -> R | None:
        """Return the thing; with an account, only that account's own."""
        columns = self._table.c
        own = [columns.account_id == account_id] if account_id is not None else []
        return await self.one(tx, columns.public_id == public_id, *own)

    async def all(self, tx: Tx, found: Select[Any]) -> list[R]:
        """Return what a selection from `alive` finds."""
        return [self._read(row) for row in await tx.all(found)]

    async def page(
        self,
        tx: Tx,
        *where: ColumnElement[bool],
        account_id: AccountId | None,
        states: Collection[ReviewState],
        before: UUID | None,
        limit: int,
    ) -> Page[R]:
        """Return those that fit, newest first; without account or states, whatever they are."""
        columns = self._table.c
        found = self.alive().where(*where).order_by(columns.id.desc()).limit(limit + 1)
        if account_id is not None:
            found = found.where(columns.account_id == account_id)
        if states:
            found = found.where(columns.state.in_([state.value for state in states]))
        if before is not None:
            found = found.where(columns.id < before)
        items = await self.all(tx, found)
        more = len(items) > limit
        return Page(tuple(items[:limit]), items[limit - 1].id if more else None)

    async def queue(
        self, tx: Tx, now: datetime, *, after: R | None, limit: int
    ) -> list[QueueItem[R]]:
        """Return what waits or is in review, longest waiting first, with its age."""
        columns = self._table.c
        found = (
            self.alive()
            .where(columns.state.in_([ReviewState.WAITING.value, ReviewState.IN_REVIEW.value]))
            .order_by(columns.submitted_at, columns.id)
            .limit(limit)
        )
        if after is not None:
            found = found.where(
                (columns.submitted_at > after.submitted_at)
                | ((columns.submitted_at == after.submitted_at) & (columns.id > after.id))
            )
        return [QueueItem(item, now - item.submitted_at) for item in await self.all(tx, found)]

    async def counts(self, tx: Tx, account_id: AccountId | None) -> dict[ReviewState, int]:
        """Return how many are in each state; every state is a key."""
        columns = self._table.c
        found = select(columns.state, func.count().label("number")).where(
            columns.deleted_at.is_(None)
        )
        if account_id is not None:
            found = found.where(columns.account_id == account_id)
        rows = await tx.all(found.group_by(columns.state))
        return dict.fromkeys(ReviewState, 0) | {ReviewState(row.state): row.number for row in rows}

    async def ever_named(self, tx: Tx, public_id: str) -> bool:
        """Tell whether the public id was ever given."""
        found = select(func.count()).where(self._table.c.public_id == public_id)
        return bool((await tx.execute(found)).scalar_one())

    async def add(self, tx: Tx, new: R) -> None:
        """Write a new thing."""
        await tx.execute(insert(self._table).values(**_values(new)))

    async def save(self, tx: Tx, changed: R) -> None:
        """Write a thing over its row."""
        mine = self._table.c.id == changed.id
        await tx.execute(update(self._table).where(mine).values(**_values(changed)))

    async def save_deleted(self, tx: Tx, last: R, now: datetime) -> None:
        """Take a thing out of sight for good, as it was last; messages keep pointing at its row."""
        mine = self._table.c.id == last.id
        gone = update(self._table).where(mine).values(**_values(last), deleted_at=now)
        await tx.execute(gone)


def _values(one: Reviewed) -> Mapping[str, object]:
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in values.items()
    }
