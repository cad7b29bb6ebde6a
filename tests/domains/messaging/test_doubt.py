"""Connections die at any moment; what was accepted stands once, what was not does not stand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import psycopg
import pytest

from tests.domains.messaging.conftest import PRICE, Sender
from umcloud.domains.ledger import queries as ledger
from umcloud.domains.messaging import facts, queries
from umcloud.domains.messaging.batch import STATEMENTS, Batch, CommitInDoubtError
from umcloud.domains.messaging.ids import SessionIds
from umcloud.domains.messaging.model import SESSION_MASK, SendAnswer
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.messaging.screening import screen
from umcloud.infra.db import Database
from umcloud.infra.hot import COMMIT, Call, HotConnection, Rows
from umcloud.kernel.moments import unix_ms

NewSender = Callable[..., Awaitable[Sender]]


class Cut(HotConnection):
    """A connection that breaks around the commit: before it is sent, or before it is answered."""

    sent = True

    async def run(self, calls: Sequence[Call]) -> list[Rows]:
        if calls[-1] != COMMIT:
            return await super().run(calls)
        if self.sent:
            await super().run(calls)
        await self.close()
        raise psycopg.OperationalError("cut")


async def written(
    prepared: Database, sender: Sender, now: datetime, *, sent: bool, ready: bool
) -> tuple[Batch, bool]:
    async with prepared.transaction() as tx:
        known = await facts.load(tx, sender.account_id)
    ids, purses = SessionIds(), dict[int, int]()
    request = sender.request("13800138000")
    if ready:
        before = Batch(now)
        before.add(request, screen(known, request, now))
        whole = await HotConnection.open(prepared, STATEMENTS)
        await before.write(whole, ids, purses)
        await whole.close()
    assert bool(purses) is ready
    batch = Batch(now)
    batch.add(request, screen(known, request, now))
    cut = await Cut.open(prepared, STATEMENTS)
    assert isinstance(cut, Cut)
    cut.sent = sent
    with pytest.raises(CommitInDoubtError):
        await batch.write(cut, ids, purses)
    looking = await HotConnection.open(prepared, STATEMENTS)
    stands = await batch.was_committed(looking)
    await looking.close()
    return batch, stands


@pytest.mark.parametrize("ready", [True, False], ids=["made ready", "with a look"])
@pytest.mark.parametrize("sent", [True, False])
async def test_a_doubtful_commit_is_looked_up(
    prepared: Database, new_sender: NewSender, now: datetime, *, sent: bool, ready: bool
) -> None:
    sender = await new_sender()
    batch, stands = await written(prepared, sender, now, sent=sent, ready=ready)
    assert stands is sent
    answer = batch.answers[0]
    assert isinstance(answer, SendAnswer)
    async with prepared.transaction() as tx:
        found = await queries.session(tx, sender.account_id, answer.session_id)
        assert len(found) == int(sent)
        spent = 1_000_000 - (await ledger.balance(tx, sender.account_id)).posted
    assert spent == PRICE * (int(sent) + int(ready))


async def test_killed_backends_lose_and_double_nothing(
    prepared: Database, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender(PRICE * 10_000)
    pump = Pump(prepared, lambda: now)
    await pump.start()
    done = asyncio.Event()
    answers: list[SendAnswer] = []
    progress = asyncio.Semaphore(0)

    async def send() -> None:
        while not done.is_set():
            answers.append(await pump.submit(sender.request("13800138000")))
            progress.release()

    senders = [asyncio.create_task(send()) for _ in range(8)]
    for _ in range(6):
        for _ in range(40):
            await progress.acquire()
        async with prepared.transaction() as tx:
            await tx.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND (query LIKE '%EXECUTE lock_lanes%' OR query LIKE '%NOTIFY accepted%')"
            )
    done.set()
    await asyncio.gather(*senders)
    await pump.stop()
    async with prepared.transaction() as tx:
        stored = (await tx.sql("SELECT count(*) FROM message")).scalar_one()
        charged = (await tx.sql("SELECT count(*) FROM charge")).scalar_one()
        spent = PRICE * 10_000 - (await ledger.balance(tx, sender.account_id)).posted
    assert stored == charged == len(answers)
    assert spent == PRICE * len(answers)


def test_session_ids_only_grow_and_leave_room_for_their_messages(now: datetime) -> None:
    ids = SessionIds()
    made = [ids.next(unix_ms(now), 0) for _ in range(1_000)]
    above = made[-1] + (5 << 80)
    made.append(ids.next(unix_ms(now), above))
    assert made == sorted(set(made))
    assert made[-1] > above
    assert all(one & SESSION_MASK == 0 for one in made)
    assert all((one >> 76) & 0xF == 7 and (one >> 62) & 0b11 == 0b10 for one in made)
    assert made[0] >> 80 == unix_ms(now)


def test_two_writers_that_go_on_from_one_id_do_not_meet(now: datetime) -> None:
    one, other = SessionIds(), SessionIds()
    moment = unix_ms(now)
    above = one.next(moment, 0)
    made = [one.next(moment, above) for _ in range(1_000)]
    made += [other.next(moment, above) for _ in range(1_000)]
    # Each saw what the other committed, and goes on from there.
    made += [one.next(moment, made[-1]), other.next(moment, made[999])]
    assert len(set(made)) == len(made)
    assert all(each > above and each & SESSION_MASK == 0 for each in made)


def test_counting_up_carries_over_version_and_variant(now: datetime) -> None:
    ids = SessionIds()
    full = (unix_ms(now) << 80) | 0x7 << 76 | 0xFFF << 64 | 0b10 << 62 | ((1 << 62) - 1)
    following = ids.next(unix_ms(now), full)
    assert following >> 80 == unix_ms(now) + 1
    assert following & SESSION_MASK == 0


@pytest.mark.parametrize("known", [True, False], ids=["made ready", "with a look"])
async def test_a_batch_that_fails_in_the_middle_moves_no_money(
    prepared: Database, new_sender: NewSender, now: datetime, *, known: bool
) -> None:
    sender = await new_sender()
    connection = await HotConnection.open(prepared, STATEMENTS)
    ids, purses = SessionIds(), dict[int, int]()
    request = sender.request("13800138000")
    async with prepared.transaction() as tx:
        facts_known = await facts.load(tx, sender.account_id)
    if known:
        first = Batch(now)
        first.add(request, screen(facts_known, request, now))
        await first.write(connection, ids, purses)
        assert sender.account_id.int in purses
    before = await posted(prepared, sender)
    broken = screen(facts_known, request, now)
    broken.ready.texts[0] = "no text that can be stored: \0"
    batch = Batch(now)
    batch.add(request, broken)
    with pytest.raises(ValueError, match="NUL"):
        await batch.write(connection, ids, purses)
    again = Batch(now)
    again.add(request, screen(facts_known, request, now))
    await again.write(connection, ids, purses)
    assert await posted(prepared, sender) == before - PRICE
    await connection.close()


async def test_a_purse_that_has_emptied_is_looked_at(
    prepared: Database, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender(PRICE * 3)
    connection = await HotConnection.open(prepared, STATEMENTS)
    ids, purses = SessionIds(), dict[int, int]()
    async with prepared.transaction() as tx:
        known = await facts.load(tx, sender.account_id)
    request = sender.request("13800138000", "13800138001")
    accepted = []
    for _ in range(3):
        batch = Batch(now)
        batch.add(request, screen(known, request, now))
        (answer,) = await batch.write(connection, ids, purses)
        assert isinstance(answer, SendAnswer)
        accepted.append(sorted(answer.refused))
    assert accepted == [[], [1], [0, 1]]
    assert await posted(prepared, sender) == 0
    await connection.close()


async def posted(prepared: Database, sender: Sender) -> int:
    async with prepared.transaction() as tx:
        return (await ledger.balance(tx, sender.account_id)).posted
