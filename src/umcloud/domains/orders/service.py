"""Buying a package, voiding what is left of an expired one, and booking what was earned."""

from __future__ import annotations

from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.ledger import expiry
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.errors import IdempotencyConflict, InsufficientBalance
from umcloud.domains.ledger.model import (
    CNY,
    BucketKind,
    Journal,
    NewBucket,
    NewJournal,
    OperatorLine,
    WalletLine,
)
from umcloud.domains.orders import rules, store
from umcloud.domains.orders.errors import AgreementNotTicked, OrderUnaffordable
from umcloud.domains.orders.events import OrderPaid, PackageVoided
from umcloud.domains.orders.model import DEFERRED, EARNED, Order, PackageGroup, Quote, issued
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, BucketId, OrderId, uuid7
from umcloud.kernel.money import Money, to_fen_up


async def quote(tx: Tx, act: Act, *, group: PackageGroup, quantity: int) -> Quote:
    """Return what the package costs now and how long it is valid; writes nothing.

    Raises QuantityNotSold and the catalogue's refusals.
    """
    versions = await catalogue.price_versions(tx)
    return rules.quote(versions, group=group, quantity=quantity, now=act.now)


async def place_and_pay(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    group: PackageGroup,
    quantity: int,
    agreed: bool,
    idempotency_key: str,
) -> Order:
    """Buy a package from the wallet: order, journal and units in one transaction (C9.1).

    The same key and request return the stored order, whatever prices are now. Raises
    AgreementNotTicked, QuantityNotSold, OrderUnaffordable, IdempotencyConflict. A refusal leaves
    half a journal behind in `tx`: the caller must roll back, as every edge does.
    """
    asked = rules.request_hash(group, quantity)
    stored = await store.by_key(tx, account_id, idempotency_key)
    if stored:
        return _same(stored, asked, idempotency_key)
    if not agreed:
        raise AgreementNotTicked  # R-PKG-07
    offer = await quote(tx, act, group=group, quantity=quantity)
    order_id = OrderId(uuid7(act.now))
    bucket_id = BucketId(uuid7(act.now))
    for currency in (CNY, group.units):
        await ledger.open_wallet(tx, act, account_id=account_id, currency=currency)
    journal = await _book(
        tx, act, offer, account_id=account_id, bucket_id=bucket_id, key=idempotency_key
    )
    if journal.replayed:
        # A twin request committed while we waited for the wallet.
        twin = await store.by_key(tx, account_id, idempotency_key)
        if twin is None:
            raise IdempotencyConflict(key=idempotency_key)
        return _same(twin, asked, idempotency_key)
    order = Order(
        id=order_id,
        number=rules.order_number(order_id, act.now),
        account_id=account_id,
        group=group,
        quantity=quantity,
        unit_price=offer.unit_price,
        amount=offer.amount,
        price_id=offer.price_id,
        expires_at=offer.expires_at,
        placed_at=act.now,
        placed_by=act.actor.id,
        bucket_id=bucket_id,
        journal_id=journal.id,
        voided_units=None,
    )
    await store.add(tx, order, idempotency_key=idempotency_key, request_hash=asked)
    await tx.announce(
        act,
        OrderPaid(
            account_id=account_id,
            order_id=order.id,
            number=order.number,
            group=group.value,
            quantity=quantity,
            amount_micros=order.amount.micros,
            expires_at=order.expires_at,
        ),
    )
    return order


def _same(stored: tuple[Order, bytes], asked: bytes, key: str) -> Order:
    if stored[1] != asked:
        raise IdempotencyConflict(key=key)
    return stored[0]


async def _book(
    tx: Tx, act: Act, offer: Quote, *, account_id: AccountId, bucket_id: BucketId, key: str
) -> Journal:
    units = offer.group.units
    grant = NewBucket(BucketKind.PACKAGE, offer.quantity, offer.expires_at, id=bucket_id)
    price = offer.amount.micros
    command = NewJournal(
        kind="package-order",
        idempotency_key=f"order:{account_id}:{key}",
        lines=[
            WalletLine(account_id, CNY, -price),
            OperatorLine(DEFERRED, CNY, price),
            WalletLine(account_id, units, offer.quantity, grant),
            OperatorLine(issued(units), units, -offer.quantity),
        ],
        reason=f"package of {offer.quantity} {offer.group.value} messages",
    )
    try:
        return await ledger.post(tx, act, command)
    except InsufficientBalance as error:
        # What the books found spendable under the wallet's lock, expired vouchers left out.
        available = Money.yuan(str(error.facts["available"]))
        raise OrderUnaffordable(
            needed=offer.amount.plain(),
            available=available.plain(),
            missing=to_fen_up(offer.amount - available).plain(),
        ) from error


async def void_expired(tx: Tx, act: Act, *, limit: int = 50) -> int:
    """Void what is left of expired packages; return how many orders were looked at (R-PKG-05).

    Units that a refund gave back to a package void by then are voided too.
    """
    expired = await store.to_void_for_update(tx, act.now, limit)
    for order in expired:
        await _void(tx, act, order)
    return len(expired)


async def _void(tx: Tx, act: Act, order: Order) -> None:
    units = order.group.units
    rest = await expiry.lock_rest(
        tx, act, account_id=order.account_id, currency=units, bucket_id=order.bucket_id
    )
    before = order.voided_units or 0
    if not rest:
        await store.mark_voided(tx, order.id, units=before, journal_id=None)
        return
    journal = await ledger.post(
        tx,
        act,
        NewJournal(
            kind="package-void",
            idempotency_key=f"void:{order.id}:{before}" if before else f"void:{order.id}",
            lines=[
                WalletLine(order.account_id, units, -rest, bucket=order.bucket_id),
                OperatorLine(issued(units), units, rest),
            ],
            reason=f"package {order.number} expired with {rest} messages left",
        ),
    )
    await store.mark_voided(tx, order.id, units=before + rest, journal_id=journal.id)
    await tx.announce(
        act,
        PackageVoided(
            account_id=order.account_id, order_id=order.id, number=order.number, units=rest
        ),
    )


async def recognise(tx: Tx, act: Act, *, limit: int = 500) -> int:
    """Book as revenue what packages have earned since; return how many orders were looked at.

    A used unit earns its share of the price, a refunded one gives it back, and what is void at
    the end of the validity earns the rest. One journal for all of them.
    """
    found = await store.to_earn_for_update(tx, limit)
    booked = [
        (one.order_id, one.units, rules.earned(one.amount, units=one.units, quantity=one.quantity))
        for one in found
    ]
    earned = sum(
        now.micros - one.earned.micros for one, (_, _, now) in zip(found, booked, strict=True)
    )
    if earned:
        lines = [OperatorLine(DEFERRED, CNY, -earned), OperatorLine(EARNED, CNY, earned)]
        command = NewJournal(
            kind="package-earned",
            idempotency_key=f"earned:{uuid7(act.now)}",
            lines=lines,
            reason=f"units used or void of {len(found)} packages",
        )
        await ledger.post(tx, act, command)
    if booked:
        await store.mark_earned(tx, booked)
    return len(found)
