"""The statements of the hot path and how a batch calls them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from umcloud.domains.charging.model import (
    Decision,
    Movements,
    OutcomeKind,
    StoredCharge,
    Wallets,
)
from umcloud.domains.charging.rules import operator_account
from umcloud.domains.ledger.model import Bucket, BucketKind, Wallet
from umcloud.infra.hot import Prepared, Rows, ints, one, read_uuid, texts, uuids
from umcloud.kernel.moments import shanghai_day

LOCK_WALLETS = Prepared(
    "lock_wallets",
    "int2[], uuid[]",
    "SELECT w.lane, w.id, w.account_id, w.currency, w.posted, w.held, w.credit_limit, w.seq "
    "FROM unnest($1, $2) AS a(lane, account_id) "
    "JOIN wallet w ON w.lane = a.lane AND w.account_id = a.account_id "
    "ORDER BY w.lane, w.id FOR NO KEY UPDATE OF w",
)
# Its own statement, hence its own snapshot: what the lock waited for is visible here.
READ_BUCKETS = Prepared(
    "read_buckets",
    "int2[], uuid[], timestamptz",
    "SELECT b.wallet_id, b.id, b.kind, b.remaining "
    "FROM unnest($1, $2) AS a(lane, account_id) "
    "JOIN wallet w ON w.lane = a.lane AND w.account_id = a.account_id "
    "JOIN bucket b ON b.lane = w.lane AND b.wallet_id = w.id "
    "WHERE (b.expires_at IS NULL OR b.expires_at > $3) AND (b.remaining > 0 OR b.kind = 'credit') "
    "ORDER BY b.wallet_id, b.priority, b.expires_at NULLS LAST, b.id",
)
WRITE_JOURNAL = Prepared(
    "write_journal",
    "int2, uuid, text, timestamptz, date",
    "INSERT INTO journal (lane, id, kind, booked_at, effective_on, reason) "
    "VALUES ($1, $2, $3, $4, $5, $3)",
)
MOVE_WALLETS = Prepared(
    "move_wallets",
    "int2[], uuid[], int8[], int2, uuid",
    "WITH moved AS (UPDATE wallet w SET posted = w.posted + d.amount, seq = w.seq + 1 "
    "FROM unnest($1, $2, $3) AS d(lane, id, amount) "
    "WHERE w.lane = d.lane AND w.id = d.id "
    "RETURNING w.lane, w.id, w.seq, w.posted, d.amount) "
    "INSERT INTO entry (lane, wallet_id, seq, journal_lane, journal_id, amount, balance_after) "
    "SELECT lane, id, seq, $4, $5, amount, posted FROM moved",
)
MOVE_BUCKETS = Prepared(
    "move_buckets",
    "int2[], uuid[], uuid[], int8[]",
    "UPDATE bucket b SET remaining = b.remaining + d.amount "
    "FROM unnest($1, $2, $3, $4) AS d(lane, wallet_id, id, amount) "
    "WHERE b.lane = d.lane AND b.wallet_id = d.wallet_id AND b.id = d.id",
)
WRITE_OPERATOR = Prepared(
    "write_operator",
    "int2, uuid, int2[], text[], text[], int8[]",
    "INSERT INTO operator_entry (lane, journal_id, line, ledger_account, currency, amount) "
    "SELECT $1, $2, o.* FROM unnest($3, $4, $5, $6) AS o",
)
WRITE_CHARGES = Prepared(
    "write_charges",
    "int2[], uuid[], uuid[], uuid[], uuid[], int8[], int4[], uuid[], text[], bool[], text[], "
    "int2, uuid",
    "INSERT INTO charge (lane, id, account_id, wallet_id, bucket_id, amount, quantity, price_id, "
    "tax_code, refund_on_failure, draws, journal_lane, journal_id) "
    "SELECT lane, id, account_id, wallet_id, bucket_id, amount, quantity, price_id, tax_code, "
    "refund_on_failure, draws::jsonb, $12, $13 "
    "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS c(lane, id, account_id, "
    "wallet_id, bucket_id, amount, quantity, price_id, tax_code, refund_on_failure, draws)",
)
SETTLE_CHARGES = Prepared(
    "settle_charges",
    "int2[], uuid[], timestamptz",
    "INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) "
    "SELECT lane, id, 'settle', 0, 'report', $3 FROM unnest($1, $2) AS o(lane, id) "
    "ON CONFLICT DO NOTHING",
)
# LATERAL with OFFSET 0 keeps the planner from scanning a log table that was empty, by its
# statistics, when the plan was made and holds millions of rows a minute later.
READ_CHARGES = Prepared(
    "read_charges",
    "int2[], uuid[]",
    "SELECT c.lane, c.id, c.account_id, c.wallet_id, c.bucket_id, c.amount, c.quantity, "
    "c.refund_on_failure, c.draws::text, w.currency, o.kind "
    "FROM unnest($1, $2) AS k(lane, id) "
    "CROSS JOIN LATERAL (SELECT * FROM charge c "
    "WHERE c.lane = k.lane AND c.id = k.id OFFSET 0) c "
    "JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id "
    "LEFT JOIN LATERAL (SELECT o.kind FROM charge_outcome o "
    "WHERE o.lane = c.lane AND o.id = c.id OFFSET 0) o ON true",
)
# No ON CONFLICT here: a charge that ended meanwhile must undo the whole batch, not half of it.
WRITE_REFUNDS = Prepared(
    "write_refunds",
    "int2[], uuid[], int8[], int2, uuid, text, timestamptz",
    "INSERT INTO charge_outcome (lane, id, kind, amount, journal_lane, journal_id, reason, at) "
    "SELECT lane, id, 'refund', amount, $4, $5, $6, $7 "
    "FROM unnest($1, $2, $3) AS o(lane, id, amount)",
)
JOURNAL_PRESENT = Prepared(
    "journal_present", "int2, uuid", "SELECT FROM journal WHERE lane = $1 AND id = $2"
)

STATEMENTS = (
    LOCK_WALLETS,
    READ_BUCKETS,
    WRITE_JOURNAL,
    MOVE_WALLETS,
    MOVE_BUCKETS,
    WRITE_OPERATOR,
    WRITE_CHARGES,
    SETTLE_CHARGES,
    READ_CHARGES,
    WRITE_REFUNDS,
    JOURNAL_PRESENT,
)

#: A journal's place: (lane, id). It stands on the lowest lane that its batch touched.
Place = tuple[int, int]

_WalletRow = tuple[str, str, str, str, str, str, str, str]
_BucketRow = tuple[str, str, str, str]
_KINDS = {kind.value: kind for kind in BucketKind}


def lock_calls(accounts: Iterable[tuple[int, int]], now: datetime) -> list[str]:
    """Return the calls that lock and read the wallets of these (lane, account) pairs."""
    pairs = list(accounts)
    lanes, ids = ints(lane for lane, _ in pairs), uuids(account for _, account in pairs)
    return [LOCK_WALLETS.call(lanes, ids), READ_BUCKETS.call(lanes, ids, one(now.isoformat()))]


def read_wallets(wallet_rows: Rows, bucket_rows: Rows) -> Wallets:
    """Return the locked wallets with their live buckets in draw order."""
    wallets: Wallets = {}
    by_id: dict[str, Wallet] = {}
    for row in wallet_rows:
        lane, wallet_id, account, currency, posted, held, limit, seq = cast("_WalletRow", row)
        payer = read_uuid(account)
        wallet = Wallet(
            int(lane),
            read_uuid(wallet_id),
            payer,
            currency,
            int(posted),
            int(held),
            int(limit),
            int(seq),
            [],
        )
        by_id[wallet_id] = wallet
        wallets[payer, currency] = wallet
    for row in bucket_rows:
        wallet_id, bucket_id, kind, remaining = cast("_BucketRow", row)
        by_id[wallet_id].buckets.append(Bucket(read_uuid(bucket_id), _KINDS[kind], int(remaining)))
    return wallets


def write_calls(decision: Decision, journal: Place, now: datetime) -> list[str]:
    """Return the calls that book a decided batch under one journal."""
    charged, moved = decision.charged, decision.movements
    if not charged.ids:
        return []
    rates = charged.rates
    return [
        *_book(moved, -1, journal, "charge", now),
        WRITE_CHARGES.call(
            ints(charged.lanes),
            uuids(charged.ids),
            uuids(charged.accounts),
            uuids(charged.wallets),
            uuids(charged.buckets),
            ints(charged.amounts),
            ints([rate.quantity for rate in rates]),
            uuids([rate.price_id for rate in rates]),
            texts([rate.tax_code for rate in rates]),
            texts(["t" if rate.refund_on_failure else "f" for rate in rates]),
            texts(charged.draws),
            *_named(journal),
        ),
    ]


def _named(journal: Place) -> tuple[str, str]:
    lane, id_ = journal
    return one(lane), one(f"{id_:032x}")


def _book(moved: Movements, sign: int, journal: Place, kind: str, now: datetime) -> list[str]:
    """Return the calls that write a journal with both its sides; wallets move by `sign`."""
    lane, id_ = _named(journal)
    wallets = {key: amount for key, amount in moved.wallets.items() if amount}
    own = {currency: amount for currency, amount in moved.operator.items() if amount}
    return [
        WRITE_JOURNAL.call(
            lane, id_, one(kind), one(now.isoformat()), one(shanghai_day(now).isoformat())
        ),
        MOVE_WALLETS.call(
            ints(lane for lane, _ in wallets),
            uuids(wallet for _, wallet in wallets),
            ints(sign * amount for amount in wallets.values()),
            lane,
            id_,
        ),
        MOVE_BUCKETS.call(
            ints(lane for lane, _, _ in moved.buckets),
            uuids(wallet for _, wallet, _ in moved.buckets),
            uuids(bucket for _, _, bucket in moved.buckets),
            ints(sign * amount for amount in moved.buckets.values()),
        ),
        WRITE_OPERATOR.call(
            lane,
            id_,
            ints(range(len(own))),
            texts([operator_account(currency) for currency in own]),
            texts(list(own)),
            ints(-sign * amount for amount in own.values()),
        ),
    ]


def refund_calls(
    charges: Sequence[StoredCharge], journal: Place, now: datetime, reason: str
) -> list[str]:
    """Return the calls that give these charges back, in full, to the buckets that paid them.

    The caller has locked the wallets and made sure that none of the charges has ended.
    """
    moved = Movements()
    for charge in charges:
        key = (charge.lane, charge.wallet)
        moved.wallets[key] = moved.wallets.get(key, 0) + charge.amount
        moved.operator[charge.currency] = moved.operator.get(charge.currency, 0) + charge.amount
        for bucket, share in charge.draws:
            place = (charge.lane, charge.wallet, bucket)
            moved.buckets[place] = moved.buckets.get(place, 0) + share
    return [
        *_book(moved, 1, journal, "refund", now),
        WRITE_REFUNDS.call(
            ints(charge.lane for charge in charges),
            uuids(charge.id for charge in charges),
            ints(charge.amount for charge in charges),
            *_named(journal),
            one(reason),
            one(now.isoformat()),
        ),
    ]


def read_charges(rows: Rows) -> list[StoredCharge]:
    """Return the stored charges that READ_CHARGES answered."""
    charges = []
    for row in rows:
        lane, event, account, wallet, bucket, amount, quantity, on_failure, draws, currency, end = (
            row
        )
        first = read_uuid(str(bucket))
        split = [(int(b, 16), share) for b, share in json.loads(draws)] if draws else None
        charges.append(
            StoredCharge(
                lane=int(str(lane)),
                id=read_uuid(str(event)),
                account=read_uuid(str(account)),
                wallet=read_uuid(str(wallet)),
                amount=int(str(amount)),
                quantity=int(str(quantity)),
                refund_on_failure=on_failure == "t",
                draws=split or [(first, int(str(amount)))],
                currency=str(currency),
                ended=OutcomeKind(end) if end else None,
            )
        )
    return charges


def settle_call(lanes: Iterable[int], ids: Iterable[int], now: datetime) -> str:
    """Return the call that lets these charges stand; those that ended before keep their end."""
    return SETTLE_CHARGES.call(ints(lanes), uuids(ids), one(now.isoformat()))
