"""Many parts at once go a shorter way than single ones: nobody outside can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lines.recorder import MOMENT, QUICK, Recorder, carrier_running, linked, part, until
from umcloud.sandbox.carrier import Carrier, Knobs
from umcloud.sandbox.carrier.handsets import Handsets
from umcloud.wire.gsm.headers import concatenated
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.encode import Envelope
from umcloud.wire.smpp.pdus import Message

NUMBER = "8613800138888"


async def _receipts(carrier: Carrier, port: int, numbers: list[str]) -> list[tuple[object, ...]]:
    """Return what came back for each number, in the order in which receipts came."""
    seen = Recorder()
    async with linked(port, seen, window=500) as link:
        link.submit([part(n, number, f"text {n}") for n, number in enumerate(numbers)])
        await until(lambda: len(seen.sent) + len(seen.refused) == len(numbers))
        await until(lambda: len(seen.told) == carrier.counts.owed > 0)
        refs = {carrier_id: ref for ref, carrier_id in seen.sent.items()}
        assert len(refs) == len(seen.sent)
        return [(refs[r.carrier_id], r.state, r.error, r.done_at) for r in seen.told]


async def test_a_crowd_gets_its_receipts_in_the_order_of_submission() -> None:
    numbers = [f"86139{n:04d}5555" for n in range(300)]
    async with carrier_running() as (carrier, port):
        told = await _receipts(carrier, port, numbers)
        assert told == [(n, "DELIVRD", "000", MOMENT) for n in range(300)]
        assert [carrier.messages(number)[0].text for number in numbers[:2]] == ["text 0", "text 1"]
        assert carrier.counts.facts() == {
            "accepted": 300, "acknowledged": 0, "arrived": 300, "delivered": 300, "owed": 300,
            "lost_receipts": 0, "refused": 0, "replies": 0, "throttled": 0,
        }  # fmt: skip


async def test_test_numbers_in_a_crowd_have_their_own_fates() -> None:
    endings = ["5555", "0001", "0002", "0003", "0005", "0006", "0007", "0010", "5556"]
    async with carrier_running() as (carrier, port):
        told = await _receipts(carrier, port, [f"861390000{ending}" for ending in endings])
        assert sorted((endings[int(str(ref))], state) for ref, state, *_ in told) == [
            ("0002", "UNDELIV"),
            ("0005", "DELIVRD"),
            ("0005", "DELIVRD"),
            ("0006", "EXPIRED"),
            ("0007", "REJECTD"),
            ("0010", "UNDELIV"),
            ("5555", "DELIVRD"),
            ("5556", "DELIVRD"),
        ]
        shown = [ending for ending in endings if carrier.messages(f"861390000{ending}")]
        assert shown == ["5555", "0003", "0005", "5556"]
        assert (carrier.counts.accepted, carrier.counts.refused) == (8, 1)
        assert carrier.counts.delivered == 4


@pytest.mark.parametrize("watched", [False, True])
async def test_screens_are_the_same_whether_somebody_watched_or_not(
    watched: bool,  # noqa: FBT001 - a parameter
) -> None:
    async with carrier_running(QUICK, keep=2, handsets_most=3) as (carrier, port):
        with carrier.subscribe() as news:
            if not watched:
                news.close()
            await _receipts(carrier, port, [f"86139000{5000 + n // 3}" for n in range(15)])
        views = [(view.number[-4:], view.messages) for view in carrier.handsets()]
        assert views == [("5004", 2), ("5003", 2), ("5002", 2)]


async def test_a_throttling_carrier_takes_so_many_a_second() -> None:
    async with carrier_running(Knobs(latency_ms=0, throttle_per_second=3)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n) for n in range(10)])
            await until(lambda: len(seen.sent) + len(seen.busy) == 10)
            assert list(seen.sent) == [0, 1, 2]
            assert seen.busy == [(n, codes.THROTTLED) for n in range(3, 10)]
            assert (carrier.counts.throttled, carrier.counts.refused) == (7, 7)


@pytest.mark.parametrize(
    ("knobs", "receipts"),
    [({"receipt_loss": 1.0}, 0), ({"receipt_twice": 1.0}, 20), ({"undelivered": 1.0}, 10)],
)
async def test_knobs_hold_for_crowds(knobs: dict[str, Any], receipts: int) -> None:
    async with carrier_running(Knobs(latency_ms=0, receipt_delay_ms=0, **knobs)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n) for n in range(10)])
            await until(lambda: len(seen.sent) == 10)
            await until(lambda: len(seen.told) == carrier.counts.owed == receipts)
        states = {receipt.state for receipt in seen.told}
        assert states <= {"UNDELIV" if "undelivered" in knobs else "DELIVRD"}
        assert carrier.counts.delivered == (0 if "undelivered" in knobs else 10)


async def test_a_part_is_in_the_ledger_before_it_is_answered_and_a_receipt_soon(
    tmp_path: Path,
) -> None:
    ledger = tmp_path / "ledger"
    async with carrier_running(QUICK, ledger=ledger) as (_, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n, text=f"token-{n:04d}") for n in range(50)])
            await until(lambda: seen.sent)
            lines = [line.split(b"\t") for line in ledger.read_bytes().splitlines()]
            noted = {line[1]: line[7] for line in lines if line[0] == b"part"}
            assert {id_: f"token-{ref:04d}".encode() for ref, id_ in seen.sent.items()}.items() <= (
                noted.items()
            )
            await until(lambda: len(seen.told) == 50)
            link.acknowledge([receipt.ack for receipt in seen.told])
            await until(lambda: ledger.read_bytes().count(b"\tDELIVRD\n") == 50)


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 4), st.integers(1, 5))
def test_what_is_put_by_is_shown_as_if_it_had_been_delivered_at_once(
    phones: list[int], keep: int, most: int
) -> None:
    at_once, later = Handsets(keep=keep, most=most), Handsets(keep=keep, most=most)
    for n, phone in enumerate(phones):
        message = Message(
            codes.SUBMIT_SM, n, destination=b"861380000%04d" % phone, short_message=b"text %d" % n
        )
        at_once.deliver(message, b"id%d" % n, MOMENT)
        later.put_by([b"id%d" % n], [message], MOMENT)
    assert [view.number for view in later.views()] == [view.number for view in at_once.views()]
    for view in at_once.views():
        one, other = at_once.of(view.number), later.of(view.number)
        # A handset that was forgotten and came back had lost what nobody had seen: now it has not.
        assert list(other.shown)[-len(one.shown) :] == list(one.shown)
        assert len(set(phones)) > most or other.shown == one.shown


def test_nobody_looks_for_long_and_the_last_are_still_there() -> None:
    handsets = Handsets(keep=2, most=3)
    for n in range(25_000):
        message = Message(
            codes.SUBMIT_SM, 0, destination=b"86138%08d" % (n // 2), short_message=b"%d" % n
        )
        handsets.put_by([b"id%d" % n], [message], MOMENT)
    views = handsets.views()
    assert [view.number for view in views] == [f"86138{n:08d}" for n in (12_499, 12_498, 12_497)]
    assert [each.text for each in handsets.of(views[0].number).shown] == ["24998", "24999"]


def test_a_long_text_is_whole_though_nobody_looked_between_its_parts() -> None:
    handsets = Handsets(keep=1, most=2)
    for number in (1, 2, 3):
        body = concatenated(9, 3, number) + b"abc"[number - 1 : number]
        message = Message(
            codes.SUBMIT_SM,
            0,
            destination=NUMBER.encode(),
            esm_class=codes.UDHI,
            short_message=body,
        )
        handsets.put_by([b"id%d" % number], [message], MOMENT)
    assert [each.text for each in handsets.of(NUMBER).shown] == ["abc"]


def test_a_receipts_pieces_make_what_the_envelope_makes() -> None:
    envelope = Envelope(source=(1, 1), destination=(0, 1), registered_delivery=0)
    head, between, middle = envelope.pieces(data_coding=0, esm_class=codes.RECEIPT, size=4)
    whole = envelope.body(b"86138", b"1069", b"text", data_coding=0, esm_class=codes.RECEIPT)
    assert head + b"86138" + between + b"1069" + middle + b"text" == whole
