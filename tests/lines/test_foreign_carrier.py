"""Our link at a foreign server, and a foreign client at our carrier: smpp34 (Rust) at both ends."""

from __future__ import annotations

import asyncio
import socket

import smpp34

from tests.lines.recorder import PASSWORD, Recorder, carrier_running, linked, part, until
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.receipts import receipt_text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def _serve_two(server: smpp34.Server) -> None:
    """Refuse the first submission, accept the second, and send its receipt."""
    esme: smpp34.Esme | None = None
    submitted = 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            esme = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            submitted += 1
            if submitted == 1:
                event.reject(codes.THROTTLED)
                continue
            event.accept("id-2")
            assert esme is not None
            text = receipt_text(
                message_id=b"id-2",
                state="DELIVRD",
                error="000",
                submitted=b"2603021205",
                done=b"2603021206",
            )
            await esme.deliver_sm("10690000", text, source_addr=event.destination_addr, esm_class=4)


async def test_our_link_at_a_foreign_server() -> None:
    port = _free_port()
    server = smpp34.Server("127.0.0.1", port, system_id="foreign")
    await server.start()
    serving = asyncio.create_task(_serve_two(server))
    seen = Recorder()
    async with linked(port, seen) as link:
        link.submit([part("first")])
        await until(lambda: seen.busy)
        link.submit([part("second")])
        # The server writes its answers and its receipts from different tasks: any may be first.
        await until(lambda: seen.told and seen.sent)
        assert seen.busy == [("first", codes.THROTTLED)]
        assert seen.sent == {"second": b"id-2"}
        assert (seen.told[0].carrier_id, seen.told[0].state) == (b"id-2", "DELIVRD")
        link.acknowledge([seen.told[0].ack])
        await link.close()
    assert seen.doubtful == []
    serving.cancel()
    await server.stop()


async def test_a_foreign_client_at_our_carrier() -> None:
    async with carrier_running() as (carrier, port):
        client = smpp34.Client("127.0.0.1", port, "umcloud", PASSWORD)
        smsc = await client.connect()
        answer = await smsc.submit_sm(
            "8613800138888", b"hi", source_addr="10690000", registered_delivery=1
        )
        receipt = await smsc.next()
        assert isinstance(receipt, smpp34.DeliverSmEvent)
        assert f"id:{answer.message_id} ".encode() in receipt.short_message
        await until(lambda: carrier.counts.acknowledged == 1)
        await smsc.unbind()
        await client.stop()
        await until(lambda: carrier.binds() == {"umcloud": 0})
