"""The pure decision of a batch: which events are paid, and from what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from umcloud.domains.charging.model import Charged, Claim, Decision, Movements, Rate, Wallets
from umcloud.domains.ledger.model import CNY, BucketKind, Wallet
from umcloud.domains.ledger.rules import draw, spendable

#: One payment: wallet, [(bucket id, amount)].
_Paid = tuple[Wallet, list[tuple[int, int]]]


def totals(claims: Iterable[Claim]) -> dict[tuple[int, int], int]:
    """Return what the claims cost in money, by lane and account; those that cost some."""
    sums: dict[tuple[int, int], int] = {}
    for claim in claims:
        rates = claim.rates
        micros = rates[0].micros if len(rates) == 1 else sum([rate.micros for rate in rates])
        if micros:
            key = claim.lane, claim.account
            sums[key] = sums.get(key, 0) + micros
    return sums


def unpaid(claims: Iterable[Claim], paid: Mapping[int, int]) -> list[tuple[int, int]]:
    """Return, sorted, the (lane, account) that have events to pay and are not among `paid`."""
    return sorted({(c.lane, c.account) for c in claims if c.rates and c.account not in paid})


def decide(
    claims: Sequence[Claim], wallets: Wallets, paid: Mapping[int, int] | None = None
) -> Decision:
    """Return who is charged what, in the order of the claims.

    Changes the wallets' `posted` and buckets' `remaining` as it goes, so that a later event sees
    what an earlier one left. A claim of an unknown account is refused whole. `paid` names, by
    account, the wallets whose cash has paid for all of the account's events already.
    """
    decision = Decision([], Charged(), Movements())
    paid = paid or {}
    for claim in claims:
        if (wallet := paid.get(claim.account)) is not None:
            decision.refused.append([])
            _note_paid(decision, claim, wallet)
            continue
        units, money = _wallets_of(claim, wallets)
        # One event is all or nothing by itself.
        if claim.atomic and len(claim.ids) > 1 and not _affordable(claim.rates, units, money):
            decision.refused.append(list(range(len(claim.ids))))
            continue
        decision.refused.append(_charge(claim, units, money, decision))
    return decision


def _wallets_of(claim: Claim, wallets: Wallets) -> tuple[dict[str, Wallet], Wallet | None]:
    account = claim.account
    units: dict[str, Wallet] = {}
    seen = None
    for rate in claim.rates:
        currency = rate.units_currency
        if currency is not seen:
            seen = currency
            if (wallet := wallets.get((account, currency))) is not None:
                units[currency] = wallet
    return units, wallets.get((account, CNY))


def _charge(
    claim: Claim, units: dict[str, Wallet], money: Wallet | None, decision: Decision
) -> list[int]:
    refused: list[int] = []
    for index, rate in enumerate(claim.rates):
        paid = _pay(rate, units.get(rate.units_currency), money)
        if paid is None:
            refused.append(index)
        else:
            _note(decision, claim, claim.ids[index], rate, paid)
    return refused


def _pay(rate: Rate, units: Wallet | None, money: Wallet | None) -> _Paid | None:
    if units is not None:
        quantity = rate.quantity
        if units.posted - units.held >= quantity:
            for bucket in units.buckets:
                if bucket.remaining >= quantity:
                    bucket.remaining -= quantity
                    units.posted -= quantity
                    return units, [(bucket.id, quantity)]
    if money is None:
        return None
    micros = rate.micros
    if not micros:
        return money, [(money.id, 0)]  # what is free needs no bucket that holds something
    # The common case first: one bucket pays all, nothing is held and none of it is on credit.
    if money.buckets and not money.held:
        first = money.buckets[0]
        if first.remaining >= micros and first.kind is not BucketKind.CREDIT:
            first.remaining -= micros
            money.posted -= micros
            return money, [(first.id, micros)]
    draws = draw(money, micros)
    return None if draws is None else (money, draws)


def _note_paid(decision: Decision, claim: Claim, wallet: int) -> None:
    charged, count = decision.charged, len(claim.ids)
    amounts = [rate.micros for rate in claim.rates]
    operator = decision.movements.operator
    operator[CNY] = operator.get(CNY, 0) + sum(amounts)
    charged.lanes += [claim.lane] * count
    charged.ids += claim.ids
    charged.accounts += [claim.account] * count
    charged.wallets += [wallet] * count
    charged.buckets += [wallet] * count  # its cash
    charged.amounts += amounts
    charged.rates += claim.rates
    charged.draws += [None] * count


def _note(decision: Decision, claim: Claim, event: int, rate: Rate, paid: _Paid) -> None:
    wallet, draws = paid
    lane, wallet_id = claim.lane, wallet.id
    charged, moved = decision.charged, decision.movements
    amount = 0
    for bucket_id, share in draws:
        key = (lane, wallet_id, bucket_id)
        moved.buckets[key] = moved.buckets.get(key, 0) + share
        amount += share
    moved.wallets[lane, wallet_id] = moved.wallets.get((lane, wallet_id), 0) + amount
    moved.operator[wallet.currency] = moved.operator.get(wallet.currency, 0) + amount
    charged.lanes.append(lane)
    charged.ids.append(event)
    charged.accounts.append(claim.account)
    charged.wallets.append(wallet_id)
    charged.buckets.append(draws[0][0])
    charged.amounts.append(amount)
    charged.rates.append(rate)
    charged.draws.append(_split(draws) if len(draws) > 1 else None)


def _split(draws: list[tuple[int, int]]) -> str:
    return json.dumps([[f"{bucket_id:032x}", share] for bucket_id, share in draws])


def _affordable(rates: Iterable[Rate], units: dict[str, Wallet], money: Wallet | None) -> bool:
    """Whether all events together can be paid, by the same rule that charges them one by one."""
    left = {c: [b.remaining for b in wallet.buckets] for c, wallet in units.items()}
    free = {c: wallet.posted - wallet.held for c, wallet in units.items()}
    cash = spendable(money) if money else 0
    for rate in rates:
        currency, quantity = rate.units_currency, rate.quantity
        if free.get(currency, 0) >= quantity:
            buckets = left[currency]
            place = next((i for i, r in enumerate(buckets) if r >= quantity), None)
            if place is not None:
                buckets[place] -= quantity
                free[currency] -= quantity
                continue
        cash -= rate.micros
        if cash < 0:
            return False
    return True


def operator_account(currency: str) -> str:
    """Return the operator's ledger account that receives what events cost in this currency."""
    return "revenue:sms" if currency == CNY else f"units:used:{currency}"
