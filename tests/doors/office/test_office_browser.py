"""The office in a real browser: mounted at /office, worked by keyboard, narrow, and live."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

import pytest
import uvicorn
from playwright.async_api import Page, ViewportSize
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.doors.office.conftest import PASSWORD, World
from umcloud.domains.messaging import pulses
from umcloud.domains.messaging import service as messaging
from umcloud.domains.messaging.pulses import FRESH, Pulse, Trouble
from umcloud.domains.messaging.service import LineState
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.kernel.act import Act
from umcloud.kernel.ids import show

PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
async def address(app: Starlette) -> AsyncIterator[str]:
    """Return where the office is served, below /office as in the whole cloud."""
    outer = Starlette(routes=[Mount("/office", app=app)])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(outer, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/office"
    app.state.office.closing.set()
    server.should_exit = True
    await serving


@pytest.fixture
async def desk(page: Page, address: str) -> Page:
    """Return a page on which the administrator is signed in."""
    await page.goto(f"{address}/sign-in")
    await page.fill("input[name=email]", "admin@umcloud.example")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(f"{address}/")
    return page


async def test_a_queue_is_worked_by_keyboard(world: World, desk: Page, address: str) -> None:
    first, second = (f"{address}/reviews/signatures/{show('sig', one)}" for one in world.signatures)
    await desk.goto(f"{address}/reviews/signatures")
    await desk.wait_for_url(first)
    await desk.keyboard.press("t")
    await desk.wait_for_selector("form[action$='/approve']")
    await desk.keyboard.press("r")
    await desk.wait_for_selector("details.o-refuse[open]")
    await desk.wait_for_function("document.activeElement.name === 'reason'")
    await desk.goto(first)
    await desk.keyboard.press("j")
    await desk.keyboard.press("j")
    place = "[...document.querySelectorAll('[data-queue] a')].indexOf(document.activeElement)"
    assert await desk.evaluate(place) == 1
    await desk.keyboard.press("k")
    assert await desk.evaluate(place) == 0
    await desk.keyboard.press("a")
    await desk.wait_for_url(second)
    async with world.database.transaction() as tx:
        done = await signatures.by_id(tx, world.signatures[0])
    assert done is not None
    assert done.state is ReviewState.APPROVED


async def test_no_page_is_wider_than_a_phone(world: World, desk: Page, address: str) -> None:
    await desk.set_viewport_size(PHONE)
    for path in (
        "/",
        f"/reviews/signatures/{show('sig', world.signatures[0])}",
        f"/customers/{show('acc', world.sender)}",
        f"/messages/{show('msg', world.message)}",
        "/messages",
        "/lines",
        "/ledger",
        "/published/prices",
        "/published/versions",
        "/published/next",
        "/reviews/decisions",
        "/staff",
        "/staff/new",
        "/customers",
    ):
        await desk.goto(address + path)
        assert await desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


async def test_a_table_too_wide_scrolls_by_itself(desk: Page, address: str) -> None:
    await desk.set_viewport_size(ViewportSize(width=820, height=800))
    await desk.goto(f"{address}/published/prices?lang=en&col=valid_to&col=tax_code&col=recorded_at")
    inner = "document.querySelector('.k-scroll').scrollWidth"
    assert await desk.evaluate(inner) > 820
    assert await desk.evaluate("document.documentElement.scrollWidth") <= 820


async def test_a_hidden_tab_hears_nothing_until_it_is_looked_at(
    world: World, desk: Page, address: str, act: Act
) -> None:
    await desk.add_init_script(
        "window.opened = []; const Real = EventSource; "
        "window.EventSource = class extends Real {"
        "constructor(where) { super(where); window.opened.push(this); } };"
    )
    await desk.goto(f"{address}/lines")
    await desk.wait_for_function("opened.length === 1 && opened[0].readyState === 1")
    turn = """shown => {
        Object.defineProperty(document, "visibilityState", {value: shown, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await desk.evaluate(turn, "hidden")
    assert await desk.evaluate("opened.map(one => one.readyState)") == [2]
    async with world.database.transaction() as tx:
        await messaging.set_line_state(tx, act, number=1, state=LineState.DRAINING)
    await desk.evaluate(turn, "visible")
    await desk.locator("[data-live-part=lines]").get_by_text("排空中").wait_for(timeout=10_000)
    assert await desk.evaluate("opened.length") == 2


async def test_what_goes_over_a_line_is_seen_as_it_goes(
    world: World, desk: Page, address: str, later: datetime
) -> None:
    await desk.goto(f"{address}/lines")
    shown = desk.locator("[data-live-part=lines]")
    assert "线路进程没有响应" in await shown.inner_text()
    trouble = Trouble("throttled", "0x00000058", later)
    pulse = Pulse(
        line=1,
        at=later,
        is_bound=True,
        in_flight=12,
        waiting=345,
        submitted_per_second=321,
        receipts_per_second=298,
        trouble=trouble,
    )
    async with world.database.transaction() as tx:
        await pulses.write(tx, [pulse])
    await shown.get_by_text("已连接").wait_for(timeout=10_000)
    words = await shown.inner_text()
    for figure in ("321", "298", "345", "12 / ", "运营商限流 0x00000058"):
        assert figure in words
    async with world.database.transaction() as tx:
        await pulses.write(tx, [replace(pulse, at=later - FRESH)])
    await shown.get_by_text("线路进程没有响应").wait_for(timeout=10_000)
    assert "321" not in await shown.inner_text()


async def test_a_line_s_new_state_appears_by_itself(
    world: World, desk: Page, address: str, act: Act
) -> None:
    await desk.goto(f"{address}/lines")
    shown = desk.locator("[data-live-part=lines]")
    assert "启用" in await shown.inner_text()
    async with world.database.transaction() as tx:
        await messaging.set_line_state(tx, act, number=1, state=LineState.DRAINING)
    await shown.get_by_text("排空中").wait_for(timeout=10_000)
