"""What tests of the doors for programs need: a cloud that sends, its customers, and a server."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import uvicorn
from bench.customers import Customer
from bench.customers import customer as make_customer

from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.model import SendAnswer, SendRequest
from umcloud.doors.kit.programs import Accepts
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.refusals import Refusal
from umcloud.main import wiring

SEALER = Sealer("a secret of the tests, long enough")
SESSION = 0x019CAD1234567ABC8DEF012345670000
T = TypeVar("T")


def vault() -> Vault:
    return Vault(SEALER, memory_kib=8, rounds=1)


@dataclass
class Recorder:
    """A pump that remembers what it was asked for, and refuses what it is told to."""

    refused: dict[int, Refusal] = field(default_factory=dict)
    fault: Exception | None = None
    replayed: bool = False
    requests: list[SendRequest] = field(default_factory=list)

    async def submit(self, request: SendRequest) -> SendAnswer:
        return await self.enqueue(request)

    def enqueue(self, request: SendRequest) -> asyncio.Future[SendAnswer]:
        self.requests.append(request)
        answer: asyncio.Future[SendAnswer] = asyncio.get_running_loop().create_future()
        if self.fault is not None:
            answer.set_exception(self.fault)
        else:
            nobody = request.atomic and self.refused
            segments = [0 if nobody or p in self.refused else 1 for p in range(request.size)]
            answer.set_result(SendAnswer(SESSION, self.refused, segments, self.replayed))
        return answer


async def prepare(database: Database, act: Act) -> None:
    """Publish prices and agreements, add a line, and let everybody listen."""
    wiring.wire(database.bus, sealer=SEALER)
    async with database.transaction() as tx:
        await catalogue.publish_shipped(tx, act)
        await agreements.publish_shipped(tx, act)
        line = messaging.NewLine(1, "test", "127.0.0.1", 2775, "test", b"sealed", "10690001")
        await messaging.put_line(tx, act, line)


async def customer(
    database: Database, act: Act, number: int = 1, micros: int = 1_000_000
) -> Customer:
    async with database.transaction() as tx:
        return await make_customer(tx, act, vault(), number, micros)


@dataclass(frozen=True)
class Cloud:
    """A database that tests without a loop of their own may work in."""

    url: str
    now: datetime

    def do(self, deed: Callable[[Tx, Act], Awaitable[T]]) -> T:
        """Run the deed in a transaction, with everybody listening."""

        async def run(database: Database) -> T:
            act = Act(SYSTEM, self.now, Door.CLI, uuid7(self.now))
            async with database.transaction() as tx:
                return await deed(tx, act)

        return self.use(run)

    def use(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            database = Database(self.url, application="test")
            wiring.wire(database.bus, sealer=SEALER)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def customer(self, number: int = 1, micros: int = 1_000_000) -> Customer:
        act = Act(SYSTEM, self.now, Door.CLI, UUID(int=number))
        return self.use(lambda database: customer(database, act, number, micros))


@contextmanager
def served(
    url: str,
    make: Callable[..., Any],
    start: Callable[[Database], Awaitable[tuple[Accepts, Callable[[], Awaitable[None]]]]],
    now: datetime,
) -> Iterator[str]:
    """Serve the door by uvicorn in a thread; gives its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        database = Database(url, application="test")
        wiring.wire(database.bus, sealer=SEALER)
        pump, stop = await start(database)
        door = make(database=database, now=lambda: now, vault=vault(), pump=pump)
        config = uvicorn.Config(door, lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        servers.append(server)
        loop = asyncio.get_running_loop()
        loop.call_soon(ready.set)
        await server.serve([listener])
        await door.ring.close()
        await stop()
        await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if servers:
            servers[0].should_exit = True
        thread.join(15)
        listener.close()
        assert not thread.is_alive()
