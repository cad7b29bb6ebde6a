"""The portal in a real browser: its weight, its width, its keyboard and what it says to a log."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Page, ViewportSize

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_corrections import signature
from tests.doors.portal.test_portal_pages import PAGES

PHONE = ViewportSize(width=390, height=844)
FIRST_LOAD_BYTES = 300_000
BASICS = """() => {
  const wrong = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) wrong.push("wider than the screen");
  let last = 0;
  for (const one of document.querySelectorAll("h1,h2,h3,h4")) {
    const level = Number(one.tagName[1]);
    if (level > last + 1) wrong.push(`h${last} is followed by h${level}`);
    last = level;
  }
  for (const one of document.querySelectorAll("input:not([type=hidden]),select,textarea"))
    if (!one.labels.length && !one.getAttribute("aria-label")) wrong.push(`no label: ${one.name}`);
  for (const one of document.querySelectorAll("a,button"))
    if (!one.textContent.trim() && !one.ariaLabel) wrong.push(`no name: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("img"))
    if (!one.hasAttribute("alt")) wrong.push(`no alternative text: ${one.src}`);
  return wrong;
}"""


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Return where the portal is served."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    world.app.state.collaborators.closing.set()
    server.should_exit = True
    await serving


@pytest.fixture
async def desk(page: Page, address: str, member: Customer) -> Page:
    """Return a page on which the owner of a new company is signed in."""
    for cookie in member.client.cookies.jar:
        await page.context.add_cookies(
            [{"name": cookie.name, "value": cookie.value or "", "url": address}]
        )
    return page


@pytest.mark.parametrize("width", [390, 1280])
async def test_every_page_is_in_order(desk: Page, address: str, width: int) -> None:
    said: list[str] = []
    desk.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    desk.on("pageerror", lambda one: said.append(str(one)))
    await desk.set_viewport_size(ViewportSize(width=width, height=844))
    for path in PAGES:
        await desk.goto(f"{address}{path}{'&' if '?' in path else '?'}lang=en")
        assert await desk.evaluate(BASICS) == [], path
        assert said == [], path


async def test_the_first_load_is_light(desk: Page, address: str) -> None:
    """At most 300 kB come over the wire at first, without charts."""
    log = await desk.context.new_cdp_session(desk)
    sizes: list[tuple[str, float]] = []
    addresses: dict[str, str] = {}
    await log.send("Network.enable")
    log.on(
        "Network.requestWillBeSent",
        lambda told: addresses.update({told["requestId"]: told["request"]["url"]}),
    )
    log.on(
        "Network.loadingFinished",
        lambda told: sizes.append((addresses[told["requestId"]], told["encodedDataLength"])),
    )
    for path in ("/signatures", "/costs/prices", "/"):
        await log.send("Network.clearBrowserCache")
        sizes.clear()
        await desk.goto(f"{address}{path}", wait_until="networkidle")
        counted = [one for one in sizes if "echarts" not in one[0]]
        assert counted
        assert sum(size for _, size in counted) < FIRST_LOAD_BYTES, sorted(counted)


async def test_the_keyboard_leads_first_to_the_content(desk: Page, address: str) -> None:
    await desk.goto(f"{address}/signatures/new")
    await desk.keyboard.press("Tab")
    assert await desk.evaluate("document.activeElement.className") == "k-skip"
    shown = await desk.evaluate("document.activeElement.getBoundingClientRect().top")
    assert shown >= 0
    await desk.keyboard.press("Enter")
    await desk.keyboard.press("Tab")
    assert await desk.evaluate("document.querySelector('main').contains(document.activeElement)")


async def test_escape_closes_the_navigation_of_a_phone(desk: Page, address: str) -> None:
    await desk.set_viewport_size(PHONE)
    await desk.goto(address)
    side = desk.locator("#k-side")
    await desk.locator(".k-menu-button").click()
    await side.wait_for(state="visible")
    await desk.keyboard.press("Escape")
    await side.wait_for(state="hidden")


@pytest.mark.parametrize("width", [390, 1280])
async def test_long_names_stay_on_the_screen(
    world: World, desk: Page, address: str, member: Customer, width: int
) -> None:
    operator = Operator(world)
    await operator.approve_signature(await signature(member))
    name = "一个名字非常非常长的模板用来看看页面在放不下的时候会怎么样是不"
    content = "尊敬的{1}，您的订单已经发出。" + "我们会尽快把它送到您的手里，" * 20
    made = await member.post(
        "/templates/new",
        {"cls": "notice", "name": name, "content": content, "instruction": "姓名"},
    )
    assert made.status_code == 303, made.text
    await desk.set_viewport_size(ViewportSize(width=width, height=844))
    for path in ("/templates", made.headers["location"], "/account/log"):
        await desk.goto(f"{address}{path}")
        assert await desk.evaluate(BASICS) == [], path
