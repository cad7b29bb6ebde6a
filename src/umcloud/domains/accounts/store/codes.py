"""One-time codes: one row a contact and purpose, overwritten by the next code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert

from umcloud.domains.accounts.model import Contact, OneTimeCode, Purpose
from umcloud.domains.accounts.tables import one_time_code
from umcloud.infra.db import Tx


def _is(contact: Contact, purpose: Purpose) -> ColumnElement[bool]:
    return and_(
        one_time_code.c.channel == contact.channel.value,
        one_time_code.c.target == contact.target,
        one_time_code.c.purpose == purpose.value,
    )


async def take_turn(tx: Tx, contact: Contact, purpose: Purpose) -> OneTimeCode | None:
    """Return the last code, and let nobody else judge or replace it until the transaction ends.

    An advisory lock, because before the first code there is no row to lock.
    """
    key = f"{contact.channel.value}\x1f{contact.target}\x1f{purpose.value}"
    await tx.sql("SELECT pg_advisory_xact_lock(hashtextextended(:key, 5))", key=key)
    row: Any = await tx.one_or_none(select(one_time_code).where(_is(contact, purpose)))
    if row is None:
        return None
    return OneTimeCode(
        contact=contact,
        purpose=purpose,
        code_mac=row.code_mac,
        tries=row.tries,
        issued_at=row.issued_at,
        day=row.day,
        sent_on_day=row.sent_on_day,
        used_at=row.used_at,
    )


async def replace(tx: Tx, code: OneTimeCode) -> None:
    """Write a new code in place of the last."""
    fresh = {
        "code_mac": code.code_mac,
        "tries": code.tries,
        "issued_at": code.issued_at,
        "day": code.day,
        "sent_on_day": code.sent_on_day,
        "used_at": None,
    }
    await tx.execute(
        insert(one_time_code)
        .values(
            channel=code.contact.channel.value,
            target=code.contact.target,
            purpose=code.purpose.value,
            **fresh,
        )
        .on_conflict_do_update(constraint="pk_one_time_code", set_=fresh)
    )


async def count_try(tx: Tx, contact: Contact, purpose: Purpose) -> None:
    """Write down one wrong try."""
    await tx.execute(
        update(one_time_code).where(_is(contact, purpose)).values(tries=one_time_code.c.tries + 1)
    )


async def mark_used(tx: Tx, contact: Contact, purpose: Purpose, at: datetime) -> None:
    """Write that the code has served; it never serves again."""
    await tx.execute(update(one_time_code).where(_is(contact, purpose)).values(used_at=at))
