"""What a person does at a desk of the cloud, with a real browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FilePayload, Locator, Page, expect

Value = str | bool | bytes


class DeskRefusedError(Exception):
    """The page says no; the message is what it says."""


@dataclass(slots=True)
class Desk:
    """One browser page at one desk. Forms are known by their names, fields by theirs."""

    page: Page
    base: str

    async def open(self, path: str) -> None:
        """Open a page; an error where there is none."""
        answer = await self.page.goto(self.base + path)
        if answer is None or answer.status >= 400:
            text = await self.page.locator("main").inner_text()
            raise DeskRefusedError(f"{path}: {answer and answer.status}: {text[:500]}")

    async def send(self, form: str, values: Mapping[str, Value]) -> None:
        """Fill the form, send it and wait for the next page.

        True ticks every box of that name; bytes are uploaded as a picture.
        """
        place = self.page.locator(f"form#{form}")
        for name, value in values.items():
            await self._fill(place, name, value)
        await self.press(place.locator("button[type=submit]:not([name])").last)

    async def press(self, button: Locator) -> None:
        """Press a button that leads to another page; `DeskRefusedError` where it says no."""
        async with self.page.expect_navigation() as gone:
            await button.click()
        answer = await gone.value
        if answer is not None and answer.status >= 500:
            raise DeskRefusedError(f"{answer.url}: {answer.status}")
        refused = self.page.locator(".k-bad[role=alert]")
        if await refused.count():
            raise DeskRefusedError(await refused.first.inner_text())

    async def sees(self, text: str, *, seconds: float = 10.0) -> None:
        """Wait until the text stands on the page."""
        await expect(self.page.locator("main").get_by_text(text).first).to_be_visible(
            timeout=seconds * 1000
        )

    async def until(self, path: str, text: str, *, seconds: float = 30.0) -> None:
        """Open the page again and again until the text stands on it."""
        place = self.page.locator("body")
        for _ in range(int(seconds * 2)):
            await self.open(path)
            if text in await place.inner_text():
                return
            await self.page.wait_for_timeout(500)
        raise DeskRefusedError(f"{text!r} never came to {path}: {await place.inner_text()}")

    async def picture(self, path: Path) -> None:
        """Take a picture of what the screen shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=path)

    async def _fill(self, form: Locator, name: str, value: Value) -> None:
        field = form.locator(f"[name='{name}']")
        kind = await field.first.get_attribute("type")
        if isinstance(value, bytes):
            await field.set_input_files(FilePayload(name="licence.png", mimeType="image/png",
                                                    buffer=value))  # fmt: skip
        elif value is True:
            for box in await field.all():
                await box.check()
        elif kind == "radio":
            await form.locator(f"[name='{name}'][value='{value}']").check()
        elif await field.first.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(str(value))
        else:
            await field.fill(str(value))
