"""What handsets write, over TCP into a real database, through a kill and a lost answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.lines.recorder import QUICK, carrier_running
from tests.lines.stage import ACCOUNT, LANE, Stage, abandon, eventually, running, staged
from umcloud.domains.inbound import jobs, queries
from umcloud.domains.inbound.model import InboundMessage
from umcloud.infra.db import Database
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.lines.runner import Runner
from umcloud.lines.smpp.link import _inbound
from umcloud.sandbox.carrier import Carrier
from umcloud.wire.gsm.headers import Concatenation
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message

HANDSET = "8613800138888"
OURS = "10690000"


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    async with staged(database, now) as made:
        async with database.transaction() as tx:
            await tx.sql(
                "INSERT INTO account (id, lane, name, state, locale, created_at) "
                "VALUES (:id, :lane, 'x', 'ACTIVE', 'zh_CN', :now)",
                id=ACCOUNT,
                lane=LANE,
                now=now,
            )
        yield made


async def _there(stage: Stage, count: int) -> list[Any]:
    async def all_there() -> bool:
        return len(await stage.rows("SELECT FROM inbound_part")) >= count

    await eventually(all_there)
    return list(await stage.rows("SELECT * FROM inbound_part ORDER BY at, link, ordinal"))


async def _acknowledged(carrier: Carrier, count: int) -> None:
    async def all_of_them() -> bool:
        return carrier.counts.acknowledged >= count

    await eventually(all_of_them)


async def _gathered(stage: Stage) -> list[InboundMessage]:
    act = Act(SYSTEM, stage.now, Door.WORKER, UUID(int=2))
    async with stage.database.transaction() as tx:
        await jobs.gather(tx, act)
        return await queries.search(tx, ACCOUNT)


def _deaf(runner: Runner) -> None:
    """Let the line keep what it hears, and its answers be lost."""

    def lost(batch: object) -> None:
        del batch

    keeper = runner._lines[1]._keeper
    keeper._answer = lost  # type: ignore[method-assign]  # the cable is cut


async def test_an_answer_is_kept_then_acknowledged_then_given_to_its_account(
    stage: Stage,
) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        (sent,) = await stage.accept(HANDSET)
        async with running(stage):
            await _acknowledged(carrier, 1)  # the message's receipt
            carrier.reply(HANDSET, OURS, "好的，收到")
            await _acknowledged(carrier, 2)
            (part,) = await stage.rows("SELECT answered FROM inbound_part")
            (message,) = await _gathered(stage)
    assert not part.answered
    assert (message.text, message.source, message.destination) == ("好的，收到", HANDSET, OURS)
    assert message.message_id == UUID(int=sent)
    # The link was closed in order after the answer: the carrier has it.
    (part,) = await stage.rows("SELECT answered FROM inbound_part")
    assert part.answered


async def test_a_long_answer_is_one_message(stage: Stage) -> None:
    text = "退货原因：" + "尺码不合适，" * 30
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        await stage.accept(HANDSET)
        async with running(stage):
            await _acknowledged(carrier, 1)
            carrier.reply(HANDSET, OURS, text)
            await _acknowledged(carrier, 4)
            (message,) = await _gathered(stage)
    assert (message.text, message.parts, message.missing) == (text, 3, 0)


async def test_what_is_delivered_again_after_a_kill_stays_one_message(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        await stage.accept(HANDSET)
        async with running(stage) as runner:
            await _acknowledged(carrier, 1)
            _deaf(runner)
            carrier.reply(HANDSET, OURS, "1")
            carrier.reply(HANDSET, OURS, "1")
            before = await _there(stage, 2)
            await abandon(runner)
        async with running(stage):
            await _acknowledged(carrier, 3)
            after = await _there(stage, 2)
            messages = await _gathered(stage)
            carrier.reply(HANDSET, OURS, "1")
            await _acknowledged(carrier, 4)
            assert len(await _there(stage, 3)) == 3
    assert [row.at for row in after] == [row.at for row in before]
    assert {row.link for row in after}.isdisjoint({row.link for row in before})
    assert [message.text for message in messages] == ["1", "1"]


async def test_what_came_while_the_database_was_away_is_kept_when_it_is_back(
    stage: Stage,
) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        async with running(stage) as runner:

            async def bound() -> bool:
                return carrier.binds() == {"umcloud": 1}

            await eventually(bound)
            await stage.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            carrier.reply(HANDSET, OURS, "在吗")
            await _acknowledged(carrier, 1)
            assert len(await _there(stage, 1)) == 1
            assert runner.counts[1].orphans == 0


def test_parts_are_known_by_optional_parameters_too() -> None:
    def part(*tlvs: tuple[int, bytes]) -> Concatenation | None:
        message = Message(codes.DELIVER_SM, 1, source=b"1", short_message=b"x", tlvs=tlvs)
        return _inbound(message).part

    reference, total = (codes.SAR_REFERENCE, b"\x01\x02"), (codes.SAR_TOTAL, b"\x03")
    assert part(reference, total, (codes.SAR_NUMBER, b"\x02")) == Concatenation(0x0102, 3, 2)
    assert part(reference, total) is None
    assert part(reference, total, (codes.SAR_NUMBER, b"\x04")) is None
