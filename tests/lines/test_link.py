from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from tests.lines.recorder import MOMENT, QUICK, Recorder, carrier_running, linked, part, until
from umcloud.kernel.moments import SHANGHAI
from umcloud.lines.smpp.link import LinkRefused, SmppLink
from umcloud.sandbox.carrier import Knobs
from umcloud.wire.gsm.segments import encode_parts
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.encode import encode
from umcloud.wire.smpp.pdus import MessageAnswer
from umcloud.wire.smpp.session import Limits


async def test_submit_receipt_and_acknowledgement() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            assert link.room == 100
            assert link.submit([part(n) for n in range(3)]) == 3
            await until(lambda: len(seen.told) == 3)
            assert set(seen.sent) == {0, 1, 2}
            assert {receipt.carrier_id for receipt in seen.told} == set(seen.sent.values())
            assert {(r.state, r.error, r.done_at) for r in seen.told} == {
                ("DELIVRD", "000", MOMENT)
            }
            assert seen.batches < 3, "one call for one read"
            assert carrier.counts.acknowledged == 0, "nothing is acknowledged by itself"
            link.acknowledge(receipt.ack for receipt in seen.told)
            await until(lambda: carrier.counts.acknowledged == 3)
            await link.close()
    assert seen.reasons == []


async def test_the_window_is_enforced() -> None:
    async with carrier_running(Knobs(latency_ms=50, receipt_delay_ms=0)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, window=10) as link:
            batch = [part(n) for n in range(25)]
            assert link.submit(batch) == 10
            assert (link.room, link.outstanding) == (0, 10)
            assert link.submit(batch[10:]) == 0
            await until(lambda: len(seen.sent) == 10)
            assert carrier.counts.arrived == 10
            assert link.room == 10


async def test_a_part_that_smpp_cannot_carry_is_rejected_and_the_rest_goes() -> None:
    async with carrier_running() as (_, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            assert link.submit([part("bad", "1" * 21), part("good")]) == 2
            await until(lambda: seen.sent and seen.refused)
            assert seen.refused == {"bad": codes.INVALID_DESTINATION}
            assert set(seen.sent) == {"good"}


async def test_a_dropped_link_leaves_unknown_outcomes_and_receipts_come_again() -> None:
    async with carrier_running(Knobs(latency_ms=3000, receipt_delay_ms=0)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n) for n in range(5)])
            await until(lambda: len(seen.told) == 5)
            carrier.drop_links()
            await until(lambda: seen.reasons)
            assert seen.doubtful == [0, 1, 2, 3, 4]
            assert seen.order[-1] == "lost"
            assert link.room == 0
            assert link.submit([part(9)]) == 0
            link.acknowledge(receipt.ack for receipt in seen.told)
        again = Recorder()
        async with linked(port, again) as link:
            await until(lambda: len(again.told) == 5)
            assert {r.carrier_id for r in again.told} == {r.carrier_id for r in seen.told}
            link.acknowledge(receipt.ack for receipt in again.told)
            await until(lambda: carrier.counts.acknowledged == 5)


async def test_a_throttling_carrier_took_nothing_over() -> None:
    async with carrier_running(Knobs(latency_ms=0, throttle_per_second=4)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n) for n in range(10)])
            await until(lambda: len(seen.sent) + len(seen.busy) == 10)
            assert len(seen.sent) == 4
            assert {status for _, status in seen.busy} == {codes.THROTTLED}
            assert carrier.counts.throttled == 6
            assert carrier.counts.accepted == 4


async def test_senseless_answers_end_the_link() -> None:
    async with carrier_running(Knobs(latency_ms=0, garbage=1.0)) as (_, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(1), part(2)])
            await until(lambda: seen.reasons)
            assert seen.doubtful == [1, 2]
            assert seen.reasons == ["a senseless length"]


async def test_silence_is_an_unknown_outcome_first_and_a_lost_link_then() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, response_timeout_seconds=0.2, enquire_seconds=0.3) as link:
            carrier.turn(hang=True)
            link.submit([part(1)])
            await until(lambda: seen.doubtful)
            assert seen.reasons == []
            await until(lambda: seen.reasons)
            assert seen.reasons == ["no answer to enquire_link"]


async def test_a_late_answer_is_told_after_unknown() -> None:
    async with carrier_running() as (carrier, port):
        seen = Recorder()
        async with linked(port, seen, response_timeout_seconds=0.2, enquire_seconds=60) as link:
            carrier.turn(hang=True)
            link.submit([part(1)])
            await until(lambda: seen.doubtful)
            carrier.turn(hang=False)
            await until(lambda: seen.sent)
            assert seen.order[:2] == ["unknown", "submitted"]


async def test_close_waits_for_answers_and_unbinds() -> None:
    async with carrier_running(Knobs(latency_ms=50, receipt_delay_ms=0)) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            link.submit([part(n) for n in range(3)])
            await link.close()
            assert len(seen.sent) == 3
            assert seen.doubtful == []
            assert seen.reasons == []
            assert link.room == 0
            assert carrier.binds() == {"umcloud": 0}
            await link.close()


async def test_a_wrong_password_and_a_closed_door_are_told_apart() -> None:
    async with carrier_running() as (carrier, port):
        with pytest.raises(LinkRefused) as caught:
            async with linked(port, Recorder(), password="wrong"):
                pass
        assert caught.value.status == codes.INVALID_PASSWORD
        carrier.turn(refuse_binds=True)
        with pytest.raises(LinkRefused) as caught:
            async with linked(port, Recorder()):
                pass
        assert caught.value.status == codes.BIND_FAILED
        with pytest.raises(LinkRefused):
            async with linked(port, Recorder(), password="much too long"):
                pass
    with pytest.raises(OSError, match="onnect"):
        async with linked(port, Recorder()):
            pass


async def _serve(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> asyncio.Server:
    async def each(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(writer)
        finally:
            writer.close()

    return await asyncio.start_server(each, "127.0.0.1", 0)


async def test_a_carrier_that_never_answers_the_bind_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        await SmppLink.connect(
            "127.0.0.1",
            silent.getsockname()[1],
            system_id="um",
            password="x",
            events=Recorder(),
            bind_timeout_seconds=0.1,
        )


async def test_a_carrier_that_hangs_up_or_babbles_refuses_the_link() -> None:
    async def hang_up(writer: asyncio.StreamWriter) -> None:
        await writer.drain()

    async def babble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    for answer in (hang_up, babble):
        server = await _serve(answer)
        port = server.sockets[0].getsockname()[1]
        seen = Recorder()
        with pytest.raises(LinkRefused):
            async with linked(port, seen):
                pass
        assert seen.reasons == []
        server.close()
        await server.wait_closed()


async def test_handsets_answers_and_long_texts_come_in() -> None:
    async with carrier_running(QUICK) as (carrier, port):
        seen = Recorder()
        async with linked(port, seen) as link:
            carrier.reply("8613800138888", "10690000", "退订")
            carrier.reply("8613800138888", "10690000", "长" * 80)
            await until(lambda: len(seen.heard) == 3)
            short, first, second = seen.heard
            assert (short.source, short.destination, short.text, short.part) == (
                b"8613800138888",
                b"10690000",
                "退订",
                None,
            )
            assert first.part is not None
            assert second.part is not None
            assert (first.part.number, second.part.number, second.part.total) == (1, 2, 2)
            assert first.text + second.text == "长" * 80
            link.acknowledge(message.ack for message in seen.heard)
            await until(lambda: carrier.counts.acknowledged == 3)


async def test_parts_of_a_long_text_arrive_as_one() -> None:
    text = "【优云】" + "您好😀" * 40
    async with carrier_running() as (carrier, port), linked(port, Recorder()) as link:
        coded = encode_parts(text, 7)
        assert coded.udhi
        parts = [part(n, source=b"UMCloud") for n, _ in enumerate(coded.payloads)]
        for one, payload in zip(parts, coded.payloads, strict=True):
            one.payload, one.data_coding, one.esm_class = payload, coded.data_coding, codes.UDHI
        link.submit(parts)
        await until(lambda: carrier.messages("8613800138888"))
        [message] = carrier.messages("8613800138888")
        assert (message.text, message.parts) == (text, len(coded.payloads))
        assert message.other == "UMCloud"


async def test_a_late_answer_is_told_before_the_second_try_is_given_up() -> None:
    seen = Recorder()
    link = SmppLink(
        system_id="um", password="x", events=seen, limits=Limits(response_timeout=1), zone=SHANGHAI
    )
    first = part("one")
    link._session._enter(sending=True, taking=True)
    link.submit([first])
    link._handle(link._session.tick(link._loop.time() + 2))
    link.submit([first])
    answer = MessageAnswer(codes.SUBMIT_SM_RESP, codes.OK, 1, b"late")
    late = link._session.receive(encode(answer), link._loop.time())
    link._handle([*late, *link._session.close("hung up")])
    assert seen.order == ["unknown", "submitted", "unknown"]
    assert seen.sent == {"one": b"late"}
