"""The SMSC's end: it lets clients in, answers what they submit, and delivers to them."""

from __future__ import annotations

from collections.abc import Sequence

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.decode import HEADER, HEADER_SIZE, read_bind
from umcloud.wire.smpp.encode import encode
from umcloud.wire.smpp.errors import LocalProtocolError
from umcloud.wire.smpp.events import BindRequested, Event
from umcloud.wire.smpp.pdus import Bind, BindAnswer
from umcloud.wire.smpp.session import Session, State


class ServerSession(Session):
    """Takes submit_sm, sends deliver_sm. Nobody is let in before `accept_bind`."""

    sends = codes.DELIVER_SM
    takes = codes.SUBMIT_SM
    full = codes.MESSAGE_QUEUE_FULL

    _binding: Bind | None = None

    def accept_bind(self, system_id: bytes) -> None:
        """Let the client in that asked last, under our own name."""
        bind = self._asked()
        self._enter(
            sending=bind.command != codes.BIND_TRANSMITTER,
            taking=bind.command != codes.BIND_RECEIVER,
        )
        version = ((codes.SC_INTERFACE_VERSION, bytes((codes.VERSION_34,))),)
        answer = bind.command | codes.RESPONSE
        self._out.append(encode(BindAnswer(answer, 0, bind.sequence, system_id, version)))

    def refuse_bind(self, status: int) -> list[Event]:
        """Turn the client away with that status and end; send what is left, then close."""
        bind = self._asked()
        command = bind.command | codes.RESPONSE
        self._out.append(HEADER.pack(HEADER_SIZE, command, status, bind.sequence))
        return self.close("bind refused")

    def take_over(self, sequences: Sequence[int], message_ids: Sequence[bytes]) -> None:
        """Answer several messages of the peer as `answer` does: we have them, under these ids."""
        unanswered = self._unanswered
        if not unanswered.issuperset(sequences):
            for sequence, message_id in zip(sequences, message_ids, strict=True):
                self.answer(sequence, message_id)
            return
        unanswered.difference_update(sequences)
        append, pack = self._out.append, HEADER.pack
        for sequence, message_id in zip(sequences, message_ids, strict=True):
            size = HEADER_SIZE + len(message_id) + 1
            append(b"%b%b\0" % (pack(size, codes.SUBMIT_SM_RESP, 0, sequence), message_id))

    def _asked(self) -> Bind:
        if self._binding is None or self.state is not State.BINDING:
            raise LocalProtocolError("nobody asked to bind", codes.INVALID_BIND_STATE)
        bind, self._binding = self._binding, None
        return bind

    def _on_control(
        self, command: int, status: int, sequence: int, body: bytes, events: list[Event]
    ) -> None:
        if command not in codes.BINDS:
            super()._on_control(command, status, sequence, body, events)
            return
        bind = read_bind(command, sequence, body)
        if self.state is not State.OPEN:
            self._refuse(command, sequence, codes.ALREADY_BOUND, events)
            return
        self.state = State.BINDING
        self._binding = bind
        events.append(BindRequested(bind))
