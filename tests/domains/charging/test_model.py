"""`charging.rules.decide` beside a naive model that spends one unit at a time.

The model knows nothing of fast paths: a message is paid whole by the first package bucket that
holds it, else micro by micro from the first money bucket that has one left.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from umcloud.domains.charging.model import Charged, Claim, Decision, Rate, Wallets
from umcloud.domains.charging.rules import decide
from umcloud.domains.ledger.model import CNY, UNITS_NOTICE, Bucket, BucketKind, Wallet

ACCOUNT = 7
LANE = 3
ORDER = (BucketKind.VOUCHER, BucketKind.GIFT, BucketKind.CASH)


def rate(quantity: int, micros: int) -> Rate:
    return Rate(UNITS_NOTICE, quantity, micros, 1, "sms.6", refund_on_failure=False)


@dataclass
class Naive:
    """Purses as plain numbers, in draw order."""

    packages: dict[int, int]
    money: dict[int, int]
    held: int
    credit: int
    """What may still be drawn on credit; the bucket 99 stands for it."""

    def spendable(self) -> int:
        return max(0, sum(self.money.values()) + self.credit - self.held)

    def pay(self, message: Rate) -> dict[int, int] | None:
        for purse, left in self.packages.items():
            if left >= message.quantity:
                self.packages[purse] -= message.quantity
                return {purse: message.quantity}
        if self.spendable() < message.micros:
            return None
        paid: dict[int, int] = {}
        for _ in range(message.micros):
            purse = next((p for p, left in self.money.items() if left), 99)
            if purse == 99:
                self.credit -= 1
            else:
                self.money[purse] -= 1
            paid[purse] = paid.get(purse, 0) + 1
        return paid

    def claim(self, rates: list[Rate], *, atomic: bool) -> tuple[list[int], list[dict[int, int]]]:
        before = copy.deepcopy(self)
        paid = [self.pay(message) for message in rates]
        if atomic and None in paid:
            self.__dict__.update(before.__dict__)
            return list(range(len(rates))), []
        refused = [index for index, what in enumerate(paid) if what is None]
        return refused, [what for what in paid if what is not None]


def wallets_of(naive: Naive, *, with_credit: bool, limit: int) -> Wallets:
    """Return the wallets that the database would give for these purses."""
    units = [Bucket(p, BucketKind.PACKAGE, left) for p, left in naive.packages.items()]
    kinds = sorted(ORDER[purse % 3] for purse in naive.money)
    ordered = sorted(kinds, key=ORDER.index)
    money = [
        Bucket(p, kind, left) for (p, left), kind in zip(naive.money.items(), ordered, strict=True)
    ]
    posted = sum(naive.money.values())
    if with_credit:
        money.append(Bucket(99, BucketKind.CREDIT, naive.credit - limit))
        posted += naive.credit - limit
    return {
        (ACCOUNT, UNITS_NOTICE): Wallet(
            LANE, 1, ACCOUNT, UNITS_NOTICE, sum(naive.packages.values()), 0, 0, 1, units
        ),
        (ACCOUNT, CNY): Wallet(LANE, 2, ACCOUNT, CNY, posted, naive.held, limit, 1, money),
    }


def draws_of(charged: Charged, index: int) -> dict[int, int]:
    split = charged.draws[index]
    if split is None:
        return {charged.buckets[index]: charged.amounts[index]}
    return {int(bucket, 16): share for bucket, share in json.loads(split)}


class Charging(RuleBasedStateMachine):
    """Batches of claims against one account whose purses are filled now and then."""

    @initialize(
        packages=st.lists(st.integers(0, 6), max_size=3),
        money=st.lists(st.integers(0, 60), max_size=4),
        held=st.integers(0, 30),
        limit=st.integers(0, 30),
        with_credit=st.booleans(),
    )
    def open(
        self, packages: list[int], money: list[int], held: int, limit: int, *, with_credit: bool
    ) -> None:
        limit = limit if with_credit else 0
        self.naive = Naive(
            {10 + n: left for n, left in enumerate(packages)},
            {20 + n: left for n, left in enumerate(money)},
            min(held, sum(money) + limit),
            limit,
        )
        self.wallets = wallets_of(self.naive, with_credit=with_credit, limit=limit)
        self.event = 0

    @rule(
        claims=st.lists(
            st.tuples(
                st.lists(st.tuples(st.integers(1, 4), st.integers(1, 25)), min_size=1, max_size=6),
                st.booleans(),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def charge(self, claims: list[tuple[list[tuple[int, int]], bool]]) -> None:
        asked, wanted_refusals, wanted_draws = [], [], []
        for messages, atomic in claims:
            rates = [rate(quantity, micros) for quantity, micros in messages]
            ids = list(range(self.event + 1, self.event + 1 + len(rates)))
            self.event = ids[-1]
            asked.append(Claim(ACCOUNT, LANE, ids, rates, atomic))
            refused, draws = self.naive.claim(rates, atomic=atomic)
            wanted_refusals.append(refused)
            wanted_draws += draws
        decision = decide(asked, self.wallets)
        assert decision.refused == wanted_refusals
        charged = decision.charged
        assert [draws_of(charged, i) for i in range(len(charged.ids))] == wanted_draws
        self.check_movements(decision)

    @staticmethod
    def check_movements(decision: Decision) -> None:
        charged, moved = decision.charged, decision.movements
        total = sum(charged.amounts)
        assert sum(moved.wallets.values()) == total
        assert sum(moved.buckets.values()) == total
        assert sum(moved.operator.values()) == total

    @rule(amount=st.integers(1, 60))
    def top_up(self, amount: int) -> None:
        money = self.wallets[ACCOUNT, CNY]
        for bucket in money.buckets:
            if bucket.kind is not BucketKind.CREDIT:
                bucket.remaining += amount
                money.posted += amount
                self.naive.money[bucket.id] += amount
                return

    @invariant()
    def nothing_is_overdrawn(self) -> None:
        if not hasattr(self, "wallets"):
            return
        for wallet in self.wallets.values():
            assert wallet.available >= 0
            assert sum(bucket.remaining for bucket in wallet.buckets) == wallet.posted
            for bucket in wallet.buckets:
                floor = -wallet.credit_limit if bucket.kind is BucketKind.CREDIT else 0
                assert bucket.remaining >= floor


Charging.TestCase.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
TestCharging = Charging.TestCase


@given(
    money=st.lists(st.integers(0, 200), min_size=1, max_size=4),
    packages=st.lists(st.integers(0, 9), max_size=3),
    held=st.integers(0, 100),
    quantity=st.integers(1, 3),
    micros=st.integers(1, 40),
    count=st.integers(1, 40),
)
def test_of_equal_messages_an_exact_prefix_is_paid(
    *, money: list[int], packages: list[int], held: int, quantity: int, micros: int, count: int
) -> None:
    naive = Naive(dict(enumerate(packages, 10)), dict(enumerate(money, 20)), held, 0)
    naive.held = min(held, sum(money))
    wallets = wallets_of(naive, with_credit=False, limit=0)
    messages = [rate(quantity, micros)] * count
    decision = decide([Claim(ACCOUNT, LANE, list(range(count)), messages, atomic=False)], wallets)
    most = sum(left // quantity for left in packages) + naive.spendable() // micros
    assert decision.charged.ids == list(range(min(count, most)))
    assert decision.refused == [list(range(min(count, most), count))]


@given(st.integers(0, 400), st.integers(1, 40), st.integers(1, 40))
def test_an_atomic_claim_is_paid_whole_or_not_at_all(left: int, micros: int, count: int) -> None:
    wallets = wallets_of(Naive({}, {20: left}, 0, 0), with_credit=False, limit=0)
    messages = [rate(1, micros)] * count
    decision = decide([Claim(ACCOUNT, LANE, list(range(count)), messages, atomic=True)], wallets)
    enough = left >= micros * count
    assert len(decision.charged.ids) == (count if enough else 0)
    assert wallets[ACCOUNT, CNY].posted == (left - micros * count if enough else left)


def test_an_unknown_account_is_refused_whole() -> None:
    claim = Claim(8, LANE, [1, 2], [rate(1, 1)] * 2, atomic=False)
    assert decide([claim], {}).refused == [[0, 1]]


def test_an_expired_bucket_lends_nothing_to_credit() -> None:
    # The wallet still counts 100 micros of an expired voucher, which is not among its buckets.
    buckets = [Bucket(99, BucketKind.CREDIT, 0)]
    wallet = Wallet(LANE, 2, ACCOUNT, CNY, 100, 0, 10, 1, buckets)
    claim = Claim(ACCOUNT, LANE, [1, 2], [rate(1, 11), rate(1, 10)], atomic=False)
    assert decide([claim], {(ACCOUNT, CNY): wallet}).refused == [[0]]
