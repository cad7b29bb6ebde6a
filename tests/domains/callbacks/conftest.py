"""A customer's machine that takes calls, and ends of messages in the log."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import uvicorn

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import service as audit
from umcloud.domains.callbacks import jobs, service
from umcloud.domains.callbacks.dispatcher import Dispatcher
from umcloud.domains.callbacks.model import Form, Kind, NewEndpoint
from umcloud.infra.db import Database, Tx
from umcloud.infra.outbound import Outbound
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MessageId, lane_of, uuid7

SECRET = "a secret for tests only"
ACCEPTED = b'{"code":0,"message":"ok"}'


@dataclass
class Receiver:
    """A customer's HTTP server. `plan` holds (status, body); then it accepts."""

    port: int = 0
    plan: deque[tuple[int, bytes]] = field(default_factory=deque)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    location: str = ""
    gate: asyncio.Event | None = None
    """Calls wait for it, where there is one."""
    inside: int = 0
    most_inside: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/push"

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(raw) for raw in self.raw]

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.raw.append(body)
        self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        if self.gate is not None:
            await self.gate.wait()
        self.inside -= 1
        status, answer = self.plan.popleft() if self.plan else (200, ACCEPTED)
        headers = [(b"location", self.location.encode())] if self.location else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def serving() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port."""
    made = Receiver()
    config = uvicorn.Config(
        made, host="127.0.0.1", port=0, lifespan="off", log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    made.port = socket.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[socket]))
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.01)
    yield made
    if made.gate is not None:
        made.gate.set()
    server.should_exit = True
    await task


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with serving() as made:
        yield made


@dataclass
class World:
    """A customer with messages that end, and our side that tells of it."""

    database: Database
    account_id: AccountId
    act: Act
    sealer: Sealer
    outbound: Outbound
    now: datetime

    def tick(self) -> datetime:
        return self.now

    async def ended(self, tx: Tx, *states: str, ref: str | None = None) -> list[MessageId]:
        """Append messages with these ends, in one transaction."""
        made = []
        for state in states:
            message = MessageId(UUID(int=uuid7(self.now).int & ~0xFFFF | 1))
            await tx.sql(
                'INSERT INTO message (lane, id, account_id, line, "class", destination, source, '
                '"text", parts, segments, template_id, client_ref) VALUES (:lane, :id, :account, '
                "1, 'otp', '8613800138000', '1069', '【某】1234', 1, 1, :id, :ref)",
                lane=lane_of(self.account_id),
                id=message,
                account=self.account_id,
                ref=ref,
            )
            await tx.sql(
                'INSERT INTO final (lane, id, account_id, "class", segments, state, code, at) '
                "VALUES (:lane, :id, :account, 'otp', 1, :state, 'DELIVRD', :now)",
                lane=lane_of(self.account_id),
                id=message,
                account=self.account_id,
                state=state,
                now=self.now,
            )
            made.append(message)
        return made

    async def end(self, *states: str, ref: str | None = None) -> list[MessageId]:
        async with self.database.transaction() as tx:
            return await self.ended(tx, *states, ref=ref)

    async def follow(self, limit: int = 2000) -> int:
        async with self.database.transaction() as tx:
            return await jobs.follow(tx, self.act, limit)

    async def endpoint(
        self, url: str, form: Form = Form.NATIVE, kinds: frozenset[Kind] = service.ALL_KINDS
    ) -> NewEndpoint:
        async with self.database.transaction() as tx:
            return await service.add_endpoint(
                tx,
                self.act,
                account_id=self.account_id,
                url=url,
                form=form,
                kinds=kinds,
                sealer=self.sealer,
                guard=self.outbound,
            )

    def dispatcher(self, **changes: Any) -> Dispatcher:
        facts: dict[str, Any] = {"sealer": self.sealer, "outbound": self.outbound, "timeout": 2.0}
        return Dispatcher(self.database, self.tick, **{**facts, **changes})

    async def deliver(self, dispatcher: Dispatcher | None = None) -> int:
        """Make all calls that are due now; return how many."""
        if dispatcher is None:
            async with self.dispatcher() as own:
                return await self.deliver(own)
        done = 0
        while (begun := await dispatcher.round()) or dispatcher.under_way:
            await dispatcher.drain()
            done += begun
        return done

    def later(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
async def world(database: Database, act: Act, now: datetime) -> World:
    database.bus.on_everything(audit.record)
    sealer = Sealer(SECRET)
    async with database.transaction() as tx:
        made = await accounts.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, "lin@example.com"),
            password="correct-horse-42",
            name="林一",
            organisation="杭州示例科技",
            vault=Vault(sealer, memory_kib=8, rounds=1),
        )
    return World(database, made.account.id, act, sealer, Outbound(loopback=True), now)
