"""A line from the log to the carrier and back, over TCP and with a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from tests.lines.recorder import QUICK, carrier_running
from tests.lines.stage import Stage, eventually, running, staged
from umcloud.infra.db import Database
from umcloud.sandbox.carrier import Knobs
from umcloud.wire.smpp import codes

FINE = "8613800138888"
REJECTED = "8613800130001"
ABSENT = "8613800130002"
SILENT = "8613800130003"
TWICE = "8613800130005"
NO_ANSWER = "8613800130008"
BEFORE = "8613800130009"


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    async with staged(database, now) as made:
        yield made


async def _ended(stage: Stage, count: int) -> dict[int, tuple[str, str]]:
    async def all_there() -> bool:
        return len(await stage.finals()) >= count

    await eventually(all_there)
    return await stage.finals()


async def test_delivered_messages_are_settled_and_their_receipts_acknowledged(
    stage: Stage,
) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        before = await stage.accept(*[FINE] * 30)
        async with running(stage) as runner:
            finals = await _ended(stage, 30)
            after = await stage.accept(*[FINE] * 5)
            finals = await _ended(stage, 35)
            assert set(finals) == {*before, *after}
            assert set(finals.values()) == {("delivered", "000")}
            assert set((await stage.outcomes()).values()) == {"settle"}
            assert await stage.submissions(before[0]) == [(1, 1, "submitted")]

            async def acknowledged() -> bool:
                return carrier.counts.acknowledged == 35

            await eventually(acknowledged)
            assert runner.counts[1].orphans == 0
    assert await stage.spent() == 35
    cursors = await stage.rows("SELECT id FROM line_cursor")
    assert [row.id.int for row in cursors] == [after[-1]]


async def test_a_rejected_message_is_given_back_and_never_sent_again(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        (refused, taken) = await stage.accept(REJECTED, FINE)
        async with running(stage):
            finals = await _ended(stage, 2)
        async with running(stage):
            (another,) = await stage.accept(FINE)
            await _ended(stage, 3)
        assert carrier.counts.arrived == 3
    assert finals[refused] == ("rejected", f"submit:{codes.SUBMIT_FAILED}")
    assert await stage.outcomes() == {refused: "refund", taken: "settle", another: "settle"}
    assert await stage.spent() == 2
    (journal,) = await stage.rows("SELECT kind FROM journal WHERE kind = 'refund'")
    assert journal.kind == "refund"


async def test_a_failed_message_is_given_back_only_where_delivery_is_what_is_paid(
    stage: Stage,
) -> None:
    async with carrier_running(QUICK) as (_, port):
        await stage.line(port)
        (paid,) = await stage.accept(ABSENT)
        (back,) = await stage.accept(ABSENT, refund_on_failure=True)
        async with running(stage):
            finals = await _ended(stage, 2)
    assert finals == {paid: ("failed", "027"), back: ("failed", "027")}
    assert await stage.outcomes() == {paid: "settle", back: "refund"}
    assert await stage.spent() == 1


async def test_receipts_that_come_twice_or_early_count_once(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        ids = await stage.accept(TWICE, BEFORE, TWICE)
        async with running(stage) as runner:
            finals = await _ended(stage, 3)

            async def acknowledged() -> bool:
                return carrier.counts.acknowledged == 5

            await eventually(acknowledged)
            assert runner.counts[1].orphans == 0
    assert finals == dict.fromkeys(ids, ("delivered", "000"))
    (row,) = await stage.rows("SELECT count(*) AS n FROM receipt")
    assert row.n == 3


async def test_a_silent_carrier_leaves_a_message_submitted(stage: Stage) -> None:
    async with carrier_running(QUICK) as (_, port):
        await stage.line(port)
        silent, _ = await stage.accept(SILENT, FINE)
        async with running(stage):
            finals = await _ended(stage, 1)
    assert silent not in finals
    assert await stage.submissions(silent) == [(1, 1, "submitted")]


async def test_an_unanswered_otp_is_not_repeated_and_a_notice_is(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        (otp,) = await stage.accept(NO_ANSWER, cls="otp")
        (notice,) = await stage.accept(NO_ANSWER)
        async with running(stage, response=0.2) as runner:
            finals = await _ended(stage, 2)
            assert runner.counts[1].resent == 2
    assert finals == {otp: ("unknown", "no_answer"), notice: ("unknown", "no_answer")}
    assert await stage.submissions(otp) == [(1, 1, "unknown")]
    assert await stage.submissions(notice) == [(1, n, "unknown") for n in (1, 2, 3)]
    assert carrier.counts.arrived == 4
    assert set((await stage.outcomes()).values()) == {"settle"}


async def test_an_answer_after_all_changes_nothing_that_was_said(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        async with running(stage, response=0.3):
            await stage.accept(FINE)
            await _ended(stage, 1)
            carrier.turn(hang=True)
            (otp,) = await stage.accept(FINE, cls="otp")
            assert (await _ended(stage, 2))[otp] == ("unknown", "no_answer")
            carrier.turn(hang=False)

            async def answered() -> bool:
                return carrier.counts.acknowledged == 2

            await eventually(answered)
    assert (await stage.finals())[otp] == ("unknown", "no_answer")
    assert await stage.submissions(otp) == [(1, 1, "unknown"), (1, 2, "submitted")]
    assert await stage.spent() == 2


async def test_a_message_in_parts_ends_when_all_of_them_have(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        good, bad, back = await stage.accept(FINE, ABSENT, REJECTED, text="长" * 150)
        async with running(stage):
            finals = await _ended(stage, 3)
        assert [len(m.text) for m in carrier.messages(FINE)] == [150]
    assert finals[good] == ("delivered", "000")
    assert finals[bad] == ("failed", "027")
    assert finals[back][0] == "rejected"
    assert await stage.submissions(good) == [(part, 1, "submitted") for part in (1, 2, 3)]
    assert await stage.spent() == 2


async def test_a_throttling_carrier_gets_everything_in_the_end(stage: Stage) -> None:
    async with carrier_running(
        Knobs(latency_ms=0, receipt_delay_ms=0, errors={codes.THROTTLED: 0.5})
    ) as (carrier, port):
        await stage.line(port)
        ids = await stage.accept(*[FINE] * 20)
        async with running(stage) as runner:
            finals = await _ended(stage, 20)
            assert runner.counts[1].throttled > 0
        assert carrier.counts.accepted == 20
    assert set(finals) == set(ids)
    assert await stage.spent() == 20


async def test_a_receipt_of_nobody_is_kept_and_acknowledged(stage: Stage) -> None:
    async with carrier_running(Knobs(latency_ms=0, receipt_delay_ms=800)) as (carrier, port):
        await stage.line(port)
        await stage.accept(FINE)
        async with running(stage) as runner:

            async def submitted() -> bool:
                return 1 in runner.counts and runner.counts[1].submitted == 1

            await eventually(submitted)
        # The next process finds no trace of the submission that the receipt speaks of.
        await stage.rows("UPDATE submission SET carrier_id = 'another' RETURNING id")
        async with running(stage, park=0.2) as runner:

            async def acknowledged() -> bool:
                return carrier.counts.acknowledged == 1

            await eventually(acknowledged)
            assert runner.counts[1].orphans == 1
    (kept,) = await stage.rows("SELECT state, code FROM orphan_receipt")
    assert tuple(kept) == ("delivered", "000")
