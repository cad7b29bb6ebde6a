from __future__ import annotations

import pytest

from tests.lines.recorder import MOMENT, QUICK, Recorder, carrier_running, linked, part, until
from umcloud.sandbox.carrier import Knobs
from umcloud.sandbox.carrier.news import (
    BindsChanged,
    HandsetSwitched,
    KnobsTurned,
    MessageShown,
    Newsroom,
)

NUMBER = "8613800138888"


async def test_a_handset_in_airplane_mode_gets_its_messages_afterwards() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            carrier.switch(NUMBER, airplane_mode=True)
            link.submit([part(1, NUMBER), part(2, "8613900000000")])
            await until(lambda: seen.told)
            assert [r.carrier_id for r in seen.told] == [seen.sent[2]]
            view = next(each for each in carrier.handsets() if each.number == NUMBER)
            assert (view.airplane_mode, view.waiting, view.messages) == (True, 1, 0)
            with pytest.raises(ValueError, match="airplane"):
                carrier.reply(NUMBER, "10690000", "hi")
            carrier.switch(NUMBER, airplane_mode=False)
            await until(lambda: len(seen.told) == 2)
            assert seen.told[1].state == "DELIVRD"
            assert len(carrier.messages(NUMBER)) == 1


async def test_a_message_for_a_handset_off_air_expires() -> None:
    knobs = Knobs(latency_ms=0, receipt_delay_ms=0, validity_seconds=0.05)
    async with carrier_running(knobs) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            carrier.switch(NUMBER, airplane_mode=True)
            link.submit([part(1, NUMBER)])
            await until(lambda: seen.told)
            assert seen.told[0].state == "EXPIRED"
            carrier.switch(NUMBER, airplane_mode=False)
            assert carrier.messages(NUMBER) == []


async def test_a_full_handset_takes_nothing() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            carrier.switch(NUMBER, memory_full=True)
            link.submit([part(1, NUMBER)])
            await until(lambda: seen.told)
            assert (seen.told[0].state, seen.told[0].error) == ("UNDELIV", "032")


async def test_handsets_keep_the_last_messages_and_the_last_used_is_first() -> None:
    kept = carrier_running(QUICK, keep=2, handsets_most=2)
    async with kept as (carrier, port), linked(port, Recorder()) as link:
        link.submit([part(n, NUMBER, f"text {n}") for n in range(4)])
        link.submit([part(8, "8613900000000"), part(9, "8613900002222")])
        await until(lambda: carrier.counts.delivered == 6)
        numbers = [view.number for view in carrier.handsets()]
        assert numbers == ["8613900002222", "8613900000000"]
        link.submit([part(n, NUMBER, f"text {n}") for n in range(4)])
        await until(lambda: carrier.messages(NUMBER))
        texts = [message.text for message in carrier.messages(NUMBER)]
        assert texts == ["text 2", "text 3"]
        assert carrier.messages(NUMBER)[0].at == MOMENT


async def test_subscribers_hear_what_happens() -> None:
    async with carrier_running() as (carrier, port):
        with carrier.subscribe() as news:
            async with linked(port, Recorder()) as link:
                assert await news.next() == BindsChanged("umcloud", 1)
                link.submit([part(1, NUMBER, "hello")])
                shown = await news.next()
                assert isinstance(shown, MessageShown)
                assert (shown.message.text, shown.message.incoming) == ("hello", True)
                carrier.reply(NUMBER, "10690000", "hi")
                replied = await news.next()
                assert isinstance(replied, MessageShown)
                assert not replied.message.incoming
                carrier.switch(NUMBER, memory_full=True)
                assert await news.next() == HandsetSwitched(
                    NUMBER, airplane_mode=False, memory_full=True
                )
                carrier.turn(receipt_delay_ms=7)
                assert await news.next() == KnobsTurned(carrier.knobs)


def test_a_slow_subscriber_loses_the_oldest_news() -> None:
    room = Newsroom()
    with room.subscribe(bound=2) as news:
        for binds in range(5):
            room.tell(BindsChanged("umcloud", binds))
        assert news.missed == 3
    room.tell(BindsChanged("umcloud", 9))
    assert news.missed == 3


async def test_receipts_come_over_any_bind_of_the_client() -> None:
    async with carrier_running() as (carrier, port):
        one, two = Recorder(), Recorder()
        async with linked(port, one) as first, linked(port, two):
            assert carrier.binds() == {"umcloud": 2}
            for n in range(20):
                first.submit([part(n)])
                await until(lambda: len(one.sent) > n)  # noqa: B023 - awaited in this round
            await until(lambda: len(one.told) + len(two.told) == 20)
            assert one.told
            assert two.told


async def test_a_receipt_that_is_refused_for_now_is_delivered_again() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, inbound_window=1) as link:
            link.submit([part(1), part(2)])
            await until(lambda: seen.told)
            link.acknowledge([seen.told[0].ack])
            await until(lambda: len(seen.told) == 2)
            link.acknowledge([seen.told[1].ack])
            await until(lambda: carrier.counts.acknowledged == 2)
            assert {r.carrier_id for r in seen.told} == set(seen.sent.values())


async def test_mixes_are_drawn_from_the_seed() -> None:
    knobs = Knobs(
        latency_ms=0,
        receipt_delay_ms=0,
        errors={0x45: 0.3},
        undelivered=0.3,
        receipt_loss=0.2,
        receipt_twice=0.2,
    )
    runs = [await _run_200(knobs) for _ in range(2)]
    assert runs[0] == runs[1]
    counts = runs[0]
    assert 0 < counts["refused"] < 200
    assert 0 < counts["lost_receipts"] < 200
    assert 0 < counts["delivered"] < counts["accepted"]


async def _run_200(knobs: Knobs) -> dict[str, int]:
    async with carrier_running(knobs, seed=7) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, window=200) as link:
            link.submit([part(n) for n in range(200)])
            await until(lambda: len(seen.sent) + len(seen.refused) == 200)
            await until(lambda: len(seen.told) == carrier.counts.owed)
            return carrier.counts.facts()


@pytest.mark.parametrize(
    "wrong",
    [
        {"undelivered": 1.5},
        {"errors": {0x45: 0.6, 0x08: 0.6}},
        {"errors": {0: 0.1}},
        {"latency_ms": 1, "latency_jitter_ms": 2},
        {"throttle_per_second": -1},
    ],
)
async def test_knobs_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    async with carrier_running() as (carrier, _):
        before = carrier.knobs
        with pytest.raises(ValueError, match=r"share|delay|status"):
            carrier.turn(**wrong)
        with pytest.raises(TypeError):
            carrier.turn(nonsense=1)
        assert carrier.knobs == before
