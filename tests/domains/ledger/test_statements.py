"""The books as stories: a line is a deed or what must hold after it.

account A                       opens a wallet
recharge A 10.00                also `gift`, `voucher`; `until 3` lets it expire after 3 days
credit A 5.00                   lets the wallet go that far below zero
charge A 3.00                   takes money; `repeat` books the line before once more
refuse charge A 9.00 code       the deed is refused with this code, and nothing changes
days 4                          time passes
expect A 7.00 cash 5.00 gift 2.00   the balance, and each bucket that is not empty
seq A 3                         how many entries the wallet has
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domains.ledger.books import credit, debit
from umcloud.domains.ledger import queries, service
from umcloud.domains.ledger.invariants import violations
from umcloud.domains.ledger.model import BucketKind
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Refusal

STORIES = {
    "vouchers pay first, then gifts, then cash, then credit": """
        account A
        credit A 5.00
        recharge A 10.00
        gift A 4.00
        voucher A 2.00 until 30
        charge A 1.00
        expect A 15.00 voucher 1.00 gift 4.00 cash 10.00
        charge A 4.00
        expect A 11.00 gift 1.00 cash 10.00
        charge A 2.00
        expect A 9.00 cash 9.00
        charge A 12.00
        expect A -3.00 credit -3.00
        refuse charge A 2.01 balance.insufficient
        charge A 2.00
        expect A -5.00 credit -5.00
        seq A 8
    """,
    "a recharge pays back credit before it can be spent": """
        account A
        credit A 5.00
        charge A 4.00
        recharge A 1.00
        expect A -3.00 credit -3.00
        recharge A 10.00
        expect A 7.00 cash 7.00
    """,
    "a gift pays back nothing": """
        account A
        credit A 5.00
        charge A 4.00
        gift A 1.00
        expect A -3.00 credit -4.00 gift 1.00
    """,
    "a credit limit is not lowered below what is owed": """
        account A
        credit A 5.00
        charge A 4.00
        refuse credit A 3.99 balance.insufficient
        credit A 4.00
        refuse charge A 0.01 balance.insufficient
    """,
    "what is missing is refused whole": """
        account A
        recharge A 1.00
        refuse charge A 1.000001 balance.insufficient
        charge A 1.00
        expect A 0.00
        refuse charge A 0.000001 balance.insufficient
    """,
    "the same command again books nothing": """
        account A
        recharge A 1.00
        repeat
        expect A 1.00 cash 1.00
        charge A 0.30
        repeat
        repeat
        expect A 0.70 cash 0.70
        seq A 2
    """,
    "an expired bucket pays nothing, on credit neither": """
        account A
        voucher A 10.00 until 3
        credit A 1.00
        days 4
        refuse charge A 1.01 balance.insufficient
        charge A 1.00
        expect A 9.00 voucher 10.00 credit -1.00
        refuse charge A 0.01 balance.insufficient
    """,
    "of two vouchers the one that ends first pays": """
        account A
        voucher A 1.00 until 9
        voucher A 1.00 until 3
        charge A 1.00
        expect A 1.00 voucher 1.00
        days 4
        charge A 1.00
        expect A 0.00
    """,
    "accounts do not touch each other": """
        account A
        account B
        recharge A 1.00
        refuse charge B 0.50 balance.insufficient
        charge A 0.50
        expect A 0.50 cash 0.50
        expect B 0.00
        refuse charge C 0.50 wallet.absent
    """,
}


class Story:
    """Runs the lines of one story."""

    def __init__(self, tx: Tx, act: Act) -> None:
        self.tx = tx
        self.act = act
        self.number = 0
        self.before: list[str] = []

    async def run(self, text: str) -> None:
        for line in text.strip().splitlines():
            words = line.split()
            if words[0] == "repeat":
                await self.step(self.before)
                continue
            self.number += 1
            await self.step(words)
            self.before = words

    async def step(self, words: list[str]) -> None:
        verb, *rest = words
        await getattr(self, f"do_{verb}")(*rest)

    @property
    def key(self) -> str:
        return f"line {self.number}"

    async def do_account(self, name: str) -> None:
        await service.open_wallet(self.tx, self.act, account_id=account(name))

    async def do_days(self, days: str) -> None:
        now = self.act.now + timedelta(days=int(days))
        self.act = dataclasses.replace(self.act, now=now)

    async def do_recharge(self, name: str, amount: str) -> None:
        await self.fill(BucketKind.CASH, name, amount)

    async def do_gift(self, name: str, amount: str, *until: str) -> None:
        await self.fill(BucketKind.GIFT, name, amount, *until)

    async def do_voucher(self, name: str, amount: str, *until: str) -> None:
        await self.fill(BucketKind.VOUCHER, name, amount, *until)

    async def fill(self, kind: BucketKind, name: str, amount: str, *until: str) -> None:
        ends = self.act.now + timedelta(days=int(until[1])) if until else None
        micros = Money.yuan(amount).micros
        await credit(
            self.tx, self.act, account(name), micros, kind=kind, key=self.key, expires_at=ends
        )

    async def do_credit(self, name: str, amount: str) -> None:
        await service.set_credit_limit(
            self.tx, self.act, account_id=account(name), micros=Money.yuan(amount).micros
        )

    async def do_charge(self, name: str, amount: str) -> None:
        await debit(self.tx, self.act, account(name), Money.yuan(amount).micros, key=self.key)

    async def do_refuse(self, *words: str) -> None:
        *deed, code = words
        with pytest.raises(Refusal) as refused:
            async with self.tx.savepoint():
                await self.step(deed)
        assert refused.value.code == code

    async def do_expect(self, name: str, total: str, *parts: str) -> None:
        balance = await queries.balance(self.tx, account(name))
        assert balance.posted == Money.yuan(total).micros
        wanted = {
            BucketKind(kind): Money.yuan(amount).micros
            for kind, amount in zip(parts[::2], parts[1::2], strict=True)
        }
        assert {kind: left for kind, left in balance.by_kind.items() if left} == wanted

    async def do_seq(self, name: str, count: str) -> None:
        lines = await queries.statement(self.tx, account(name), limit=100)
        assert [line.seq for line in lines] == list(range(int(count), 0, -1))


def account(name: str) -> AccountId:
    return AccountId(UUID(int=ord(name)))


@pytest.mark.parametrize("name", STORIES)
async def test_a_story_of_the_books(tx: Tx, act: Act, name: str) -> None:
    story = Story(tx, act)
    await story.run(STORIES[name])
    assert await violations(tx, story.act.now) == []
