"""Two sessions joined by nothing but a loop: what one sends the other receives."""

from __future__ import annotations

from dataclasses import dataclass, field

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.client import ClientSession
from umcloud.wire.smpp.encode import Envelope
from umcloud.wire.smpp.events import BindRequested, Event
from umcloud.wire.smpp.server import ServerSession
from umcloud.wire.smpp.session import Limits

BODY = Envelope().body(b"10690000", b"8613800138000", b"hi", data_coding=0)


@dataclass
class Pair:
    """A client and a server; `client_saw` and `server_saw` gather the events of each."""

    limits: Limits = field(default_factory=Limits)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.client = ClientSession(self.limits, self.now)
        self.server = ServerSession(self.limits, self.now)
        self.client_saw: list[Event] = []
        self.server_saw: list[Event] = []

    def bind(self, mode: int = codes.BIND_TRANSCEIVER) -> Pair:
        self.client.bind(system_id=b"um", password=b"secret", mode=mode, now=self.now)
        self.flow()
        assert isinstance(self.server_saw[-1], BindRequested)
        self.server.accept_bind(b"carrier")
        self.flow()
        self.client_saw.clear()
        self.server_saw.clear()
        return self

    def flow(self) -> None:
        while True:
            up = self.client.data_to_send()
            down = self.server.data_to_send()
            if not up and not down:
                return
            if up:
                self.server_saw += self.server.receive(up, self.now)
            if down:
                self.client_saw += self.client.receive(down, self.now)

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.client_saw += self.client.tick(self.now)
        self.server_saw += self.server.tick(self.now)
