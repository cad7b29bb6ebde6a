"""What SMPP costs: codec, session and link → carrier, beside other codecs and clients, in one run.

    python bench/smpp_codec.py [messages]

Every figure is CPU time of one core, the best of three rounds; the whole takes some twenty
seconds. Link and carrier run in one process over loopback TCP, so their figure is the sum of both
ends and of the kernel's work. smpplib (Python) and smpp34 (Rust) are foreign codecs and clients.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

import smpp34
import smpplib.client
import smpplib.consts
import smpplib.smpp
import uvloop

from umcloud.kernel.moments import SHANGHAI
from umcloud.lines.smpp.link import SmppLink
from umcloud.lines.smpp.words import Answered, Inbound, Outgoing, Receipt
from umcloud.sandbox.carrier import Carrier, CarrierConfig, Knobs
from umcloud.wire.gsm.segments import encode_parts
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.client import ClientSession
from umcloud.wire.smpp.decode import decode
from umcloud.wire.smpp.encode import Envelope, encode
from umcloud.wire.smpp.events import BindRequested
from umcloud.wire.smpp.pdus import Message
from umcloud.wire.smpp.receipts import delivery_reader, read_receipt, receipt_text
from umcloud.wire.smpp.server import ServerSession
from umcloud.wire.smpp.session import Limits

TEXT = "【优云】您的验证码是123456，5分钟内有效。"
PAYLOAD = TEXT.encode("utf-16-be")
RECEIPT = receipt_text(
    message_id=b"0123456789abcdef",
    state="DELIVRD",
    error="000",
    submitted=b"260302120506",
    done=b"260302120507",
)
PASSWORD = "secret08"  # noqa: S105 - of a server that lives for seconds
ROUNDS = 3
_NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)


def per_message(work: Callable[[int], object], messages: int) -> float:
    """Return CPU-µs a message, the best of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        work(messages)
        best = min(best, (time.process_time() - before) / messages * 1e6)
    return best


def show(name: str, microseconds: float, note: str = "") -> None:
    """Print one line of the table."""
    line = f"{name:<46}{microseconds:8.2f} µs{1e6 / microseconds:12,.0f} /s  {note}"
    print(line)  # noqa: T201 - a table


def repeat(function: Callable[[], object]) -> Callable[[int], None]:
    """Return work that does the same thing so many times."""

    def work(messages: int) -> None:
        for _ in range(messages):
            function()

    return work


def codec(messages: int) -> None:
    """Ours, smpp34's and smpplib's codecs on the same submit_sm, and our receipt reader."""
    envelope = Envelope()
    sender, read = envelope.sender(b"10690000"), delivery_reader(SHANGHAI)
    header = b"\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\1"
    octets = bytearray(
        header + envelope.body(b"10690000", b"8613800138000", PAYLOAD, data_coding=8)
    )
    octets[:4] = len(octets).to_bytes(4, "big")
    submit = bytes(octets)
    deliver = encode(Message(codes.DELIVER_SM, 1, esm_class=4, short_message=RECEIPT))
    message = decode(deliver)
    assert isinstance(message, Message)  # noqa: S101 - the bench's own fixture
    ours: list[tuple[str, Callable[[], object]]] = [
        ("text to parts (UCS2, one part)", lambda: encode_parts(TEXT, 1)),
        (
            "encode submit_sm, source known",
            lambda: sender.body(b"8613800138000", PAYLOAD, 8, 0),
        ),
        (
            "encode submit_sm",
            lambda: envelope.body(b"10690000", b"8613800138000", PAYLOAD, data_coding=8),
        ),
        ("decode submit_sm", lambda: decode(submit)),
        ("decode deliver_sm", lambda: decode(deliver)),
        ("read a usual receipt from octets", lambda: read(5, 1, deliver[16:])),
        ("read a receipt's text", lambda: read_receipt(message, SHANGHAI)),
    ]
    for name, function in ours:
        show(f"umcloud  {name}", per_message(repeat(function), messages))
    show(
        "smpp34   encode submit_sm (Rust)",
        per_message(
            repeat(
                lambda: smpp34.SubmitSm(
                    "10690000", "8613800138000", PAYLOAD, data_coding=8, registered_delivery=1
                ).encode()
            ),
            messages,
        ),
    )
    show("smpp34   decode submit_sm (Rust)", per_message(repeat(lambda: _read34(submit)), messages))
    client: Any = smpplib.client.Client("127.0.0.1", 1, allow_unknown_opt_params=True)
    show(
        "smpplib  encode submit_sm",
        per_message(repeat(lambda: _make_lib(client).generate()), messages // 20),
    )
    show(
        "smpplib  decode submit_sm",
        per_message(
            repeat(
                lambda: smpplib.smpp.parse_pdu(submit, client=client, allow_unknown_opt_params=True)
            ),
            messages // 20,
        ),
    )


def _read34(octets: bytes) -> tuple[object, ...]:
    read: Any = smpp34.decode(octets)
    return (read.source_addr, read.destination_addr, read.short_message, read.data_coding)


def _make_lib(client: Any) -> Any:
    return smpplib.smpp.make_pdu(
        "submit_sm",
        client=client,
        source_addr="10690000",
        destination_addr="8613800138000",
        short_message=PAYLOAD,
        data_coding=8,
        registered_delivery=1,
    )


def session(messages: int) -> None:
    """Submit and answer through both sessions, joined by nothing but a loop."""
    limits = Limits(window=500)
    client, server = ClientSession(limits, 0), ServerSession(limits, 0)
    client.bind(system_id=b"um", password=b"secret", now=0)
    [asked] = server.receive(client.data_to_send(), 0)
    assert isinstance(asked, BindRequested)  # noqa: S101 - the bench's own fixture
    server.accept_bind(b"carrier")
    client.receive(server.data_to_send(), 0)
    sender = Envelope().sender(b"10690000")

    def work(count: int) -> None:
        for _ in range(count // 500):
            refs = range(500)
            client.send_all(refs, [sender.body(b"8613800138000", PAYLOAD, 8, 0) for _ in refs], 0)
            for event in server.receive(client.data_to_send(), 0):
                if type(event) is Message:
                    server.answer(event.sequence, b"0123456789abcdef")
            client.receive(server.data_to_send(), 0)

    show("umcloud  session: submit + answer, both ends", per_message(work, messages))


class Runner:
    """Keeps the window full and acknowledges at once."""

    def __init__(self, messages: int, *, receipts: bool) -> None:
        self.left = messages
        self.answered = self.told = 0
        self.awaited = messages
        self.receipts_wanted = receipts
        self.done = asyncio.get_running_loop().create_future()
        self.link: SmppLink | None = None
        self.part = Outgoing(b"8613800138888", b"10690000", PAYLOAD, 8, 0)

    def fill(self) -> None:
        """Submit as much as there is room for."""
        if self.link is not None and self.left and self.link.room >= 32:
            self.left -= self.link.submit([self.part] * min(self.left, self.link.room))

    def submitted(self, batch: list[Answered]) -> None:
        """Count, and fill up again."""
        self.answered += len(batch)
        self.fill()
        self._check()

    def rejected(self, part: Outgoing, status: int) -> None:  # noqa: ARG002 - LinkEvents
        """Fail: nothing here is refused."""
        self.done.set_exception(RuntimeError(f"refused with status {status}"))

    throttled = rejected

    def unknown(self, part: Outgoing) -> None:
        """Fail: nothing here is lost."""
        self.rejected(part, 0)

    def receipts(self, batch: list[Receipt]) -> None:
        """Acknowledge and count."""
        self.told += len(batch)
        if self.link is not None:
            self.link.acknowledge([receipt.ack for receipt in batch])
        self._check()

    def inbound(self, message: Inbound) -> None:
        """Ignore: no handset writes here."""

    def lost(self, reason: str) -> None:
        """Fail."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(reason))

    def _check(self) -> None:
        told = self.told >= self.awaited or not self.receipts_wanted
        if self.answered >= self.awaited and told and not self.done.done():
            self.done.set_result(None)


async def over_loopback(messages: int, *, receipts: bool, keep: int) -> tuple[float, float]:
    """Return CPU-µs and wall-µs a message for link and carrier together."""
    quick = Knobs(latency_ms=0, receipt_delay_ms=0, receipt_loss=0 if receipts else 1)
    config = CarrierConfig(clients={"bench": PASSWORD}, keep=keep)
    carrier = Carrier(config, now=lambda: _NOW, knobs=quick)
    port = await carrier.start()
    runner = Runner(messages, receipts=receipts)
    link = await SmppLink.connect(
        "127.0.0.1", port, system_id="bench", password=PASSWORD, events=runner, window=500
    )
    runner.link = link
    cpu, wall = time.process_time(), time.perf_counter()
    runner.fill()
    async with asyncio.timeout(60):
        await runner.done
    used = time.process_time() - cpu
    passed = time.perf_counter() - wall
    link.abort()
    await carrier.stop()
    return used / messages * 1e6, passed / messages * 1e6


def loopback(messages: int) -> None:
    """Our link to our carrier."""
    for name, receipts, keep in (
        ("link → carrier, no receipts", False, 0),
        ("link → carrier, each with receipt", True, 0),
        ("same, handsets kept", True, 50),
    ):
        results = [
            uvloop.run(over_loopback(messages, receipts=receipts, keep=keep)) for _ in range(ROUNDS)
        ]
        cpu, wall = min(results)
        show(f"umcloud  {name}", cpu, f"wall {wall:.2f} µs, both ends on one core")


def _carrier_process(port_to: Connection, stop: Event) -> None:
    """Serve until told to stop, then say how much CPU time it took since the first client."""

    async def serve() -> None:
        config = CarrierConfig(clients={"bench": PASSWORD}, keep=0)
        quick = Knobs(latency_ms=0, receipt_delay_ms=0)
        carrier = Carrier(config, now=lambda: _NOW, knobs=quick)
        port_to.send(await carrier.start())
        before = time.process_time()
        await asyncio.to_thread(stop.wait, 60)
        port_to.send(time.process_time() - before)
        await carrier.stop()

    uvloop.run(serve())


def apart(messages: int) -> None:
    """Link and carrier in two processes, each message with its receipt: who uses how much."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    stop = processes.Event()
    process = processes.Process(target=_carrier_process, args=(theirs, stop))
    process.start()
    port = ours.recv()

    async def drive() -> tuple[float, float]:
        runner = Runner(messages, receipts=True)
        runner.link = await SmppLink.connect(
            "127.0.0.1", port, system_id="bench", password=PASSWORD, events=runner, window=500
        )
        cpu, wall = time.process_time(), time.perf_counter()
        runner.fill()
        async with asyncio.timeout(60):
            await runner.done
        used, passed = time.process_time() - cpu, time.perf_counter() - wall
        await runner.link.close()
        return used, passed

    try:
        used, passed = uvloop.run(drive())
    finally:
        stop.set()
        carrier_used = ours.recv()
        process.join(10)
    note = f"together {messages / passed:,.0f} messages/s"
    show("umcloud  apart, with receipts: link alone", used / messages * 1e6, note)
    show("umcloud  apart, with receipts: carrier alone", carrier_used / messages * 1e6)


def foreign_client(messages: int) -> None:
    """Run smpplib's client against our carrier; its thread's CPU time is the client's alone."""
    ready: list[int] = []
    go, over = threading.Event(), threading.Event()

    async def serve() -> None:
        config = CarrierConfig(clients={"bench": PASSWORD}, keep=0)
        quick = Knobs(latency_ms=0, receipt_loss=1)
        carrier = Carrier(config, now=lambda: _NOW, knobs=quick)
        ready.append(await carrier.start())
        go.set()
        await asyncio.to_thread(over.wait, 60)
        await carrier.stop()

    thread = threading.Thread(target=lambda: uvloop.run(serve()))
    thread.start()
    go.wait(10)
    try:
        used = _drive_smpplib(ready[0], messages)
    finally:
        over.set()
        thread.join(20)
    show("smpplib  client alone, window 50", used / messages * 1e6)


def _drive_smpplib(port: int, messages: int) -> float:
    client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transceiver(system_id="bench", password=PASSWORD)
    client.set_message_sent_handler(lambda pdu: None)  # noqa: ARG005 - the library passes it
    before = time.thread_time()
    for sent in range(messages):
        client.send_message(
            source_addr="10690000",
            destination_addr="8613800138888",
            short_message=PAYLOAD,
            data_coding=8,
        )
        if sent % 50 == 49:
            for _ in range(50):
                client.read_once()
    used = time.thread_time() - before
    client.disconnect()
    return used


def main() -> None:
    """Print the table."""
    logging.disable(logging.WARNING)
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    codec(messages)
    session(messages)
    loopback(messages)
    apart(messages * 2)
    foreign_client(max(50, messages // 20 // 50 * 50))


if __name__ == "__main__":
    main()
