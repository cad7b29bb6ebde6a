"""A person renews a signing secret and stops a signature, on a phone and at a desk."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_browser import BASICS, address, desk
from tests.doors.portal.test_portal_corrections import signature

__all__ = ["address", "desk"]  # fixtures


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_secret_is_renewed_only_once_the_host_is_typed(
    desk: Page, address: str, width: int
) -> None:
    await desk.set_viewport_size(ViewportSize(width=width, height=844))
    await desk.goto(f"{address}/developer/callbacks?lang=en")
    await desk.fill("#endpoint-url", "http://127.0.0.1:8080/a/rather/long/path/to/our/receipts")
    await desk.click("form#endpoint button[type=submit]")
    first = await desk.locator(".p-once code").inner_text()
    assert await desk.evaluate(BASICS) == []
    await desk.get_by_role("link", name="Open and manage").click()
    assert await desk.evaluate(BASICS) == []
    place = desk.locator("#renew")
    await place.locator("summary").click()
    button = place.locator("button")
    await expect(button).to_be_disabled()
    await desk.fill("#renew-word", "127.0.0.1")
    await expect(button).to_be_enabled()
    await button.click()
    second = await desk.locator(".p-once code").inner_text()
    assert second.startswith("whsec_")
    assert second != first
    assert await desk.evaluate(BASICS) == []


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_signature_is_stopped_and_used_again(
    world: World, member: Customer, desk: Page, address: str, width: int
) -> None:
    path = f"/signatures/{await signature(member)}"
    await Operator(world).approve_signature(path.removeprefix("/signatures/"))
    await desk.set_viewport_size(ViewportSize(width=width, height=844))
    await desk.goto(f"{address}{path}?lang=en")
    await desk.locator("summary", has_text="Put out of use").click()
    assert await desk.evaluate(BASICS) == []
    await desk.fill("#stop-reason", "a new brand")
    await desk.click("form#stop button[type=submit]")
    await expect(desk.get_by_text("You put this signature out of use")).to_be_visible()
    assert await desk.evaluate(BASICS) == []
    await desk.get_by_role("button", name="Use it again").click()
    await expect(desk.get_by_text("In use again.")).to_be_visible()
