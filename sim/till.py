"""Money comes in, is given, set aside, lent and turned into packages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from sim.books import UNITS, Customer, DiffersError, Package
from sim.books import Payment as Begun
from sim.gateway import CLEARING
from sim.wallets import CNY, Wallet
from sim.world import World
from umcloud.domains.ledger import holds
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.model import BucketKind, NewBucket, NewJournal, OperatorLine, WalletLine
from umcloud.domains.orders import service as orders
from umcloud.domains.orders.model import DEFERRED, PackageGroup, issued
from umcloud.domains.payments import service as payments
from umcloud.domains.payments.model import SUSPENSE, Notice, Outcome, Payment, TradeState
from umcloud.infra.db import Tx
from umcloud.kernel.act import Door
from umcloud.kernel.money import Money

MICROS = 1_000_000
GIVEN = "expense:gifts"
CAMPAIGNS = "revenue:campaigns"


class Till:
    """Deeds of money."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._late: list[Payment] = []
        self._count = 0

    async def recharge(self, customer: Customer) -> None:
        """Begin to pay in, in one of the ways that payment companies have."""
        world, chance = self._world, self._world.chance
        fen = chance.choice((1, 20, 100, 300, 2_000)) + chance.randrange(100)
        key = self._key("recharge")
        world.note(f"customer {customer.number} pays in {fen} fen")
        start = partial(
            payments.start, account_id=customer.id, channel=world.gateway, idempotency_key=key
        )
        amount = Money(fen * 10_000)
        async with world.transaction() as tx:
            payment = await start(tx, world.act(), amount=amount)
        if chance.random() < 0.1:
            async with world.transaction() as tx:
                again = await start(tx, world.act(), amount=amount)
            if again.id != payment.id:
                raise DiffersError("the same recharge began twice")
            other = Money(amount.micros + 10_000)
            await world.refused(
                "idempotency.conflict", lambda tx: start(tx, world.act(), amount=other)
            )
        world.books.payments[payment.number] = Begun(customer, amount.micros, payment.expires_at)
        ways: list[tuple[Callable[[Payment], Awaitable[None]], int]] = [
            (self._pay, 10), (self._pay_and_hear_twice, 3), (self._pay_unheard, 2),
            (self._pay_late, 2), (self._never_pay, 2), (self._pay_twice, 1), (self._garbled, 1),
            (self._give_up, 1),
        ]  # fmt: skip
        (way,) = chance.choices([way for way, _ in ways], [weight for _, weight in ways])
        await way(payment)

    async def catch_up(self) -> None:
        """Let those pay now who are later than their bill."""
        late, self._late = self._late, []
        for payment in late:
            self._world.note(f"bill {payment.number} is paid late")
            await self._pay(payment)

    async def _pay(self, payment: Payment) -> None:
        notice = self._world.gateway.paid(payment, self._world.clock())
        await self._hear(notice, Outcome.SETTLED)
        self._world.books.paid(payment.number, CLEARING)

    async def _pay_and_hear_twice(self, payment: Payment) -> None:
        world = self._world
        notice = world.gateway.paid(payment, world.clock())
        await self._hear(notice, Outcome.SETTLED)
        world.books.paid(payment.number, CLEARING)
        await self._hear(notice, Outcome.REPEATED)
        word, now = world.gateway.word, world.clock()
        same = word(payment, TradeState.PAID, now, trade=notice.trade_number)
        await self._hear(same, Outcome.REPEATED)
        for state in (TradeState.WAITING, TradeState.CLOSED):
            await self._hear(word(payment, state, now), Outcome.IGNORED)

    async def _pay_unheard(self, payment: Payment) -> None:
        self._world.gateway.paid(payment, self._world.clock())

    async def _pay_late(self, payment: Payment) -> None:
        self._late.append(payment)

    async def _never_pay(self, payment: Payment) -> None:
        self._world.note(f"bill {payment.number} is never paid")

    async def _pay_twice(self, payment: Payment) -> None:
        world = self._world
        await self._pay(payment)
        second = world.gateway.paid(payment, world.clock())
        await self._hear(second, Outcome.SECOND_TRADE)
        await self._hear(second, Outcome.REPEATED)
        world.books.operator[SUSPENSE, CNY] += payment.amount.micros
        world.books.operator[CLEARING, CNY] -= payment.amount.micros

    async def _garbled(self, payment: Payment) -> None:
        world = self._world
        wrong = Money(payment.amount.micros + 10_000)
        notice = world.gateway.word(payment, TradeState.PAID, world.clock(), amount=wrong)
        await self._hear(notice, Outcome.MISMATCH)
        await self._pay(payment)

    async def _give_up(self, payment: Payment) -> None:
        world = self._world
        notice = world.gateway.word(payment, TradeState.CLOSED, world.clock())
        await self._hear(notice, Outcome.CLOSED)
        world.books.payments[payment.number].state = "closed"

    async def _hear(self, notice: Notice, expected: Outcome) -> None:
        async with self._world.transaction() as tx:
            settlement = await payments.settle(tx, self._world.act(), notice)
        if settlement.outcome is not expected:
            raise DiffersError(f"a notice was {settlement.outcome}, expected {expected}")

    async def buy(self, customer: Customer) -> None:
        """Buy a package; the same click again buys nothing."""
        world, chance = self._world, self._world.chance
        group = chance.choice(list(PackageGroup))
        quantity = chance.choice((100, 100, 200, 500, 1_000, 10_000))
        units = UNITS[group.value]
        price = world.books.tariff.package(group.value, quantity, world.clock())
        place = partial(
            orders.place_and_pay, account_id=customer.id, group=group, quantity=quantity,
            agreed=True, idempotency_key=self._key("order"),
        )  # fmt: skip
        world.note(f"customer {customer.number} buys {quantity} {group.value}")
        act = world.act()
        if customer.money.take(price, act.now) is None:
            await world.refused("order.unaffordable", lambda tx: place(tx, act))
            return
        async with world.transaction() as tx:
            order = await place(tx, act)
        if order.amount.micros != price:
            raise DiffersError(f"the package cost {order.amount}, expected {price}")
        wallet = customer.wallets.setdefault(units, Wallet())
        bucket = wallet.add("package", quantity, order.expires_at)
        customer.packages.append(Package(units, bucket, order.expires_at, quantity, price))
        operator = world.books.operator
        operator[DEFERRED, CNY] += price
        operator[issued(units), units] -= quantity
        if chance.random() < 0.2:
            async with world.transaction() as tx:
                again = await place(tx, world.act())
            if again.id != order.id:
                raise DiffersError("the same package was bought twice")

    async def give(self, customer: Customer) -> None:
        """Give a voucher or a gift, twice by the same key, which gives once."""
        world, chance = self._world, self._world.chance
        kind = chance.choice((BucketKind.VOUCHER, BucketKind.GIFT))
        micros = chance.randrange(1, 30 * MICROS)
        days = chance.choice((1, 3, 7, 30, 90))
        ends = world.clock() + timedelta(days=days) if chance.random() < 0.8 else None
        world.note(f"customer {customer.number} is given {micros} micros, a {kind.value}")
        journal = NewJournal(
            "grant",
            self._key("grant"),
            [
                WalletLine(customer.id, CNY, micros, NewBucket(kind, micros, ends)),
                OperatorLine(GIVEN, CNY, -micros),
            ],
            "simulated",
        )
        for _ in range(2 if chance.random() < 0.2 else 1):
            async with world.transaction() as tx:
                await ledger.post(tx, world.act(Door.OFFICE), journal)
        customer.money.add(kind.value, micros, ends)
        world.books.operator[GIVEN, CNY] -= micros

    async def lend(self, customer: Customer) -> None:
        """Let the customer owe something, or less than before, as far as that is possible."""
        world = self._world
        micros = world.chance.randrange(0, 20) * MICROS
        world.note(f"customer {customer.number} may owe {micros} micros")
        wallet = customer.money
        act = world.act(Door.OFFICE)
        lend = partial(ledger.set_credit_limit, act=act, account_id=customer.id, micros=micros)
        if max(wallet.owed, wallet.held - wallet.posted) > micros:
            await world.refused("balance.insufficient", lend)
            return
        async with world.transaction() as tx:
            await lend(tx)
        wallet.allow_credit(micros)

    async def set_aside(self, customer: Customer) -> None:
        """Hold some money for a while."""
        world = self._world
        micros = world.chance.randrange(1, 8 * MICROS)
        ends = world.clock() + timedelta(minutes=world.chance.choice((5, 90, 600, 3_000, 9_000)))
        world.note(f"customer {customer.number} sets {micros} micros aside")
        act = world.act(Door.API)
        hold = partial(holds.hold, act=act, account_id=customer.id, amount=micros, expires_at=ends)
        if customer.money.spendable(act.now) < micros:
            await world.refused("balance.insufficient", hold)
            return
        async with world.transaction() as tx:
            hold_id = await hold(tx)
        customer.money.held += micros
        customer.holds[hold_id] = (micros, ends)

    async def use_hold(self, customer: Customer) -> None:
        """Charge a part of what is held, or let go of it; either, once more, is refused."""
        if not customer.holds:
            return
        world, chance = self._world, self._world.chance
        hold_id, (held, _) = chance.choice(list(customer.holds.items()))
        micros = chance.randrange(1, held + 1)
        act = world.act(Door.API)

        async def void(tx: Tx) -> None:
            await holds.void_hold(tx, act, account_id=customer.id, hold_id=hold_id)

        async def post(tx: Tx) -> None:
            await holds.post_hold(
                tx, act, account_id=customer.id, hold_id=hold_id, amount=micros,
                ledger_account=CAMPAIGNS, reason="sim",
            )  # fmt: skip

        wallet = customer.money
        wallet.held -= held
        if chance.random() < 0.4:
            world.note(f"customer {customer.number} lets go of {held} micros")
            async with world.transaction() as tx:
                await void(tx)
        elif wallet.take(micros, act.now) is None:
            world.note(f"customer {customer.number} cannot pay what was held")
            await world.refused("balance.insufficient", post)
            wallet.held += held
            return
        else:
            world.note(f"customer {customer.number} pays {micros} of {held} micros held")
            async with world.transaction() as tx:
                await post(tx)
            world.books.operator[CAMPAIGNS, CNY] += micros
        del customer.holds[hold_id]
        await world.refused("hold.settled", chance.choice((void, post)))

    def _key(self, what: str) -> str:
        self._count += 1
        return f"{what}-{self._count}"
