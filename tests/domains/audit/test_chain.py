from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest

from umcloud.domains.audit import queries, service
from umcloud.domains.audit.invariants import QUESTIONS, violations
from umcloud.domains.audit.model import BrokenLink, Fault
from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.audit.rules import ForbiddenFactError
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.ids import AccountId

SOMEONE = AccountId(UUID(int=7))


@dataclass(frozen=True, slots=True)
class Waved(Event):
    name: ClassVar[str] = "hand.waved"
    account_id: AccountId
    times: int


@dataclass(frozen=True, slots=True)
class Leaked(Event):
    name: ClassVar[str] = "secret.leaked"
    token: str


async def wave(tx: Tx, act: Act, count: int) -> None:
    for times in range(count):
        later = replace(act, now=act.now + timedelta(seconds=times))
        await service.record(tx, later, Waved(SOMEONE, times))


@pytest.mark.clause("C13.1")
async def test_a_deed_is_recorded_with_its_circumstances(tx: Tx, act: Act) -> None:
    member = Actor(ActorKind.MEMBER, UUID(int=2), SOMEONE)
    theirs = replace(act, actor=member, ip="203.0.113.5", user_agent="b" * 900)
    tx.bus.on_everything(service.record)
    await tx.announce(theirs, Waved(SOMEONE, 3))
    (record,) = await queries.for_account(tx, SOMEONE)
    assert record.actor_kind is ActorKind.MEMBER
    assert record.actor_id == UUID(int=2)
    assert record.name == "hand.waved"
    assert record.facts == {"times": 3}
    assert record.ip == "203.0.113.5"
    assert record.user_agent == "b" * 300
    assert record.at == act.now
    assert await queries.latest(tx, name="hand.waved") == [record]
    assert await queries.latest(tx, name="other") == []


async def test_an_event_with_a_secret_undoes_its_deed(tx: Tx, act: Act) -> None:
    with pytest.raises(ForbiddenFactError):
        await service.record(tx, act, Leaked("x"))


async def test_pages_go_back_in_time(tx: Tx, act: Act) -> None:
    await wave(tx, act, 5)
    first = await queries.for_account(tx, SOMEONE, limit=3)
    rest = await queries.for_account(tx, SOMEONE, before=first[-1].id)
    assert [record.facts["times"] for record in first + rest] == [4, 3, 2, 1, 0]


async def test_the_chain_is_sealed_in_order_and_holds(tx: Tx, act: Act) -> None:
    await wave(tx, act, 7)
    assert await queries.unsealed_count(tx) == 7
    assert await service.seal(tx, act, 5) == 5
    assert await service.seal(tx, act, 5) == 2
    assert await service.seal(tx, act, 5) == 0
    records = await queries.for_account(tx, SOMEONE)
    assert [record.chain_seq for record in records] == [7, 6, 5, 4, 3, 2, 1]
    assert await violations(tx, act.now) == []


async def test_a_late_commit_becomes_a_later_link(tx: Tx, act: Act) -> None:
    await wave(tx, act, 2)
    await service.seal(tx, act)
    await service.record(tx, replace(act, now=act.now - timedelta(hours=1)), Waved(SOMEONE, 9))
    assert await service.seal(tx, act) == 1
    assert await service.verify(tx) == []


FAULTS = {
    "UPDATE audit_record SET facts = '{\"times\": 99}' WHERE chain_seq = 3": Fault.CHANGED,
    "UPDATE audit_record SET at = at + interval '1 microsecond' WHERE chain_seq = 3": Fault.CHANGED,
    "DELETE FROM audit_record WHERE chain_seq = 3": Fault.MISSING,
    "DELETE FROM audit_record WHERE chain_seq >= 3": Fault.CUT,
    "DELETE FROM audit_head": Fault.CUT,
}


@pytest.mark.clause("C13.1")
@pytest.mark.parametrize("harm", FAULTS)
async def test_planted_faults_are_found(tx: Tx, act: Act, harm: str) -> None:
    await wave(tx, act, 5)
    await service.seal(tx, act)
    await tx.sql(harm.replace(":", r"\:"))
    broken = await service.verify(tx)
    assert [link.fault for link in broken] == [FAULTS[harm]]
    assert len(await violations(tx, act.now)) == 1
    lately = Lately(act.now - timedelta(minutes=1), 0, act.now)
    assert await new_faults(tx, QUESTIONS, lately) == await violations(tx, act.now)
    if FAULTS[harm] is not Fault.CUT:
        assert broken[0].seq == 3


async def test_a_forged_tail_with_its_own_hash_is_found(tx: Tx, act: Act) -> None:
    await wave(tx, act, 3)
    await service.seal(tx, act)
    forged = "UPDATE audit_record SET chain_hash = sha256('forged') WHERE chain_seq = 3"
    await tx.sql(forged)
    broken = await service.verify(tx)
    assert BrokenLink(4, Fault.CUT) in broken
    assert broken[0].fault is Fault.CHANGED


async def test_two_sealers_at_once_make_one_chain(database: Database, act: Act) -> None:
    async with database.transaction() as tx:
        await wave(tx, act, 40)

    async def sealer() -> int:
        sealed = 0
        while True:
            async with database.transaction() as tx:
                now = await service.seal(tx, act, 3)
            if not now:
                return sealed
            sealed += now

    async def recorder() -> None:
        for _ in range(10):
            async with database.transaction() as tx:
                await wave(tx, act, 1)

    counts = await asyncio.gather(sealer(), sealer(), recorder())
    async with database.transaction() as tx:
        late = await service.seal(tx, act)
        assert counts[0] + counts[1] + late == 50
        assert await service.verify(tx) == []
        assert await queries.unsealed_count(tx) == 0
