from __future__ import annotations

import time
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from bench.customers import Customer

from tests.doors.programs import Recorder, vault
from umcloud.domains.accounts import queries as account_queries
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import FreezeReason, Scope
from umcloud.doors.api.app import Api, api
from umcloud.doors.kit import keyring
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

ONE = {"to": "13800138000", "template": "UTN260302ABCDEF"}


@pytest.mark.parametrize("path", ["/messages", "/balance"])
async def test_only_the_whole_key_opens(door: Api, program: Customer, path: str) -> None:
    async def status(authorization: str | None) -> tuple[int, str]:
        headers = {b"authorization": authorization.encode("latin-1")} if authorization else {}
        transport = httpx.ASGITransport(app=door)
        async with httpx.AsyncClient(transport=transport, base_url="http://door/v1") as http:
            if path == "/messages":
                response = await http.post(path, json=ONE, headers=headers)
            else:
                response = await http.get(path, headers=headers)
        assert response.headers["www-authenticate"]
        return response.status_code, response.json()["type"]

    assert await status(None) == (401, "api.key_missing")
    assert await status("Basic x") == (401, "api.key_missing")
    for wrong in (
        "Bearer x",
        f"Bearer {program.public_key}.",
        f"Bearer {program.public_key}.{'0' * 40}",
        f"Bearer nobody.{program.private_key}",
        "Bearer \x00.x",
        "Bearer ä.ö",
        f"Bearer {'x' * 5000}.y",
    ):
        assert await status(wrong) == (401, "key.unknown"), wrong


async def new_bearer(
    database: Database, act: Act, program: Customer, scope: Scope, *networks: str
) -> str:
    async with database.transaction() as tx:
        key = await accounts.create_key(
            tx,
            act,
            account_id=AccountId(UUID(program.account)),
            name="another",
            scopes=frozenset({scope}),
            networks=networks,
            vault=vault(),
        )
    return f"Bearer {key.bearer()}"


@pytest.mark.clause("C5.1")
async def test_keys_do_what_they_may_from_where_they_may(
    http: httpx.AsyncClient, database: Database, act: Act, program: Customer
) -> None:
    reader = await new_bearer(database, act, program, Scope.READ)
    response = await http.post("/messages", json=ONE, headers={"authorization": reader})
    assert (response.status_code, response.json()["type"]) == (403, "key.scope_missing")
    away = await new_bearer(database, act, program, Scope.SEND, "203.0.113.0/24")
    response = await http.post("/messages", json=ONE, headers={"authorization": away})
    assert (response.status_code, response.json()["type"]) == (403, "key.address_refused")


@pytest.mark.clause("C5.2")
async def test_a_theft_report_stops_what_is_held_in_memory(
    http: httpx.AsyncClient, door: Api, database: Database, act: Act, program: Customer
) -> None:
    assert keyring.OLDEST_SECONDS <= 5
    assert (await http.post("/messages", json=ONE)).status_code == 202
    async with database.transaction() as tx:
        account_id = AccountId(UUID(program.account))
        await accounts.freeze(tx, act, account_id=account_id, reason=FreezeReason.THEFT)
    held = door.ring._held[program.public_key]
    held.asked_at = time.monotonic() - keyring.OLDEST_SECONDS - 0.1
    response = await http.post("/messages", json=ONE)
    assert (response.status_code, response.json()["type"]) == (403, "account.frozen")


async def test_a_key_is_asked_for_again_beside_the_requests(
    http: httpx.AsyncClient, door: Api, program: Customer
) -> None:
    assert (await http.post("/messages", json=ONE)).status_code == 202
    held = door.ring._held[program.public_key]
    held.asked_at = time.monotonic() - keyring.FRESH_SECONDS - 0.1
    assert (await http.post("/messages", json=ONE)).status_code == 202
    assert program.public_key in door.ring._asking
    await door.ring.close()
    assert time.monotonic() - held.asked_at < keyring.FRESH_SECONDS


async def test_without_a_database_nobody_is_let_in(
    pump: Recorder, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"authorization": "Bearer a.b"}
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    door = api(database=away, now=lambda: now, vault=vault(), pump=pump)
    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door/v1") as http:
        for _ in range(3):
            response = await http.post("/messages", json=ONE, headers=headers)
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert response.json()["type"] == "key.unreachable"
    await away.close()
    assert not pump.requests
    assert len(caplog.records) == 1


async def test_the_day_of_use_is_noted(
    http: httpx.AsyncClient, door: Api, database: Database, now: datetime, program: Customer
) -> None:
    await http.post("/messages", json=ONE)
    await door.ring.close()
    async with database.transaction() as tx:
        (key,) = await account_queries.api_keys(tx, AccountId(UUID(program.account)))
    assert key.last_used_day == now.date()


async def test_a_key_has_so_many_requests_a_second(
    database: Database, program: Customer, pump: Recorder, now: datetime
) -> None:
    door = api(
        database=database, now=lambda: now, vault=vault(), pump=pump, requests_per_second=1.0
    )
    headers = {"authorization": f"Bearer {program.bearer}"}
    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door/v1") as http:
        answers = [await http.post("/messages", json=ONE, headers=headers) for _ in range(30)]
    await door.ring.close()
    assert answers[0].status_code == 202
    limited = next(one for one in answers if one.status_code == 429)
    assert limited.headers["retry-after"] == "1"
    assert limited.json()["facts"] == {"limit": 1}
