"""Amounts, and what notices mean in any order and number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domains.payments.channel import ACCOUNT, NOW, notice_for
from umcloud.domains.payments import rules
from umcloud.domains.payments.errors import AmountOutOfBounds
from umcloud.domains.payments.model import Notice, Outcome, Payment, PaymentState, TradeState
from umcloud.kernel.ids import PaymentId
from umcloud.kernel.money import Money

PAYMENT = Payment(
    id=PaymentId(UUID(int=1)),
    account_id=ACCOUNT,
    number="pay_1",
    channel="paper",
    amount=Money.yuan("100"),
    state=PaymentState.CREATED,
    pay_url="",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=2),
    trade_number=None,
    payer=None,
    paid_at=None,
    journal_id=None,
    closed_at=None,
)


@pytest.mark.parametrize("yuan", ["0.01", "1", "99.99", "1000000"])
def test_amounts_within_the_bounds_may_be_paid(yuan: str) -> None:
    rules.check_amount(Money.yuan(yuan))


@pytest.mark.parametrize("yuan", ["0", "-1", "0.009", "0.015", "1000000.01", "1000000.000001"])
def test_other_amounts_are_refused_with_the_bounds(yuan: str) -> None:
    with pytest.raises(AmountOutOfBounds) as caught:
        rules.check_amount(Money.yuan(yuan))
    assert caught.value.facts == {"minimum": "0.01", "maximum": "1000000.00"}


def test_another_amount_than_asked_is_never_settled() -> None:
    other = notice_for(PAYMENT, amount=Money.yuan("99.99"))
    assert rules.decide(PAYMENT, other) is Outcome.MISMATCH
    closed = replace(PAYMENT, state=PaymentState.CLOSED)
    assert rules.decide(closed, other) is Outcome.MISMATCH


NOTICES = st.builds(
    lambda trade, state, short: notice_for(
        PAYMENT,
        trade=trade,
        state=state,
        amount=Money.yuan("1") if short else None,
    ),
    st.sampled_from(["T1", "T2", "T3"]),
    st.sampled_from(TradeState),
    st.booleans(),
)


@given(st.lists(NOTICES, max_size=12))
def test_whatever_comes_a_payment_is_settled_once_and_by_full_money(
    notices: list[Notice],
) -> None:
    payment = PAYMENT
    settled = []
    for notice in notices:
        outcome = rules.decide(payment, notice)
        if outcome is Outcome.SETTLED:
            settled.append(notice)
            payment = replace(payment, state=PaymentState.PAID, trade_number=notice.trade_number)
        elif outcome is Outcome.CLOSED:
            payment = replace(payment, state=PaymentState.CLOSED, closed_at=NOW)
    full = [n for n in notices if n.state is TradeState.PAID and n.amount == PAYMENT.amount]
    assert settled == full[:1]
    assert (payment.state is PaymentState.PAID) == bool(full)
