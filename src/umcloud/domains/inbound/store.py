"""SQL in, model out: parts, whole messages, and who wrote to whom last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert

from umcloud.domains.inbound import rules
from umcloud.domains.inbound.model import (
    HeardPart,
    InboundId,
    InboundMessage,
    KeptPart,
    Related,
    Written,
)
from umcloud.domains.inbound.tables import inbound_message
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MessageId, floor_of

#: A part that the carrier delivers again over another link, because it never had our answer,
#: moves to that link; everything else is new. The reception itself (link, ordinal) is the key, so
#: the same transaction may be run again after any doubt.
_KEEP = """
WITH again AS (
    UPDATE inbound_part SET link = :link, ordinal = :ordinal WHERE (link, ordinal) = (
        SELECT link, ordinal FROM inbound_part
        WHERE fingerprint = :fingerprint AND NOT answered AND link <> :link AND at > :suspect
            AND NOT EXISTS (SELECT FROM inbound_part WHERE link = :link AND ordinal = :ordinal)
        ORDER BY at, ordinal LIMIT 1)
    RETURNING 1
)
INSERT INTO inbound_part (link, ordinal, line, fingerprint, answered, source, destination,
    octets, coding, reference, total, number, at)
SELECT :link, :ordinal, :line, :fingerprint, false, :source, :destination,
    :octets, :coding, CAST(:reference AS int), :total, :number, :at
WHERE NOT EXISTS (SELECT FROM again)
ON CONFLICT (link, ordinal) DO NOTHING
"""

#: The next messages of every lane, and in the same statement who was written to last. `last_id`
#: and the rows are of one snapshot, so a lane that gave fewer than asked for was read to its end.
_FOLLOW = """
WITH behind AS (
    SELECT l.lane, l.last_id, greatest(coalesce(c.id, :floor), :floor) AS id
    FROM lane_log AS l LEFT JOIN conversation_cursor AS c ON c.lane = l.lane
    WHERE l.last_id > greatest(coalesce(c.id, :floor), :floor)
), page AS MATERIALIZED (
    SELECT b.lane, m.id, hashtextextended(m.source || ' ' || m.destination, 0) AS key
    FROM behind AS b CROSS JOIN LATERAL (
        SELECT id, source, destination FROM message
        WHERE lane = b.lane AND id > b.id AND id <= b.last_id ORDER BY lane, id LIMIT :each) AS m
), moved AS (
    INSERT INTO conversation_cursor (lane, id)
    SELECT b.lane, CASE WHEN count(p.id) < :each THEN b.last_id
        ELSE (array_agg(p.id ORDER BY p.id DESC))[1] END
    FROM behind AS b LEFT JOIN page AS p ON p.lane = b.lane GROUP BY b.lane, b.last_id
    ON CONFLICT (lane) DO UPDATE SET id = excluded.id
), said AS (
    INSERT INTO conversation (key, lane, message_id)
    SELECT DISTINCT ON (key) key, lane, id FROM page ORDER BY key, id DESC
    ON CONFLICT (key) DO UPDATE SET lane = excluded.lane, message_id = excluded.message_id
    WHERE conversation.message_id < excluded.message_id
)
SELECT count(*) FROM page
"""

_LAST = """
SELECT asked.n, m.account_id, m.id, m.client_ref
FROM unnest(CAST(:ours AS text[]), CAST(:theirs AS text[]), CAST(:since AS uuid[]))
    WITH ORDINALITY AS asked (ours, theirs, since, n)
JOIN conversation AS c ON c.key = hashtextextended(asked.ours || ' ' || asked.theirs, 0)
JOIN message AS m ON m.lane = c.lane AND m.id = c.message_id
    AND m.destination = asked.theirs AND m.source = asked.ours AND m.id >= asked.since
"""


_READY = """
WITH open AS (
    SELECT *, count(*) OVER same AS came, min(at) OVER same AS first FROM inbound_part
    WHERE inbound_id IS NULL
    WINDOW same AS (PARTITION BY line, source, destination, reference, total, coding)
), ranked AS (
    SELECT *, dense_rank() OVER (
        ORDER BY first, line, source, destination, reference, total, coding) AS place
    FROM open WHERE came >= total OR first <= :before
)
SELECT link, ordinal, line, source, destination, octets, coding, reference, total, number, at
FROM ranked WHERE place <= :groups ORDER BY at, link, ordinal
"""


async def keep(tx: Tx, line: int, parts: Sequence[HeardPart]) -> None:
    """Keep parts; one that the carrier delivers again stays one row."""
    for part in parts:
        await tx.sql(
            _KEEP,
            link=part.link,
            ordinal=part.ordinal,
            line=line,
            fingerprint=rules.fingerprint(line, part),
            source=rules.readable(part.source),
            destination=rules.readable(part.destination),
            octets=part.octets,
            coding=part.coding,
            reference=part.reference,
            total=part.total,
            number=part.number,
            at=part.at,
            suspect=part.at - rules.SUSPECT,
        )


async def answered(tx: Tx, heard: Sequence[tuple[UUID, int]]) -> None:
    """Note that the carrier has our answers to these."""
    await tx.sql(
        "UPDATE inbound_part SET answered = true "
        "FROM unnest(CAST(:links AS uuid[]), CAST(:ordinals AS int[])) AS h (link, ordinal) "
        "WHERE inbound_part.link = h.link AND inbound_part.ordinal = h.ordinal",
        links=[link for link, _ in heard],
        ordinals=[ordinal for _, ordinal in heard],
    )


async def alone(tx: Tx, deed: str) -> bool:
    """Tell whether nobody else does this deed until the transaction's end."""
    found = await tx.sql("SELECT pg_try_advisory_xact_lock(hashtext(:deed))", deed=deed)
    return bool(found.scalar_one())


async def anything_open(tx: Tx) -> bool:
    """Tell whether there are parts that belong to no message yet."""
    found = await tx.sql("SELECT EXISTS (SELECT FROM inbound_part WHERE inbound_id IS NULL)")
    return bool(found.scalar_one())


async def ready_parts(tx: Tx, before: datetime, groups: int) -> list[KeptPart]:
    """Return parts that belong to no message yet and wait for nothing, oldest first.

    That is where as many came as there should be, or the first came before the moment. Never a
    piece of a group, and at most so many groups: what waits holds up nothing.
    """
    rows = await tx.sql(_READY, before=before, groups=groups)
    return [
        KeptPart(
            row.link,
            row.ordinal,
            row.line,
            row.source,
            row.destination,
            bytes(row.octets),
            row.coding,
            row.reference,
            row.total,
            row.number,
            row.at,
        )
        for row in rows
    ]


async def anybody_writes(tx: Tx, since: datetime) -> bool:
    """Tell whether a handset wrote lately; where none does, nobody needs to follow what is sent."""
    found = await tx.sql(
        "SELECT EXISTS (SELECT FROM inbound_part) "
        "OR EXISTS (SELECT FROM inbound_message WHERE id >= :floor)",
        floor=floor_of(since),
    )
    return bool(found.scalar_one())


async def follow(tx: Tx, since: datetime, each: int) -> int:
    """Note who was written to last, reading up to `each` messages a lane; return how many.

    Fewer than `each` means that everything accepted before is noted.
    """
    found = await tx.sql(_FOLLOW, floor=floor_of(since), each=each)
    return int(found.scalar_one())


async def last_sent(tx: Tx, asked: Sequence[tuple[str, str, datetime]]) -> dict[int, Related]:
    """Return, by place in `asked`, the last message from our number to theirs since the moment."""
    rows = await tx.sql(
        _LAST,
        ours=[ours for ours, _, _ in asked],
        theirs=[theirs for _, theirs, _ in asked],
        since=[floor_of(since) for _, _, since in asked],
    )
    return {
        row.n - 1: Related(AccountId(row.account_id), MessageId(row.id), row.client_ref)
        for row in rows
    }


async def line_sources(tx: Tx) -> dict[int, str]:
    """Return each line's own number."""
    rows = await tx.sql("SELECT number, source FROM carrier_line")
    return {row.number: row.source for row in rows}


async def add(tx: Tx, message: InboundMessage, written: Written) -> None:
    """Keep a whole message, and say of its parts that they are in it."""
    await tx.execute(
        insert(inbound_message).values(
            id=message.id,
            account_id=message.account_id,
            line=message.line,
            source=message.source,
            destination=message.destination,
            extend_code=message.extend_code,
            text=message.text,
            parts=message.parts,
            missing=message.missing,
            message_id=message.message_id,
            client_ref=message.client_ref,
            at=message.at,
        )
    )
    await tx.sql(
        "UPDATE inbound_part SET inbound_id = :message "
        "FROM unnest(CAST(:links AS uuid[]), CAST(:ordinals AS int[])) AS h (link, ordinal) "
        "WHERE inbound_part.link = h.link AND inbound_part.ordinal = h.ordinal",
        message=message.id,
        links=[part.link for part in written.kept],
        ordinals=[part.ordinal for part in written.kept],
    )


async def forget_parts(tx: Tx, before: datetime, limit: int) -> int:
    """Delete parts that were put together, heard before the moment; return how many."""
    done = await tx.sql(
        "DELETE FROM inbound_part WHERE (link, ordinal) IN (SELECT link, ordinal "
        "FROM inbound_part WHERE inbound_id IS NOT NULL AND at < :before ORDER BY at "
        "LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=before,
        limit=limit,
    )
    return done.rowcount


async def forget_conversations(tx: Tx, before: datetime, limit: int) -> int:
    """Delete what is too old to be answered; return how many."""
    done = await tx.sql(
        "DELETE FROM conversation WHERE key IN "
        "(SELECT key FROM conversation WHERE message_id < :floor LIMIT :limit)",
        floor=floor_of(before),
        limit=limit,
    )
    return done.rowcount


def message_of(row: Row[Any]) -> InboundMessage:
    """Return the message in a row of its table."""
    return InboundMessage(
        id=InboundId(row.id),
        account_id=AccountId(row.account_id) if row.account_id else None,
        line=row.line,
        source=row.source,
        destination=row.destination,
        extend_code=row.extend_code,
        text=row.text,
        parts=row.parts,
        missing=row.missing,
        message_id=MessageId(row.message_id) if row.message_id else None,
        client_ref=row.client_ref,
        at=row.at,
    )
