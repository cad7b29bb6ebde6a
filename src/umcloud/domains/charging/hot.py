"""The statements of the hot path and how a batch calls them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from umcloud.domains.charging.model import (
    Decision,
    Movements,
    OutcomeKind,
    StoredCharge,
    Wallets,
)
from umcloud.domains.charging.rules import operator_account
from umcloud.domains.ledger.model import CNY, Bucket, BucketKind, Wallet
from umcloud.domains.ledger.rules import in_draw_order
from umcloud.infra.hot import Call, Prepared, Rows
from umcloud.kernel.moments import shanghai_day

# The short way, for the many whose money is all cash: one look at each wallet, no bucket. `cash =
# posted` says that all buckets together hold nothing, and none of them can be below zero but that
# of drawn credit; so nothing is to be drawn before cash. Accounts with units in a package, and
# those that are short, are not in the answer and go the exact way.
MOVE_CASH = Prepared(
    "move_cash",
    "int2[], uuid[], text[], int8[], int2, uuid",
    # The currency comes along as a column: a constant would let the planner walk all wallets.
    "WITH moved AS (UPDATE wallet w SET posted = w.posted - d.amount, cash = w.cash - d.amount, "
    "seq = w.seq + 1 FROM unnest($1, $2, $3, $4) AS d(lane, account_id, currency, amount) "
    "WHERE w.lane = d.lane AND w.account_id = d.account_id AND w.currency = d.currency "
    "AND w.cash = w.posted AND w.cash - w.held >= d.amount "
    "AND (w.credit_limit = 0 OR NOT EXISTS (SELECT FROM bucket b "
    "WHERE b.lane = w.lane AND b.wallet_id = w.id AND b.remaining < 0)) "
    "AND NOT EXISTS (SELECT FROM wallet u WHERE u.lane = d.lane AND u.account_id = d.account_id "
    "AND u.currency <> d.currency AND u.posted > 0) "
    "RETURNING w.lane, w.id, w.account_id, w.seq, w.posted, d.amount), "
    "booked AS (INSERT INTO entry "
    "(lane, wallet_id, seq, journal_lane, journal_id, amount, balance_after) "
    "SELECT lane, id, seq, $5, $6, -amount, posted FROM moved) "
    "SELECT account_id, id FROM moved",
)
_WALLETS = (
    "SELECT w.lane, w.id, w.account_id, w.currency, w.posted, w.cash, w.held, w.credit_limit, "
    "w.seq FROM unnest($1, $2) AS a(lane, account_id) "
    "JOIN wallet w ON w.lane = a.lane AND w.account_id = a.account_id "
    "ORDER BY w.lane, w.account_id, w.id FOR NO KEY UPDATE OF w"
)
LOCK_WALLETS = Prepared("lock_wallets", "int2[], uuid[]", _WALLETS)
# For who has moved other wallets already: to wait now could be to wait in a circle.
LOCK_WALLETS_AT_ONCE = Prepared("lock_wallets_at_once", "int2[], uuid[]", f"{_WALLETS} NOWAIT")
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
    "int2[], uuid[], int8[], int8[], int2, uuid",
    "WITH moved AS (UPDATE wallet w SET posted = w.posted + d.amount, cash = w.cash + d.cash, "
    "seq = w.seq + 1 FROM unnest($1, $2, $3, $4) AS d(lane, id, amount, cash) "
    "WHERE w.lane = d.lane AND w.id = d.id "
    "RETURNING w.lane, w.id, w.seq, w.posted, d.amount) "
    "INSERT INTO entry (lane, wallet_id, seq, journal_lane, journal_id, amount, balance_after) "
    "SELECT lane, id, seq, $5, $6, amount, posted FROM moved",
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
_SETTLE = (
    "INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) "
    "SELECT lane, id, 'settle', 0, 'report', $3 FROM unnest($1, $2) AS o(lane, id)"
)
SETTLE_CHARGES = Prepared(
    "settle_charges", "int2[], uuid[], timestamptz", f"{_SETTLE} ON CONFLICT DO NOTHING"
)
SETTLE_OPEN_CHARGES = Prepared("settle_open_charges", "int2[], uuid[], timestamptz", _SETTLE)
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
    MOVE_CASH,
    LOCK_WALLETS,
    LOCK_WALLETS_AT_ONCE,
    READ_BUCKETS,
    WRITE_JOURNAL,
    MOVE_WALLETS,
    MOVE_BUCKETS,
    WRITE_OPERATOR,
    WRITE_CHARGES,
    SETTLE_CHARGES,
    SETTLE_OPEN_CHARGES,
    READ_CHARGES,
    WRITE_REFUNDS,
    JOURNAL_PRESENT,
)

#: A journal's place: (lane, id). It stands on the lowest lane that its batch touched.
Place = tuple[int, int]

_KINDS = {kind.value: kind for kind in BucketKind}


def move_cash_call(totals: Mapping[tuple[int, int], int], journal: Place) -> Call:
    """Return the call that takes these sums, by (lane, account), from wallets that hold just cash.

    Wallets are locked in the order of lane and account, as everywhere. The answer is for
    `read_moved`; the journal is still to be written.
    """
    keys = sorted(totals)
    lanes, accounts = [lane for lane, _ in keys], [account for _, account in keys]
    amounts = [totals[key] for key in keys]
    return MOVE_CASH.call(lanes, accounts, [CNY] * len(keys), amounts, *journal)


def read_moved(rows: Rows) -> dict[int, int]:
    """Return the wallets, by account, that paid by `move_cash_call`."""
    return dict(rows)


def lock_calls(
    accounts: Iterable[tuple[int, int]], now: datetime, *, at_once: bool = False
) -> list[Call]:
    """Return the calls that lock and read the wallets of these (lane, account) pairs.

    `at_once`: raise psycopg's LockNotAvailable rather than wait.
    """
    pairs = list(accounts)
    lanes, ids = [lane for lane, _ in pairs], [account for _, account in pairs]
    lock = LOCK_WALLETS_AT_ONCE if at_once else LOCK_WALLETS
    return [lock.call(lanes, ids), READ_BUCKETS.call(lanes, ids, now)]


def read_wallets(wallet_rows: Rows, bucket_rows: Rows) -> Wallets:
    """Return the locked wallets with their live buckets in draw order."""
    buckets: dict[int, list[Bucket]] = {}
    for wallet_id, bucket_id, kind, remaining in bucket_rows:
        buckets.setdefault(wallet_id, []).append(Bucket(bucket_id, _KINDS[kind], remaining))
    return {
        (payer, currency): Wallet(
            lane,
            id_,
            payer,
            currency,
            posted,
            held,
            limit,
            seq,
            in_draw_order(buckets.get(id_, ()), Bucket(id_, BucketKind.CASH, cash)),
        )
        for lane, id_, payer, currency, posted, cash, held, limit, seq in wallet_rows
    }


def write_calls(decision: Decision, journal: Place, now: datetime) -> list[Call]:
    """Return the calls that book a decided batch under one journal.

    What `move_cash_call` took is in its charges and on the operator's side, not in its movements.
    """
    charged, moved = decision.charged, decision.movements
    if not charged.ids:
        return []
    rates = charged.rates
    return [
        *_book(moved, -1, journal, "charge", now),
        WRITE_CHARGES.call(
            charged.lanes,
            charged.ids,
            charged.accounts,
            charged.wallets,
            charged.buckets,
            charged.amounts,
            [rate.quantity for rate in rates],
            [rate.price_id for rate in rates],
            [rate.tax_code for rate in rates],
            [rate.refund_on_failure for rate in rates],
            charged.draws,
            *journal,
        ),
    ]


def _book(moved: Movements, sign: int, journal: Place, kind: str, now: datetime) -> list[Call]:
    """Return the calls that write a journal with both its sides; wallets move by `sign`."""
    own = {currency: amount for currency, amount in moved.operator.items() if amount}
    return [
        WRITE_JOURNAL.call(*journal, kind, now, shanghai_day(now)),
        *_move_calls(moved, sign, journal),
        WRITE_OPERATOR.call(
            *journal,
            list(range(len(own))),
            [operator_account(currency) for currency in own],
            list(own),
            [-sign * amount for amount in own.values()],
        ),
    ]


def _move_calls(moved: Movements, sign: int, journal: Place) -> list[Call]:
    wallets = {key: amount for key, amount in moved.wallets.items() if amount}
    calls = []
    if wallets:
        # The wallet's cash is the bucket that has the wallet's id.
        cash = [sign * moved.buckets.get((lane, id_, id_), 0) for lane, id_ in wallets]
        calls.append(
            MOVE_WALLETS.call(
                [lane for lane, _ in wallets],
                [wallet for _, wallet in wallets],
                [sign * amount for amount in wallets.values()],
                cash,
                *journal,
            )
        )
    rest = {key: amount for key, amount in moved.buckets.items() if key[1] != key[2]}
    if rest:
        calls.append(
            MOVE_BUCKETS.call(
                [lane for lane, _, _ in rest],
                [wallet for _, wallet, _ in rest],
                [bucket for _, _, bucket in rest],
                [sign * amount for amount in rest.values()],
            )
        )
    return calls


def refund_calls(
    charges: Sequence[StoredCharge], journal: Place, now: datetime, reason: str
) -> list[Call]:
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
            [charge.lane for charge in charges],
            [charge.id for charge in charges],
            [charge.amount for charge in charges],
            *journal,
            reason,
            now,
        ),
    ]


def read_charges(rows: Rows) -> list[StoredCharge]:
    """Return the stored charges that READ_CHARGES answered."""
    charges = []
    for row in rows:
        lane, event, account, wallet, bucket, amount, quantity, on_failure, draws, currency, end = (
            row
        )
        split = [(int(b, 16), share) for b, share in json.loads(draws)] if draws else None
        charges.append(
            StoredCharge(
                lane=lane,
                id=event,
                account=account,
                wallet=wallet,
                amount=amount,
                quantity=quantity,
                refund_on_failure=on_failure,
                draws=split or [(bucket, amount)],
                currency=currency,
                ended=OutcomeKind(end) if end else None,
            )
        )
    return charges


def settle_call(
    lanes: Sequence[int], ids: Sequence[int], now: datetime, *, all_open: bool = False
) -> Call:
    """Return the call that lets these charges stand; those that ended before keep their end.

    `all_open`: it raises UniqueViolation where one had ended, and costs less.
    """
    statement = SETTLE_OPEN_CHARGES if all_open else SETTLE_CHARGES
    return statement.call(lanes, ids, now)
