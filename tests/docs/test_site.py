"""The documents' site: built strictly, whole in both languages, and nobody else's machine in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.async_api import async_playwright

from docs import site
from tests.browser import FLAGS, chromium_path

ELSEWHERE = re.compile(
    r"""<(?:script|img|link|iframe)\b[^>]*(?:src|href)=["']?(?:https?:)?//[^>]*|url\(["']?https?:"""
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    site.build(target, tmp_path_factory.mktemp("work"))
    return target


@pytest.fixture
def address(built: Path) -> Iterator[str]:
    with site.server(built) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_document_has_a_page_in_both_languages(built: Path) -> None:
    for language, place in site.LANGUAGES.items():
        for page in site.pages(language):
            assert (built / place / site.address(page)).is_file(), page


def test_the_choice_of_language_leads_to_the_same_page(built: Path) -> None:
    here = (built / "decisions" / "index.html").read_text("utf-8")
    there = (built / "en" / "guide" / "operate.html").read_text("utf-8")
    assert '<a href="../en/decisions/index.html" hreflang="en"' in here
    assert '<a href="index.html" hreflang="zh"' in here
    assert '<a href="../../guide/operate.html" hreflang="zh"' in there


def test_chinese_stands_at_the_root_and_english_below(built: Path) -> None:
    chinese = (built / "guide" / "first-message.html").read_text("utf-8")
    english = (built / "en" / "guide" / "first-message.html").read_text("utf-8")
    assert "从空机器到第一条短信" in chinese
    assert "From an empty machine" in english


def test_pages_load_nothing_from_elsewhere(built: Path) -> None:
    found = {
        match
        for path in [*built.rglob("*.html"), *built.rglob("*.css")]
        for match in ELSEWHERE.findall(path.read_text("utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("fault", ["[x](nowhere.md)", "[x](first-message.md#nowhere)"])
def test_a_link_that_leads_nowhere_stops_the_build(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "written.md"
    written.write_text(f"# A page\n\n{fault}\n", "utf-8")
    whole = site.pages
    monkeypatch.setattr(site, "pages", lambda code: {**whole(code), "guide/fault.md": written})
    with pytest.raises(site.BrokenSiteError, match="does not exist"):
        site.build(tmp_path / "site", tmp_path / "work")


@pytest.mark.parametrize(("place", "words"), [("", "幂等键"), ("en/", "idempotency")])
async def test_one_can_search_in_the_page_s_language(address: str, place: str, words: str) -> None:
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{address}/{place}index.html")
        box = page.get_by_role("combobox", include_hidden=True)
        await box.wait_for(state="attached")  # the search is there now, behind its key
        await page.keyboard.press("/")
        await box.fill(words)
        await page.locator("li a", has_text=words).first.wait_for(timeout=10_000)
        await browser.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
