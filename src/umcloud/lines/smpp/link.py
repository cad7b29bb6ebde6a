"""One SMPP bind to a carrier: the client session on a TCP connection.

Reconnecting is the runner's job, and so is every decision about a part whose outcome is unknown.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import cast

from umcloud.kernel.moments import SHANGHAI
from umcloud.lines.smpp.words import Answered, Inbound, LinkEvents, Outgoing, Receipt
from umcloud.wire.gsm.headers import Concatenation, MalformedHeader, split_header
from umcloud.wire.gsm.segments import decode_text
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.client import ClientSession
from umcloud.wire.smpp.encode import Envelope, Sender
from umcloud.wire.smpp.errors import LocalProtocolError
from umcloud.wire.smpp.events import (
    AnsweredLate,
    BindRefused,
    Bound,
    Closed,
    Event,
    UnknownOutcome,
)
from umcloud.wire.smpp.pdus import Message, tlv
from umcloud.wire.smpp.receipts import is_receipt, read_receipt
from umcloud.wire.smpp.session import Limits

_FLUSH_SECONDS = 2.0
_SENDERS_MOST = 1_000
_SAR = (codes.SAR_REFERENCE, codes.SAR_TOTAL, codes.SAR_NUMBER)
_new = tuple.__new__


class LinkRefused(ConnectionError):  # noqa: N818 - it is the carrier's “no”, not a malfunction
    """The carrier did not let us in; `status` is its SMPP status, None where it said nothing."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason if status is None else f"{reason}: status 0x{status:08x}")
        self.status = status


class SmppLink(asyncio.Protocol):
    """A bound link. Made by `connect`; `submit`, `acknowledge` and `close` are its deeds."""

    def __init__(
        self,
        *,
        system_id: str,
        password: str,
        events: LinkEvents,
        limits: Limits,
        zone: tzinfo,
        system_type: str = "",
        destination_type: tuple[int, int] = (1, 1),
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._events = events
        self._zone = zone
        self._session = ClientSession(limits, loop.time(), zone=zone)
        self._numbers = Envelope(source=(0, 1), destination=destination_type)
        self._names = Envelope(source=(5, 0), destination=destination_type)
        self._senders: dict[bytes, Sender] = {}
        self._bind = (system_id.encode(), password.encode(), system_type.encode())
        self._bound: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._idle: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tick_seconds = min(1.0, limits.response_timeout / 4, limits.bind_timeout / 4)
        self._flushing = self._paused = self._closing = False
        #: Receipts that named no message; each was refused, so that the carrier drops it.
        self.unreadable = 0

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        *,
        system_id: str,
        password: str,
        events: LinkEvents,
        window: int = 100,
        response_timeout_seconds: float = 30.0,
        enquire_seconds: float = 30.0,
        bind_timeout_seconds: float = 10.0,
        inbound_window: int = 10_000,
        zone: tzinfo = SHANGHAI,
        system_type: str = "",
    ) -> SmppLink:
        """Return a link bound as transceiver.

        `zone` is that of the dates in the carrier's receipts. LinkRefused where the carrier says
        no or hangs up, TimeoutError where it says nothing, OSError where nobody listens.
        """
        limits = Limits(
            window=window,
            inbound_window=inbound_window,
            response_timeout=response_timeout_seconds,
            enquire_after=enquire_seconds,
            bind_timeout=bind_timeout_seconds,
        )
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(bind_timeout_seconds):
            transport, link = await loop.create_connection(
                lambda: cls(
                    system_id=system_id,
                    password=password,
                    events=events,
                    limits=limits,
                    zone=zone,
                    system_type=system_type,
                ),
                host,
                port,
            )
            try:
                await link._bound  # noqa: SLF001 - our own class
            except BaseException:
                link._closing = True  # noqa: SLF001 - our own class
                transport.abort()
                raise
        return link

    # -- the runner's side -----------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many parts may be submitted now."""
        return 0 if self._paused or self._closing else self._session.room

    @property
    def outstanding(self) -> int:
        """How many parts wait for the carrier's answer."""
        return self._session.outstanding

    def submit(self, batch: Sequence[Outgoing]) -> int:
        """Submit the first parts of the batch, as many as there is room, and return how many.

        A part that SMPP cannot carry is reported as rejected, with the status that fits, soon
        after this returns.
        """
        taken = min(self.room, len(batch))
        if taken <= 0:
            return 0
        senders = self._senders
        parts: list[Outgoing] = []
        bodies: list[bytes] = []
        for part in batch[:taken] if taken < len(batch) else batch:
            try:
                sender = senders.get(part.source) or self._sender(part.source)
                bodies.append(
                    sender.body(part.destination, part.payload, part.data_coding, part.esm_class)
                )
            except LocalProtocolError as error:
                self._loop.call_soon(self._events.rejected, part, error.status)
            else:
                parts.append(part)
        self._session.send_all(parts, bodies, self._loop.time())
        self._flush_soon()
        return taken

    def acknowledge(self, tokens: Iterable[int]) -> None:
        """Tell the carrier that these receipts and inbound messages are durable.

        Tokens count for the link that gave them. After that link is lost this does nothing, and
        the carrier delivers the same again.
        """
        self._session.answer_all(tokens)
        self._flush_soon()

    async def close(self) -> None:
        """Wait for the answers that are due, unbind, and hang up.

        Bounded by the response timeout, twice. What is unanswered then is reported as unknown;
        `lost` is not called.
        """
        self._closing = True
        if self._session.outstanding and not self._gone.done():
            self._idle = self._loop.create_future()
            await asyncio.wait((self._idle, self._gone), return_when=asyncio.FIRST_COMPLETED)
        self._session.unbind(self._loop.time())
        self._flush_soon()
        await asyncio.shield(self._gone)

    def abort(self) -> None:
        """Hang up at once; what is unanswered becomes unknown, `lost` is not called."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # -- the socket's side -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bind as soon as the carrier's port is open."""
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        system_id, password, system_type = self._bind
        try:
            self._session.bind(
                system_id=system_id,
                password=password,
                system_type=system_type,
                now=self._loop.time(),
            )
        except LocalProtocolError as error:
            self._fail(LinkRefused(str(error), error.status))
            self._transport.abort()
            return
        self._flush()
        self._tick()

    def data_received(self, data: bytes) -> None:
        """Hand on what the carrier sent; one `receipts` call for one read."""
        self._handle(self._session.receive(data, self._loop.time()))

    def connection_lost(self, error: Exception | None) -> None:
        """Report what is unanswered as unknown, then the loss."""
        if self._timer is not None:
            self._timer.cancel()
        self._handle(self._session.close(type(error).__name__ if error else "hung up"))
        self._fail(LinkRefused("the carrier hung up"))
        if not self._gone.done():
            self._gone.set_result(None)

    def pause_writing(self) -> None:
        """Offer no room while the carrier does not read."""
        self._paused = True

    def resume_writing(self) -> None:
        """Offer room again."""
        self._paused = False

    # -- inside ----------------------------------------------------------------------------

    def _handle(self, happened: list[Event]) -> None:
        taken: list[Answered] = []
        receipts: list[Receipt] = []
        reason = ""
        for event in happened:
            if type(event) is Answered:
                if not event.status:
                    taken.append(event)
                else:
                    self._turned_down(event.ref, event.status)
            elif type(event) is Receipt:
                receipts.append(event)
            elif type(event) is Message:
                self._take(event, receipts)
            elif type(event) is Closed:
                reason = event.reason
            else:
                self._handle_rare(event, taken)
        self._tell(taken)
        if receipts:
            self._events.receipts(receipts)
        self._settle(reason)

    def _tell(self, taken: list[Answered]) -> None:
        if taken:
            self._events.submitted(taken)

    def _settle(self, reason: str) -> None:
        """Send what the events led to, then end what has come to its end."""
        if self._idle is not None and not self._idle.done() and not self._session.outstanding:
            self._idle.set_result(None)
        if self._session.has_data:
            self._flush_soon()
        if reason:
            self._hang_up(reason)

    def _turned_down(self, part: Outgoing, status: int) -> None:
        if status in codes.BUSY:
            self._events.throttled(part, status)
        else:
            self._events.rejected(part, status)

    def _handle_rare(self, event: Event, taken: list[Answered]) -> None:
        if type(event) is UnknownOutcome:
            # A part whose first answer came late is known before its second try is given up.
            self._tell(taken[:])
            taken.clear()
            self._events.unknown(event.ref)
        elif type(event) is AnsweredLate:
            if event.status == codes.OK:
                taken.append(Answered(event.ref, event.status, event.message_id))
        elif type(event) is Bound and not self._bound.done():
            self._bound.set_result(None)
        elif type(event) is BindRefused:
            self._fail(LinkRefused("bind refused", event.status))

    def _take(self, message: Message, receipts: list[Receipt]) -> None:
        if not is_receipt(message):
            self._events.inbound(_inbound(message))
            return
        read = read_receipt(message, self._zone)
        if read is None:
            self.unreadable += 1
            self._session.answer(message.sequence, status=codes.RECEIVER_REFUSES)
            return
        fields = (read.message_id, read.state, read.error, read.done_at, message.sequence)
        receipts.append(_new(Receipt, fields))

    def _sender(self, source: bytes) -> Sender:
        """Return what makes messages from that source; LocalProtocolError where none can be."""
        sender = (self._numbers if source.isdigit() else self._names).sender(source)
        if len(self._senders) >= _SENDERS_MOST:
            self._senders.clear()
        self._senders[source] = sender
        return sender

    def _flush_soon(self) -> None:
        """Send at the end of this turn of the loop, so that one write carries all of it."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        data = self._session.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(self._tick_seconds, self._tick)
        self._handle(self._session.tick(self._loop.time()))

    def _hang_up(self, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._flush()
        if self._transport is not None and not self._gone.done():
            self._transport.close()
            # A carrier that does not read would keep the last octets, and us, for ever.
            self._loop.call_later(_FLUSH_SECONDS, self._transport.abort)
        bound = self._bound
        # Cancelled: whoever asked for the link stopped waiting.
        let_in = bound.done() and not bound.cancelled() and bound.exception() is None
        self._fail(LinkRefused(reason))
        if let_in and not self._closing:
            self._closing = True
            self._events.lost(reason)

    def _fail(self, error: LinkRefused) -> None:
        if not self._bound.done():
            self._bound.set_exception(error)
            self._bound.exception()  # somebody may have stopped waiting: that is no warning


def _inbound(message: Message) -> Inbound:
    payload = message.payload()
    part: Concatenation | None = None
    body = payload
    if message.esm_class & codes.UDHI:
        try:
            part, body = split_header(payload)
        except MalformedHeader:
            body = payload
    elif message.tlvs:
        part = _sar(message)
    return Inbound(
        source=message.source,
        destination=message.destination,
        text=decode_text(body, message.data_coding) or "",
        ack=message.sequence,
        part=part,
        payload=body,
        data_coding=message.data_coding,
    )


def _sar(message: Message) -> Concatenation | None:
    """Return which part it is by optional parameters in place of a header (5.3.2.22)."""
    found = [tlv(message.tlvs, tag) for tag in _SAR]
    if None in found:
        return None
    reference, total, number = (int.from_bytes(one or b"", "big") for one in found)
    return Concatenation(reference, total, number) if 1 <= number <= total else None
