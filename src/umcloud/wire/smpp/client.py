"""The ESME's end: it binds, submits, and acknowledges what is delivered to it."""

from __future__ import annotations

from datetime import tzinfo

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import HEADER_SIZE, read_bind_answer
from umcloud.wire.smpp.encode import encode
from umcloud.wire.smpp.errors import LocalProtocolError
from umcloud.wire.smpp.events import BindRefused, Bound, Event
from umcloud.wire.smpp.pdus import Bind
from umcloud.wire.smpp.receipts import delivery_reader
from umcloud.wire.smpp.session import Limits, Session, State


class ClientSession(Session):
    """Sends submit_sm, takes deliver_sm; `answer(sequence)` is the acknowledgement."""

    sends = codes.SUBMIT_SM
    takes = codes.DELIVER_SM
    full = codes.RECEIVER_TEMPORARY_ERROR
    _mode = 0

    def __init__(self, limits: Limits, now: float, *, zone: tzinfo | None = None) -> None:
        """Take the zone of dates in receipts; with it, usual receipts come as `Receipt`."""
        super().__init__(limits, now)
        if zone is not None:
            self._read = delivery_reader(zone)

    def bind(
        self,
        *,
        system_id: bytes,
        password: bytes,
        system_type: bytes = b"",
        mode: int = codes.BIND_TRANSCEIVER,
        now: float,
    ) -> None:
        """Ask to be let in; `Bound` or `BindRefused` follows, `Closed` where nothing comes.

        LocalProtocolError where SMPP cannot carry the names (system id 15 octets, password 8).
        """
        if self.state is not State.OPEN:
            raise LocalProtocolError("bound already", codes.ALREADY_BOUND)
        whole = encode(Bind(mode, 0, system_id, password, system_type))
        self.state = State.BINDING
        self._mode = mode
        self._began = now
        self._control(mode, whole[HEADER_SIZE:])

    def _on_control(
        self, command: int, status: int, sequence: int, body: bytes, events: list[Event]
    ) -> None:
        if command not in codes.BIND_ANSWERS:
            super()._on_control(command, status, sequence, body, events)
            return
        system_id, _ = read_bind_answer(status, body)
        if self._controls.pop(sequence, None) is None or self.state is not State.BINDING:
            return
        if status != codes.OK:
            events.append(BindRefused(status))
            self._end("bind refused", events)
            return
        self._enter(
            sending=self._mode != codes.BIND_RECEIVER, taking=self._mode != codes.BIND_TRANSMITTER
        )
        events.append(Bound(system_id))
