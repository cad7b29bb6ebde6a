"""Use cases of the books. Each locks the wallets of one account, in the order of their ids."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from umcloud.domains.ledger import rules, store
from umcloud.domains.ledger import tables as t
from umcloud.domains.ledger.errors import (
    AccountOwes,
    HoldsOpen,
    IdempotencyConflict,
    InsufficientBalance,
    NoWallet,
)
from umcloud.domains.ledger.events import CreditLimitSet, JournalPosted
from umcloud.domains.ledger.model import (
    CNY,
    BucketKind,
    Journal,
    NewBucket,
    NewJournal,
    OperatorLine,
    Wallet,
    WalletLine,
)
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, JournalId, WalletId, lane_of, uuid7
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.money import Money


async def open_wallet(tx: Tx, act: Act, *, account_id: AccountId, currency: str = CNY) -> WalletId:
    """Return the account's wallet in the currency; make an empty one where there is none.

    Locks nothing that others know of: a use case that opens two wallets and posts to both must
    not have locked them one by one, out of order.
    """
    lane = lane_of(account_id)
    await store.insert_wallet(
        tx, lane=lane, wallet_id=uuid7(act.now), account_id=account_id, currency=currency
    )
    found = await tx.execute(
        select(t.wallet.c.id).where(
            t.wallet.c.lane == lane,
            t.wallet.c.account_id == account_id,
            t.wallet.c.currency == currency,
        )
    )
    return WalletId(found.scalar_one())


async def set_credit_limit(tx: Tx, act: Act, *, account_id: AccountId, micros: int) -> None:
    """Let the money wallet go below zero by that much; refused while more than that is owed.

    Raises NoWallet, InsufficientBalance.
    """
    wallet = await _locked_wallet(tx, act, account_id, CNY)
    owed = max(_drawn(wallet), wallet.held - wallet.posted)
    if owed > micros:
        raise InsufficientBalance.of(CNY, needed=owed, available=micros)
    await tx.execute(
        update(t.wallet)
        .where(t.wallet.c.lane == wallet.lane, t.wallet.c.id == UUID(int=wallet.id))
        .values(credit_limit=micros)
    )
    if not any(bucket.kind is BucketKind.CREDIT for bucket in wallet.buckets):
        await store.add_to_bucket(tx, wallet, uuid7(act.now), NewBucket(BucketKind.CREDIT, 0))
    await tx.announce(act, CreditLimitSet(account_id=account_id, micros=micros))


async def require_settled(tx: Tx, act: Act, *, account_id: AccountId) -> None:  # C4.2
    """Refuse an account that owes money or has money set aside; its wallet stays locked.

    Raises NoWallet, AccountOwes, HoldsOpen.
    """
    wallet = await _locked_wallet(tx, act, account_id, CNY)
    owed = max(_drawn(wallet), -wallet.posted)
    if owed > 0:
        raise AccountOwes(owed=Money(owed).plain())
    if wallet.held:
        raise HoldsOpen(held=Money(wallet.held).plain())


def _drawn(wallet: Wallet) -> int:
    # What was drawn on credit counts in full: no voucher beside it, live or expired, pays for it.
    return -sum(b.remaining for b in wallet.buckets if b.kind is BucketKind.CREDIT)


async def post(tx: Tx, act: Act, journal: NewJournal) -> Journal:
    """Book a balanced journal once; the same command again returns the stored journal.

    All wallet lines belong to one account. Raises UnbalancedError (our own fault),
    InsufficientBalance, NoWallet, IdempotencyConflict.
    """
    rules.check_balanced(journal.lines)
    asked = rules.request_hash(journal)
    wallet_lines = [line for line in journal.lines if isinstance(line, WalletLine)]
    accounts = {line.account_id for line in wallet_lines}
    if len(accounts) > 1 or len({line.currency for line in wallet_lines}) < len(wallet_lines):
        raise ValueError("one account a journal, one line a wallet")
    account_id = next(iter(accounts), None)
    lane = lane_of(account_id) if account_id else 0
    wallets: dict[str, Wallet] = {}
    if account_id:
        wallets = await store.wallets_for_update(
            tx,
            lane=lane,
            account_id=account_id,
            currencies=[line.currency for line in wallet_lines],
            now=act.now,
        )
    # Looked up after the wallet lock: a concurrent twin has either committed or not begun.
    stored = await store.journal_by_key(tx, lane, journal.idempotency_key)
    if stored:
        if bytes(stored.request_hash) != asked:
            raise IdempotencyConflict(key=journal.idempotency_key)
        return Journal(
            JournalId(stored.id), lane, stored.kind, stored.booked_at, stored.reason, replayed=True
        )
    journal_id = JournalId(uuid7(act.now))
    await _insert_journal(tx, act, journal, lane=lane, journal_id=journal_id, asked=asked)
    for line in wallet_lines:
        if line.currency not in wallets:
            raise NoWallet(currency=line.currency)
        await _move(tx, act, wallets[line.currency], line, journal_id)
    await _insert_operator_lines(tx, journal, lane=lane, journal_id=journal_id)
    await tx.announce(
        act, JournalPosted(account_id=account_id, journal_id=journal_id, kind=journal.kind)
    )
    return Journal(journal_id, lane, journal.kind, act.now, journal.reason, replayed=False)


async def _locked_wallet(tx: Tx, act: Act, account_id: AccountId, currency: str) -> Wallet:
    wallets = await store.wallets_for_update(
        tx, lane=lane_of(account_id), account_id=account_id, currencies=[currency], now=act.now
    )
    if currency not in wallets:
        raise NoWallet(currency=currency)
    return wallets[currency]


async def _insert_journal(
    tx: Tx, act: Act, journal: NewJournal, *, lane: int, journal_id: UUID, asked: bytes
) -> None:
    row: dict[str, object] = {
        "lane": lane,
        "id": journal_id,
        "kind": journal.kind,
        "booked_at": act.now,
        "effective_on": shanghai_day(act.now),
        "reason": journal.reason,
        "actor_id": act.actor.id,
        "reverses": journal.reverses,
        "idempotency_key": journal.idempotency_key,
        "request_hash": asked,
    }
    await store.insert_rows(tx, "journal", [row])


async def _insert_operator_lines(
    tx: Tx, journal: NewJournal, *, lane: int, journal_id: UUID
) -> None:
    operator_lines = [line for line in journal.lines if isinstance(line, OperatorLine)]
    rows: list[dict[str, object]] = [
        {
            "lane": lane,
            "journal_id": journal_id,
            "line": number,
            "ledger_account": line.ledger_account,
            "currency": line.currency,
            "amount": line.amount,
        }
        for number, line in enumerate(operator_lines)
    ]
    await store.insert_rows(tx, "operator_entry", rows)


async def _move(tx: Tx, act: Act, wallet: Wallet, line: WalletLine, journal_id: JournalId) -> None:
    if line.bucket is not None:
        if line.amount > 0:
            raise ValueError("only a debit names its bucket")
        # More than the bucket holds breaks the table's CHECK: a programmer's error.
        await store.take_from_buckets(tx, wallet, [(line.bucket.int, -line.amount)])
    elif line.amount < 0:
        available = rules.spendable(wallet)
        draws = rules.draw(wallet, -line.amount)
        if draws is None:
            raise InsufficientBalance.of(line.currency, needed=-line.amount, available=available)
        await store.take_from_buckets(tx, wallet, draws)
    else:
        await _credit(tx, act, wallet, line)
    seq, balance = await store.move_wallet(tx, wallet, line.amount)
    row: dict[str, object] = {
        "lane": wallet.lane,
        "wallet_id": UUID(int=wallet.id),
        "seq": seq,
        "journal_lane": wallet.lane,
        "journal_id": journal_id,
        "amount": line.amount,
        "balance_after": balance,
    }
    await store.insert_rows(tx, "entry", [row])


async def _credit(tx: Tx, act: Act, wallet: Wallet, line: WalletLine) -> None:
    grant = line.grant
    if grant is None or grant.amount != line.amount:
        raise ValueError("a credit says which bucket it fills, in full")
    owed = sum(-b.remaining for b in wallet.buckets if b.kind is BucketKind.CREDIT)
    repaid = min(owed, grant.amount) if grant.kind is BucketKind.CASH else 0
    if repaid:
        # Fresh money pays back what was drawn on credit before it can be spent again.
        await store.add_to_bucket(tx, wallet, uuid7(act.now), NewBucket(BucketKind.CREDIT, repaid))
    if grant.amount > repaid:
        rest = NewBucket(grant.kind, grant.amount - repaid, grant.expires_at)
        await store.add_to_bucket(tx, wallet, grant.id or uuid7(act.now), rest)
