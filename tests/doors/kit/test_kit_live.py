from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import httpx
import pytest
from starlette.requests import Request

from umcloud.doors.kit.live import Part, csv_response, sse_response


@dataclass
class Browser:
    """Stands for a connection that may go away."""

    gone: bool = False
    heard: list[str] = field(default_factory=list)

    async def is_disconnected(self) -> bool:
        return self.gone


class Source:
    """Gives parts, then waits for ever; remembers that it was closed."""

    def __init__(self, *parts: Part) -> None:
        self.parts = list(parts)
        self.closed = False
        self.never = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Part]:
        try:
            for part in self.parts:
                yield part
            await self.never.wait()
        finally:
            self.closed = True


async def listen(
    source: Source,
    browser: Browser,
    *,
    closing: asyncio.Event | None = None,
    most: float = 5.0,
    beat: float = 15.0,
) -> str:
    response = sse_response(
        cast("Request", browser), aiter(source), closing=closing, most=most, beat=beat
    )
    async for chunk in response.body_iterator:
        browser.heard.append(str(chunk))
        if "stop here" in str(chunk):
            browser.gone = True
        if closing and "beat" in str(chunk):
            closing.set()
    return "".join(browser.heard)


async def test_the_last_part_ends_the_stream() -> None:
    source = Source(Part("status", "<b>1\n2</b>"), Part("status", "done", last=True))
    heard = await listen(source, Browser())
    assert "event: status\ndata: <b>1\ndata: 2</b>\n\n" in heard
    assert heard.endswith("event: end\ndata:\n\n")
    assert source.closed


async def test_a_browser_that_left_ends_the_stream_and_the_source() -> None:
    source = Source(Part("status", "stop here"))
    await listen(source, Browser(), beat=0.05)
    assert source.closed


async def test_a_stopping_process_ends_the_stream() -> None:
    source = Source(Part("status", "beat"))
    await listen(source, Browser(), closing=asyncio.Event())
    assert source.closed


async def test_no_stream_lives_for_ever_and_silence_is_filled() -> None:
    source = Source()
    heard = await listen(source, Browser(), most=0.2, beat=0.02)
    assert ": here" in heard
    assert "event: end" not in heard
    assert source.closed


async def test_a_failing_source_is_not_hidden() -> None:
    async def broken() -> AsyncIterator[Part]:
        yield Part("status", "1")
        raise ZeroDivisionError

    response = sse_response(cast("Request", Browser()), broken())
    with pytest.raises(ZeroDivisionError):
        async for _ in response.body_iterator:
            pass


async def test_the_gallery_counts(member: httpx.AsyncClient) -> None:
    answer = await member.get("/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers
    assert answer.text.count("event: count") == 3


async def test_cells_that_a_spreadsheet_would_run_are_text() -> None:
    async def rows() -> AsyncIterator[list[str]]:
        yield ["=1+1", "-5.00", "+8613800138000", "@x", 'a"b', "-cmd"]

    response = csv_response("x.csv", ["h"], rows())
    text = "".join([str(chunk) async for chunk in response.body_iterator])
    assert text.splitlines()[1] == '\'=1+1,-5.00,+8613800138000,\'@x,"a""b",\'-cmd'
