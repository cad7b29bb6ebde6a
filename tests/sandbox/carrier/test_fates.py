from __future__ import annotations

from pathlib import Path

import pytest

from tests.lines.recorder import QUICK, Recorder, carrier_running, linked, part, until
from umcloud.sandbox.carrier import FATES
from umcloud.sandbox.carrier.fates import fate_of
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.codes import STATES


def test_the_table_is_sound() -> None:
    endings = [fate.ending for fate in FATES]
    assert len(set(endings)) == len(endings)
    assert all(len(ending) == 4 and ending.isdigit() for ending in endings)
    assert {fate.state for fate in FATES} <= set(STATES.values())
    assert all(fate.zh and fate.en for fate in FATES)
    assert fate_of(b"8613800138000").ending == ""


@pytest.mark.parametrize(
    ("ending", "state", "error"),
    [
        ("0002", "UNDELIV", "027"),
        ("0006", "EXPIRED", "027"),
        ("0007", "REJECTD", "032"),
        ("0010", "UNDELIV", "001"),
    ],
)
async def test_a_bad_end_is_told_by_receipt(ending: str, state: str, error: str) -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(1, "861380013" + ending)])
            await until(lambda: seen.told)
            assert (seen.told[0].state, seen.told[0].error) == (state, error)
            assert carrier.messages("861380013" + ending) == []


async def test_refused_at_submission() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(1, "8613800130001")])
            await until(lambda: seen.refused)
            assert seen.refused == {1: codes.SUBMIT_FAILED}
            assert (carrier.counts.refused, carrier.counts.accepted) == (1, 0)


async def test_no_receipt_and_two_receipts() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part("none", "8613800130003"), part("two", "8613800130005")])
            await until(lambda: len(seen.told) == 2)
            assert {receipt.carrier_id for receipt in seen.told} == {seen.sent["two"]}
            assert carrier.counts.owed == 2
            assert len(carrier.messages("8613800130003")) == 1


async def test_no_answer_though_delivered() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, response_timeout_seconds=0.2, enquire_seconds=60) as link:
            link.submit([part(1, "8613800130008"), part(2)])
            await until(lambda: seen.doubtful)
            assert (seen.doubtful, list(seen.sent)) == ([1], [2])
            assert len(carrier.messages("8613800130008")) == 1
            assert seen.reasons == []


async def test_the_receipt_may_come_before_the_answer() -> None:
    async with carrier_running() as (_, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(1, "8613800130009")])
            await until(lambda: seen.sent)
            assert seen.order == ["receipts", "submitted"]


async def test_the_slow_receipt_waits() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part("slow", "8613800130004"), part("quick")])
            await until(lambda: seen.told)
            assert {receipt.carrier_id for receipt in seen.told} == {seen.sent["quick"]}
            assert carrier.messages("8613800130004") == []


async def test_a_new_process_still_owes_the_receipts_of_the_old_one(tmp_path: Path) -> None:
    ledger = tmp_path / "carrier" / "ledger"
    seen = Recorder()
    old = carrier_running(QUICK, ledger=ledger)
    async with old as (carrier, port), linked(port, seen) as link:
        link.submit(
            [
                part(1, text="code SM-0000000001"),
                part(2, "8613800130002"),
                part(3, "8613800130003"),
                part(4, "8613800130001"),
            ]
        )
        await until(lambda: len(seen.told) == 2)
        first = next(r for r in seen.told if r.state == "DELIVRD")
        link.acknowledge([first.ack])
        await until(lambda: carrier.counts.acknowledged == 1)
    lines = [line.split("\t") for line in ledger.read_text().splitlines()]
    assert [(line[2], line[7]) for line in lines if line[0] == "part"] == [
        ("00000000", "SM-0000000001"),
        ("00000000", "-"),
        ("00000000", "-"),
        (f"{codes.SUBMIT_FAILED:08x}", "-"),
    ]
    assert ["receipt", first.carrier_id.decode(), "DELIVRD"] in lines
    with ledger.open("a") as file:
        file.write("part\tcut short")
    again = Recorder()
    async with carrier_running(QUICK, ledger=ledger) as (_, port), linked(port, again) as link:
        await until(lambda: again.told)
        assert [(r.carrier_id, r.state) for r in again.told] == [(seen.sent[2], "UNDELIV")]
        link.acknowledge([again.told[0].ack])
