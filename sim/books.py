"""The second opinion: balances and ends of messages, kept in dictionaries beside the real books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from sim.tariff import Tariff
from sim.wallets import CNY, Bucket, Draws, Wallet, give_back
from umcloud.domains.ledger.holds import HoldId
from umcloud.domains.orders.model import DEFERRED, EARNED
from umcloud.kernel.ids import AccountId

SILENCE = timedelta(hours=72)
REMEMBERED = timedelta(hours=72)
UNITS = {"otp": "SMS.N", "notice": "SMS.N", "marketing": "SMS.M"}


class DiffersError(Exception):
    """The platform answered otherwise than it must have."""


@dataclass(slots=True)
class Part:
    """What the carrier did with one part."""

    tries: list[str] = field(default_factory=list)
    report: str | None = None
    taken_at: datetime | None = None
    """When the carrier took it."""

    def end(self, cls: str) -> str | None:
        """Return how it ended, None while it is under way."""
        if self.report is not None:
            return self.report
        if "rejected" in self.tries:
            return "rejected"
        if "submitted" not in self.tries and len(self.tries) >= (1 if cls == "otp" else 3):
            return "unknown"
        return None


@dataclass(slots=True, eq=False)
class Message:
    """An accepted message."""

    id: int
    customer: Customer
    cls: str
    text: str
    digits: str
    """Dial code and number."""
    segments: int
    currency: str
    draws: Draws
    on_delivery: bool
    accepted_at: datetime
    parts: list[Part]
    ended: str | None = None

    def hear_nothing(self, now: datetime) -> None:
        """Take a part for unknown of which nothing was heard for three days."""
        for part in self.parts:
            if part.report is None and part.taken_at and part.taken_at <= now - SILENCE:
                part.report = "unknown"

    def end(self) -> str | None:
        """Return how it ends by what is known of its parts."""
        ends = {part.end(self.cls) for part in self.parts}
        if None in ends:
            return None
        if ends == {"rejected"}:
            return "rejected"
        if ends & {"rejected", "failed"}:
            return "failed"
        return "unknown" if "unknown" in ends else "delivered"


@dataclass(slots=True)
class Template:
    """An approved template."""

    public_id: str
    cls: str
    content: str
    variables: int
    usable: bool = True


@dataclass(slots=True)
class Kept:
    """The answer under an idempotency key."""

    asked: str
    session: int
    accepted: dict[int, int]
    refused: dict[int, str]
    at: datetime


@dataclass(slots=True, eq=False)
class Package:
    """A bought package."""

    units: str
    bucket: Bucket
    expires: datetime
    quantity: int
    price: int
    """Micros paid."""
    voided: bool = False
    earned: int = 0
    """Micros of the price that were earned."""


@dataclass(slots=True, eq=False)
class Customer:
    """An account."""

    number: int
    id: AccountId
    lane: int
    state: str = "ACTIVE"
    verified: bool = False
    signature: str = ""
    templates: list[Template] = field(default_factory=list)
    wallets: dict[str, Wallet] = field(default_factory=lambda: {CNY: Wallet()})
    keys: dict[str, Kept] = field(default_factory=dict)
    packages: list[Package] = field(default_factory=list)
    holds: dict[HoldId, tuple[int, datetime]] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    """Messages by end; all of them are `accepted` too."""
    segments: Counter[str] = field(default_factory=Counter)
    """Of messages, by end."""
    charged: Counter[str] = field(default_factory=Counter)
    """By currency."""

    @property
    def money(self) -> Wallet:
        """The wallet in CNY."""
        return self.wallets[CNY]

    def pass_time(self, now: datetime) -> None:
        """Let go of what was held for too long, and forget old keys."""
        for hold, (amount, expires) in list(self.holds.items()):
            if expires <= now:
                del self.holds[hold]
                self.money.held -= amount
        for key, kept in list(self.keys.items()):
            if kept.at < now - REMEMBERED:
                del self.keys[key]


@dataclass(slots=True)
class Payment:
    """A recharge that was begun."""

    customer: Customer
    micros: int
    expires: datetime
    state: str = "created"


@dataclass(slots=True)
class Books:
    """Everything that must be so."""

    tariff: Tariff = field(default_factory=Tariff)
    customers: list[Customer] = field(default_factory=list)
    open: dict[int, Message] = field(default_factory=dict)
    """Messages without an end, by id."""
    operator: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By ledger account and currency."""
    messages: int = 0
    money_in: int = 0
    refunded: Counter[str] = field(default_factory=Counter)
    """By currency."""
    forfeited: int = 0
    """Micros of vouchers and gifts that expired unused."""
    refunds: int = 0
    replays: int = 0
    """Requests that were answered as before, by their key."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Requests and recipients that were rightly refused, by code."""
    payments: dict[str, Payment] = field(default_factory=dict)
    """By bill number."""

    def charge(self, customer: Customer, *, cls: str, dial: str, segments: int, now: datetime
               ) -> tuple[str, Draws, bool] | None:  # fmt: skip
        """Take what a message costs; return what paid, None where nothing could."""
        micros, on_delivery = self.tariff.message(cls, dial, segments, now)
        units = "" if dial else UNITS[cls]
        for currency, amount in ((units, segments), (CNY, micros)):
            wallet = customer.wallets.get(currency)
            if wallet is None:
                continue
            draw = wallet.take if currency == CNY else wallet.take_whole
            draws = draw(amount, now)
            if draws is not None:
                return currency, draws, on_delivery
        return None

    def accept(self, message: Message) -> None:
        """Write down a message that was accepted and charged."""
        paid = sum(share for _, share in message.draws)
        message.customer.charged[message.currency] += paid
        self.operator[_income(message.currency), message.currency] += paid
        message.customer.ends["accepted"] += 1
        message.customer.segments["accepted"] += message.segments
        self.messages += 1
        self.open[message.id] = message

    def settle(self, message: Message) -> None:
        """End the message where all is known; a refused one is given back."""
        end = message.end()
        if end is None or message.ended is not None:
            return
        message.ended = end
        del self.open[message.id]
        customer = message.customer
        customer.ends[end] += 1
        customer.segments[end] += message.segments
        if end == "rejected" or (end == "failed" and message.on_delivery):
            amount = give_back(message.draws)
            self.refunded[message.currency] += amount
            self.refunds += 1
            self.operator[_income(message.currency), message.currency] -= amount

    def paid(self, bill: str, clearing: str) -> None:
        """Put in the money of a bill, once."""
        payment = self.payments[bill]
        if payment.state == "paid":
            return
        payment.state = "paid"
        payment.customer.money.add("cash", payment.micros)
        self.operator[clearing, CNY] -= payment.micros
        self.money_in += payment.micros

    def pass_time(self, now: datetime) -> None:
        """Do what time does by itself: silence, expiry, forgetting."""
        for message in list(self.open.values()):
            message.hear_nothing(now)
            self.settle(message)
        for payment in self.payments.values():
            if payment.state == "created" and payment.expires <= now:
                payment.state = "closed"
        for customer in self.customers:
            customer.pass_time(now)
            self._forfeit(customer.money, now)
            for package in customer.packages:
                self._void(package, now)
                self._earn(package)

    def _forfeit(self, wallet: Wallet, now: datetime) -> None:
        for kind, amount in wallet.forfeit(now):
            self.operator[f"breakage:{kind}", CNY] += amount
            self.forfeited += amount

    def _void(self, package: Package, now: datetime) -> None:
        if package.expires <= now:
            package.voided = True
            place = (f"units:issued:{package.units}", package.units)
            self.operator[place] += package.bucket.remaining
            package.bucket.remaining = 0

    def _earn(self, package: Package) -> None:
        used = package.quantity - (0 if package.voided else package.bucket.remaining)
        earned = int(Fraction(package.price * used, package.quantity) + Fraction(1, 2))
        self.operator[DEFERRED, CNY] -= earned - package.earned
        self.operator[EARNED, CNY] += earned - package.earned
        package.earned = earned


def _income(currency: str) -> str:
    return "revenue:sms" if currency == CNY else f"units:used:{currency}"
