"""The accept pump against real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest

from tests.domains.messaging.conftest import PRICE, Sender
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import FreezeReason
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.ledger import queries as ledger
from umcloud.domains.ledger.errors import IdempotencyConflict, InsufficientBalance
from umcloud.domains.messaging import explain, facts, queries
from umcloud.domains.messaging.errors import (
    AccountStopped,
    NoRecipient,
    Overloaded,
    TooManyRecipients,
)
from umcloud.domains.messaging.model import Status
from umcloud.domains.messaging.pump import Pump
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId
from umcloud.kernel.money import priced
from umcloud.wire.phones import NumberMalformed

NewSender = Callable[..., Awaitable[Sender]]


@pytest.mark.clause("C9.2")
async def test_an_accepted_message_is_charged_and_readable(
    prepared: Database, pump: Pump, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender()
    answer = await pump.submit(sender.request("13800138000"))
    assert answer.accepted == 1
    async with prepared.transaction() as tx:
        assert (await ledger.balance(tx, sender.account_id)).posted == 1_000_000 - PRICE
        [view] = await queries.session(tx, sender.account_id, answer.session_id)
        assert view.status is Status.ACCEPTED
        assert view.destination == "8613800138000"
        assert view.text.startswith("【")
        assert "42" in view.text
        assert view.charge_amount == PRICE
        assert (await queries.today(tx, sender.account_id, now)).accepted == 1
        assert await queries.search(tx, queries.SearchFilter(sender.account_id)) == [view]
        told = await explain.explain(tx, sender.account_id, view.id)
        assert told is not None
        assert (told.amount, told.segments, told.currency) == (PRICE, 1, "CNY")
        assert [draw.amount for draw in told.draws] == [PRICE]
        rule = await catalogue.price_version(tx, told.price_id)
        assert rule is not None
        assert priced(rule.price, told.segments).micros == told.amount
        assert (told.price_source, told.price_valid_from) == (rule.source, rule.valid_from)


async def test_the_exact_prefix_is_accepted_and_the_rest_refused_one_by_one(
    pump: Pump, new_sender: NewSender
) -> None:
    sender = await new_sender(PRICE * 3 + 1)
    numbers = [f"1380013{n:04}" for n in range(5)]
    answer = await pump.submit(sender.request(*numbers))
    assert answer.segments == [1, 1, 1, 0, 0]
    expected = {"currency": "CNY", "needed": "0.05", "available": "0.000001", "missing": "0.049999"}
    for position in (3, 4):
        refusal = answer.refused[position]
        assert isinstance(refusal, InsufficientBalance)
        assert refusal.facts == expected


async def test_an_atomic_request_is_accepted_whole_or_not_at_all(
    prepared: Database, pump: Pump, new_sender: NewSender
) -> None:
    sender = await new_sender(PRICE * 3)
    short = await pump.submit(sender.request(*["13800138000"] * 4, atomic=True))
    faulty = await pump.submit(sender.request("13800138000", "12", atomic=True))
    whole = await pump.submit(sender.request(*["13800138000"] * 3, atomic=True))
    assert (short.accepted, faulty.accepted, whole.accepted) == (0, 0, 3)
    assert isinstance(faulty.refused[1], NumberMalformed)
    async with prepared.transaction() as tx:
        assert (await ledger.balance(tx, sender.account_id)).posted == 0


async def test_malformed_numbers_are_refused_alone(pump: Pump, new_sender: NewSender) -> None:
    sender = await new_sender()
    answer = await pump.submit(sender.request("13800138000", "nobody", "13800138001"))
    assert answer.segments == [1, 0, 1]
    assert isinstance(answer.refused[1], NumberMalformed)


async def test_a_repeated_key_gives_the_stored_answer_and_charges_once(
    prepared: Database, pump: Pump, new_sender: NewSender
) -> None:
    sender = await new_sender()
    first = await pump.submit(sender.request("13800138000", "x", key="k1"))
    again = await pump.submit(sender.request("13800138000", "x", key="k1"))
    assert (again.session, again.segments, again.replayed) == (
        first.session,
        first.segments,
        True,
    )
    assert [type(r) for r in again.refused.values()] == [NumberMalformed]
    with pytest.raises(IdempotencyConflict):
        await pump.submit(sender.request("13800138000", "x", key="k1", value="43"))
    async with prepared.transaction() as tx:
        assert (await ledger.balance(tx, sender.account_id)).posted == 1_000_000 - PRICE


async def test_twins_with_one_key_at_once_are_one_request(
    prepared: Database, now: datetime, new_sender: NewSender
) -> None:
    sender = await new_sender()
    pumps = [Pump(prepared, lambda: now) for _ in range(3)]
    for one in pumps:
        await one.start()
    answers = await asyncio.gather(
        *(p.submit(sender.request("13800138000", key="same")) for p in pumps for _ in range(5))
    )
    for one in pumps:
        await one.stop()
    assert len({answer.session for answer in answers}) == 1
    async with prepared.transaction() as tx:
        assert (await ledger.balance(tx, sender.account_id)).posted == 1_000_000 - PRICE


async def test_racing_pumps_never_overspend_and_ids_follow_commits(
    prepared: Database, now: datetime, new_sender: NewSender
) -> None:
    sender = await new_sender(PRICE * 50)
    pumps = [Pump(prepared, lambda: now) for _ in range(3)]
    for one in pumps:
        await one.start()
    answers = await asyncio.gather(
        *(p.submit(sender.request("13800138000")) for p in pumps for _ in range(30))
    )
    for one in pumps:
        await one.stop()
    assert sum(answer.accepted for answer in answers) == 50
    assert len({answer.session for answer in answers}) == 90
    async with prepared.transaction() as tx:
        assert (await ledger.balance(tx, sender.account_id)).posted == 0


@pytest.mark.clause("C4.2")
async def test_a_frozen_account_is_refused_from_its_very_next_request(
    prepared: Database, pump: Pump, new_sender: NewSender, act: Act
) -> None:
    sender = await new_sender()
    assert (await pump.submit(sender.request("13800138000"))).accepted == 1
    async with prepared.transaction() as tx:
        await accounts.freeze(tx, act, account_id=sender.account_id, reason=FreezeReason.BREACH)
        await facts.changed(tx, sender.account_id)
    with pytest.raises(AccountStopped):
        await pump.submit(sender.request("13800138000"))


async def test_a_stopped_account_with_two_requests_at_once_stops_nobody_else(
    prepared: Database, new_sender: NewSender, act: Act, now: datetime
) -> None:
    stopped, other = await new_sender(), await new_sender()
    async with prepared.transaction() as tx:
        await accounts.freeze(tx, act, account_id=stopped.account_id, reason=FreezeReason.BREACH)
        await facts.changed(tx, stopped.account_id)
    pump = Pump(prepared, lambda: now, writers=1)  # one writer, so that they are one batch
    await pump.start()
    requests = [sender.request("13800138000") for sender in (stopped, stopped, other)]
    first, second, answer = await asyncio.gather(
        *(pump.submit(request) for request in requests), return_exceptions=True
    )
    await pump.stop()
    assert isinstance(first, AccountStopped)
    assert isinstance(second, AccountStopped)
    assert not isinstance(answer, BaseException)
    assert answer.accepted == 1


async def test_facts_that_are_never_current_do_not_keep_the_pump_for_ever(
    prepared: Database, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender()

    async def always_older(tx: Tx, account_id: AccountId) -> facts.SenderFacts:
        found = await facts.load(tx, account_id)
        return replace(found, version=found.version - 1)

    pump = Pump(prepared, lambda: now, patience_seconds=0.1, load=always_older)
    await pump.start()
    with pytest.raises(Overloaded):
        await pump.submit(sender.request("13800138000"))
    await pump.stop()


async def test_requests_out_of_bounds_are_refused(pump: Pump, new_sender: NewSender) -> None:
    sender = await new_sender()
    with pytest.raises(NoRecipient):
        await pump.submit(sender.request())
    with pytest.raises(TooManyRecipients):
        await pump.submit(sender.request(*["13800138000"] * 1_001))
