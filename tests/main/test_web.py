"""Which door a request is led to, and the clock that every process keeps."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.lines.recorder import until
from tests.main.test_supervisor import free_port
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import settings
from umcloud.kernel.act import Act
from umcloud.main.clockwork import clockwork
from umcloud.main.seed import STAFF_EMAIL, carrier_password, seed
from umcloud.main.serving import serve
from umcloud.main.web import Doors, mounted

DEADLINE_SECONDS = 10.0


def saying(name: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        words = f"{name} {scope.get('root_path', '')} {Request(scope).url.path}"
        await PlainTextResponse(words)(scope, receive, send)

    return app


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/messages", "api  /v1/messages"),
        ("/uapi", "uapi  /uapi"),
        ("/uapi/", "uapi  /uapi/"),
        ("/office/reviews", "office /office /office/reviews"),
        ("/officers", "portal  /officers"),
        ("/", "portal  /"),
        ("/v1x", "portal  /v1x"),
        ("/healthz", '{"status":"ok"}'),
    ],
)
async def test_each_path_leads_to_its_door(database: Database, path: str, answer: str) -> None:
    doors: dict[str, ASGIApp] = {
        "/v1": saying("api"),
        "/uapi": saying("uapi"),
        "/office": mounted(saying("office"), "/office"),
    }
    transport = httpx.ASGITransport(Doors(database, doors, saying("portal")))
    async with httpx.AsyncClient(transport=transport, base_url="http://doors.example") as browser:
        assert (await browser.get(path)).text == answer
        assert (await browser.get("/office")).headers["location"] == "/office/"


async def test_a_cloud_without_its_database_says_so() -> None:
    lost = Database(f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")
    transport = httpx.ASGITransport(Doors(lost, {}, saying("portal")))
    async with httpx.AsyncClient(transport=transport, base_url="http://doors.example") as browser:
        assert (await browser.get("/healthz")).status_code == 503
    await lost.close()


async def test_a_server_ends_when_the_process_does() -> None:
    closing, port = asyncio.Event(), free_port()
    app = saying("portal")
    serving = asyncio.create_task(serve(app, host="127.0.0.1", port=port, closing=closing))
    async with asyncio.timeout(DEADLINE_SECONDS), httpx.AsyncClient(trust_env=False) as browser:
        while True:
            try:
                assert (await browser.get(f"http://127.0.0.1:{port}/")).text == "portal  /"
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
            else:
                break
        closing.set()
        await serving


async def test_every_clock_follows_a_move(database: Database) -> None:
    async with clockwork(database, movable=True) as clock:
        assert clock.offset == timedelta()
        async with database.transaction() as tx:
            await Clock(movable=True).advance(tx, timedelta(days=3))
        await until(lambda: clock.offset == timedelta(days=3))
    async with clockwork(database, movable=False) as fixed:
        assert fixed.offset == timedelta()


@pytest.mark.timeout(60)
async def test_the_seed_is_sown_once(database: Database, tmp_path: Path, act: Act) -> None:
    chosen = settings({"UMCLOUD_HOME": str(tmp_path), "UMCLOUD_SANDBOX": "1"})
    told = await seed(database, chosen)
    counted = "SELECT count(*) FROM audit_record"
    async with database.transaction() as tx:
        before = (await tx.sql(counted)).scalar_one()
    assert await seed(database, chosen) == told
    email, password = next(line.split()[-2:] for line in told if STAFF_EMAIL in line)
    async with database.transaction() as tx:
        assert (await tx.sql(counted)).scalar_one() == before
        vault = Vault(Sealer(chosen.secret))
        signed_in = await accounts.staff_sign_in(
            tx, act, email=email, password=password, vault=vault
        )
        assert signed_in.or_raise()
        line = (await tx.sql("SELECT host, port, state FROM carrier_line")).one()
    assert tuple(line) == ("127.0.0.1", chosen.carrier_port, "enabled")
    assert len(carrier_password(chosen)) == 8
    assert (tmp_path / "staff.password").stat().st_mode & 0o777 == 0o600
    assert password not in json.dumps([str(chosen)])


async def test_a_real_installation_gets_no_sandbox(database: Database, tmp_path: Path) -> None:
    told = await seed(database, settings({"UMCLOUD_HOME": str(tmp_path)}))
    assert told == ["portal    http://127.0.0.1:8000/"]
    async with database.transaction() as tx:
        assert (await tx.sql("SELECT count(*) FROM carrier_line")).scalar_one() == 0
        assert (await tx.sql("SELECT count(*) FROM staff")).scalar_one() == 0
