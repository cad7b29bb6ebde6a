"""The simulated carrier: who may bind, what is answered, and what a page may ask of it."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from umcloud.sandbox.carrier.bind import Bind, Client, Due
from umcloud.sandbox.carrier.delivery import Counts, Delivery, Part, Stamp
from umcloud.sandbox.carrier.fates import FATES, Fate, fate_of
from umcloud.sandbox.carrier.handsets import HandsetMessage, Handsets, HandsetView
from umcloud.sandbox.carrier.intake import Intake
from umcloud.sandbox.carrier.knobs import CarrierConfig, Knobs
from umcloud.sandbox.carrier.ledger import Ledger, Owed, owed
from umcloud.sandbox.carrier.news import (
    BindsChanged,
    HandsetSwitched,
    KnobsTurned,
    MessageShown,
    Newsroom,
    Subscription,
)
from umcloud.sandbox.carrier.schedule import Schedule
from umcloud.wire.gsm.segments import encode_parts
from umcloud.wire.smpp import codes
from umcloud.wire.smpp.encode import Envelope
from umcloud.wire.smpp.events import Answered
from umcloud.wire.smpp.pdus import Bind as BindRequest
from umcloud.wire.smpp.pdus import Message
from umcloud.wire.smpp.session import Limits

_RETRY_SECONDS = 1.0
_RETRIES_MOST = 20
_ROUTES_MOST = 10_000


class Carrier:
    """Start it, then turn its knobs. Everything runs in one event loop, without any task."""

    fates: tuple[Fate, ...] = FATES

    def __init__(
        self, config: CarrierConfig, *, now: Callable[[], datetime], knobs: Knobs | None = None
    ) -> None:
        """Take the clock that receipts are dated by; `start` opens the port."""
        self.config = config
        self.knobs = knobs or Knobs()
        self.counts = Counts()
        self._now = now
        self._chance = random.Random(config.seed)  # noqa: S311 - weather, no secrets
        self._handsets = Handsets(keep=config.keep, most=config.handsets_most)
        self._news = Newsroom()
        self._clients = {system_id: Client(system_id) for system_id in config.clients}
        self._binds: set[Bind] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._routes: dict[bytes, Client] = {}
        self._server: asyncio.Server | None = None
        self._references = itertools.count(1)
        self._limits = Limits(
            window=config.window,
            inbound_window=config.inbound_window,
            response_timeout=config.acknowledge_seconds,
        )
        self._schedule: Schedule
        self._intake: Intake
        self._delivery: Delivery
        self._ledger: Ledger | None = None

    async def start(self) -> int:
        """Open the port and return its number; receipts that the ledger says are owed are queued.

        OSError where the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._schedule = Schedule(loop)
        before = list(owed(self.config.ledger)) if self.config.ledger else []
        if self.config.ledger is not None:
            self._ledger = Ledger(self.config.ledger, self.config.ledger_token)
        self._delivery = Delivery(
            now=self._now,
            zone=self.config.zone,
            chance=self._chance,
            handsets=self._handsets,
            news=self._news,
            counts=self.counts,
            ledger=self._ledger,
            schedule=self._schedule,
        )
        self._delivery.knobs = self.knobs
        self._intake = Intake(
            self._delivery, chance=self._chance, ledger=self._ledger, schedule=self._schedule
        )
        stamp = self._delivery.stamp()
        for each in before:
            self._owe_again(each, stamp)
        self._server = await loop.create_server(
            lambda: Bind(self, self._limits), self.config.host, self.config.port
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and cut every connection."""
        if self._server is None:
            return
        self._server.close()
        for bind in list(self._binds):
            bind.drop()
        self._schedule.stop()
        await self._server.wait_closed()
        await self._quiet.wait()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    # -- what a page or a test asks --------------------------------------------------------

    def turn(self, **changes: Any) -> Knobs:
        """Turn knobs by name, from now on; ValueError or TypeError where one cannot be so."""
        self.knobs = self._delivery.knobs = replace(self.knobs, **changes)
        if "hang" in changes:
            for bind in self._binds:
                bind.hang(on=self.knobs.hang)
        self._news.tell(KnobsTurned(self.knobs))
        return self.knobs

    def handsets(self) -> list[HandsetView]:
        """Return all handsets, the one used last first."""
        return self._handsets.views()

    def messages(self, number: str) -> list[HandsetMessage]:
        """Return what the handset shows, oldest first."""
        handset = self._handsets.get(number)
        return list(handset.shown) if handset else []

    def binds(self) -> dict[str, int]:
        """Return how many binds each client has."""
        return {client.system_id: len(client.binds) for client in self._clients.values()}

    def switch(
        self, number: str, *, airplane_mode: bool | None = None, memory_full: bool | None = None
    ) -> None:
        """Set the handset's switches; None leaves one as it is."""
        handset = self._handsets.switch(
            number, airplane_mode=airplane_mode, memory_full=memory_full
        )
        if airplane_mode is False:
            handset.waiting = 0
            self._delivery.release(number)
        self._news.tell(HandsetSwitched(number, handset.airplane_mode, handset.memory_full))

    def reply(self, from_number: str, to: str, text: str) -> HandsetMessage:
        """Write from a handset to a sender's number (MO), in as many parts as it needs.

        It goes to the client that sent from this number last, else to the first client.
        UnicodeEncodeError for a lone surrogate, ValueError where the handset is off air.
        """
        handset = self._handsets.of(from_number)
        if handset.airplane_mode:
            raise ValueError("the handset is in airplane mode")
        parts = encode_parts(text, next(self._references))
        client = self._routes.get(to.encode()) or next(iter(self._clients.values()))
        envelope = Envelope(source=(1, 1), destination=(0, 1), registered_delivery=0)
        for payload in parts.payloads:
            body = envelope.body(
                from_number.encode(),
                to.encode(),
                payload,
                data_coding=parts.data_coding,
                esm_class=codes.UDHI if parts.udhi else 0,
            )
            client.owed.append(Due(b"", body, b""))
        client.pump(asyncio.get_running_loop().time())
        shown = HandsetMessage(
            id=f"mo-{self.counts.replies + 1}",
            number=from_number,
            other=to,
            text=text,
            parts=len(parts.payloads),
            at=self._now(),
            incoming=False,
        )
        self.counts.replies += 1
        handset.shown.append(shown)
        self._news.tell(MessageShown(shown))
        return shown

    def subscribe(self) -> Subscription:
        """Return live news; use it with `with`, or close it."""
        return self._news.subscribe()

    def drop_links(self) -> None:
        """Cut every connection without a word, as a dead router would."""
        for bind in list(self._binds):
            bind.drop()

    # -- what binds hand in ----------------------------------------------------------------

    def met(self, bind: Bind) -> None:
        """Take note of a new connection."""
        self._binds.add(bind)
        self._quiet.clear()
        if self.knobs.hang:
            bind.hang(on=True)

    def admit(self, bind: Bind, request: BindRequest) -> None:
        """Let in who knows the password."""
        system_id = request.system_id.decode("latin-1")
        password = self.config.clients.get(system_id)
        if self.knobs.refuse_binds:
            bind.session.refuse_bind(codes.BIND_FAILED)
        elif password is None:
            bind.session.refuse_bind(codes.INVALID_SYSTEM_ID)
        elif not hmac.compare_digest(password.encode(), request.password):
            bind.session.refuse_bind(codes.INVALID_PASSWORD)
        else:
            bind.session.accept_bind(self.config.system_id.encode())
            bind.client = client = self._clients[system_id]
            client.binds.append(bind)
            self._news.tell(BindsChanged(system_id, len(client.binds)))
            client.pump(asyncio.get_running_loop().time())
            return
        bind.hang_up()

    def take(self, bind: Bind, batch: list[Message]) -> None:
        """Answer a batch of submissions, and send the parts that are taken over on their way."""
        client = bind.client
        if client is None:
            return
        self._intake.take(bind, client, batch)
        if self.config.keep and batch[-1].source:
            self._routes[batch[-1].source] = client
            if len(self._routes) > _ROUTES_MOST:
                del self._routes[next(iter(self._routes))]

    def acknowledged(self, client: Client, batch: list[Answered]) -> None:
        """Forget what was acknowledged; try again later what was refused for now."""
        ledger = self._ledger
        refused = [each for each in batch if each.status]
        for due, _, _ in refused:
            if due.tries + 1 < _RETRIES_MOST:
                again = due._replace(tries=due.tries + 1)
                self._schedule.later(_RETRY_SECONDS, self._retry, (client, again))
        self.counts.acknowledged += len(batch) - len(refused)
        if ledger is not None:
            ledger.receipts(
                (due.carrier_id, due.state) for due, status, _ in batch if due.state and not status
            )
        client.pump(asyncio.get_running_loop().time())

    def write_down(self) -> None:
        """Put what the ledger gathered into its file."""
        if self._ledger is not None:
            self._ledger.write()

    def left(self, bind: Bind, undelivered: list[Due]) -> None:
        """Queue again what was not acknowledged; forget the bind if it is over."""
        client = bind.client
        if client is not None and undelivered:
            client.owed.extendleft(reversed(undelivered))
        if bind.is_over():
            self._binds.discard(bind)
            if not self._binds:
                self._quiet.set()
            if client is not None and bind in client.binds:
                client.binds.remove(bind)
                self._news.tell(BindsChanged(client.system_id, len(client.binds)))
        if client is not None:
            client.pump(asyncio.get_running_loop().time())

    def _retry(self, again: tuple[Client, Due]) -> None:
        client, due = again
        client.owed.append(due)
        client.pump(asyncio.get_running_loop().time())

    def _owe_again(self, each: Owed, stamp: Stamp) -> None:
        """Owe the receipt that the last process did not get acknowledged."""
        client = self._clients.get(each.system_id)
        fate = fate_of(each.destination)
        if client is None or not fate.receipts:
            return
        message = Message(
            codes.SUBMIT_SM,
            0,
            source=b"" if each.source == b"-" else each.source,
            destination=each.destination,
        )
        part = Part(each.carrier_id, client, message, fate, stamp)
        self._delivery.owe(part, fate.state, fate.error, stamp)
