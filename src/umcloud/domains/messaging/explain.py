"""“Explain this charge”: every fact that made the amount (C9.2), and the state of the lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.ledger.model import CNY, BucketKind
from umcloud.domains.messaging import pulses, queries
from umcloud.domains.messaging.pulses import Pulse
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, JournalId, MessageId, PriceId, lane_of


@dataclass(frozen=True, slots=True)
class Draw:
    """What one bucket paid: micros of CNY, or units of a package."""

    bucket_id: UUID
    kind: BucketKind
    amount: int


@dataclass(frozen=True, slots=True)
class ChargeExplained:
    """A charge with the rule that made it."""

    message_id: MessageId
    segments: int
    characters: int
    amount: int
    currency: str
    """CNY in micros, or the package's units."""
    unit_price: Decimal
    price_id: PriceId
    price_source: str
    price_valid_from: datetime
    tax_code: str
    journal_lane: int
    journal_id: JournalId
    booked_at: datetime
    draws: list[Draw]
    outcome: str | None
    """settle or refund, once the message has ended."""
    refund_reason: str | None

    @property
    def paid_by_package(self) -> bool:
        """Whether units of a package paid, not money."""
        return self.currency != CNY


async def explain(tx: Tx, account_id: AccountId, message_id: MessageId) -> ChargeExplained | None:
    """Return why the message cost what it cost; None where it is not the account's."""  # C9.2
    known = await queries.message(tx, account_id, message_id)
    if known is None:
        return None
    row = (
        await tx.sql(
            "SELECT c.*, w.currency, j.booked_at, o.kind, o.reason FROM charge c "
            "JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id "
            "JOIN journal j ON j.lane = c.journal_lane AND j.id = c.journal_id "
            "LEFT JOIN charge_outcome o ON o.lane = c.lane AND o.id = c.id "
            "WHERE c.lane = :lane AND c.id = :id",
            lane=lane_of(account_id),
            id=message_id,
        )
    ).one()
    price = await catalogue.price_version(tx, PriceId(row.price_id))
    if price is None:
        raise LookupError("a charge without its price version")
    shares = [(UUID(b), n) for b, n in row.draws] if row.draws else [(row.bucket_id, row.amount)]
    kinds = {
        bucket.id: BucketKind(bucket.kind)
        for bucket in await tx.sql(
            "SELECT id, kind FROM bucket WHERE lane = :lane AND wallet_id = :wallet",
            lane=lane_of(account_id),
            wallet=row.wallet_id,
        )
    } | {row.wallet_id: BucketKind.CASH}
    return ChargeExplained(
        message_id=message_id,
        segments=row.quantity,
        characters=len(known.text),
        amount=row.amount,
        currency=row.currency,
        unit_price=price.price,
        price_id=price.id,
        price_source=price.source,
        price_valid_from=price.valid_from,
        tax_code=row.tax_code,
        journal_lane=row.journal_lane,
        journal_id=JournalId(row.journal_id),
        booked_at=row.booked_at,
        draws=[Draw(bucket, kinds[bucket], share) for bucket, share in shares],
        outcome=row.kind,
        refund_reason=row.reason if row.kind == "refund" else None,
    )


@dataclass(frozen=True, slots=True)
class LineView:
    """A carrier line as the operator sees it."""

    number: int
    name: str
    host: str
    port: int
    system_id: str
    source: str
    window: int
    per_second: int | None
    state: str
    carries: str
    priority: int
    pulse: Pulse | None
    """What its process last said; None where it never spoke."""
    is_heard: bool
    """Whether that was just now."""


async def lines(tx: Tx, now: datetime) -> list[LineView]:
    """Return the lines by priority, with what their process says of them now."""
    said = await pulses.read(tx)
    rows = await tx.sql("SELECT * FROM carrier_line ORDER BY priority, number")
    return [
        LineView(
            row.number,
            row.name,
            row.host,
            row.port,
            row.system_id,
            row.source,
            row.window,
            row.per_second,
            row.state,
            row.carries,
            row.priority,
            said.get(row.number),
            pulses.is_fresh(said.get(row.number), now),
        )
        for row in rows
    ]
