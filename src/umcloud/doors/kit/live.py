"""Live parts by server-sent events (WHATWG HTML, section 9.2) and streamed CSV (RFC 4180)."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import StreamingResponse

BEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 300.0
"""A connection is ended then and the browser opens another: nothing lives for ever."""
BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Part:
    """New HTML for `<… data-live-part="name">`; `last` closes the connection for good."""

    name: str
    html: str
    last: bool = False


class Closing(Protocol):
    """Whatever tells that the process is stopping: an asyncio.Event."""

    def is_set(self) -> bool:
        """Tell whether to stop."""
        ...


def _lines(part: Part) -> str:
    data = "\n".join(f"data: {line}" for line in part.html.splitlines() or [""])
    end = "event: end\ndata:\n\n" if part.last else ""
    return f"event: {part.name}\n{data}\n\n{end}"


async def _stream(
    request: Request, parts: AsyncIterator[Part], closing: Closing | None, beat: float, most: float
) -> AsyncIterator[str]:
    begun = time.monotonic()
    step = min(beat, 1.0)
    quiet_since = begun
    iterator = aiter(parts)
    pending: asyncio.Task[Part] | None = None
    yield "retry: 2000\n\n"
    try:
        while time.monotonic() - begun < most and not (closing and closing.is_set()):
            pending = pending or asyncio.ensure_future(_next(iterator))
            await asyncio.wait({pending}, timeout=step)
            if await request.is_disconnected():
                return
            if pending.done():
                try:
                    part = pending.result()
                except StopAsyncIteration:
                    return
                pending = None
                quiet_since = time.monotonic()
                yield _lines(part)
                if part.last:
                    return
            elif time.monotonic() - quiet_since >= beat:
                quiet_since = time.monotonic()
                yield ": here\n\n"
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()


async def _next(iterator: AsyncIterator[Part]) -> Part:
    return await anext(iterator)


def sse_response(
    request: Request,
    parts: AsyncIterator[Part],
    *,
    closing: Closing | None = None,
    beat: float = BEAT_SECONDS,
    most: float = LONGEST_SECONDS,
) -> StreamingResponse:
    """Return a stream of live parts; it ends on disconnect, on shutdown and after `most` seconds.

    The iterator must not keep a transaction open while it waits.
    """
    return StreamingResponse(
        _stream(request, parts, closing, beat, most),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def csv_response(
    filename: str, heading: Sequence[str], rows: AsyncIterator[Sequence[str]]
) -> StreamingResponse:
    """Return rows as a file for spreadsheets: UTF-8 with mark, one row in memory at a time.

    Cells that a spreadsheet would run as a formula are written as text.
    """

    async def chunks() -> AsyncIterator[str]:
        yield BYTE_ORDER_MARK + _csv_line(heading)
        async with AsyncExitStack() as ending:
            if isinstance(rows, AsyncGenerator):
                await ending.enter_async_context(aclosing(rows))
            async for row in rows:
                yield _csv_line(row)

    disposition = f"attachment; filename*=UTF-8''{quote(filename)}"
    return StreamingResponse(
        chunks(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": disposition, "cache-control": "no-store"},
    )


def _csv_line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_harmless(cell) for cell in cells])
    return buffer.getvalue()


#: What a spreadsheet may begin a formula with, in full width too, as Chinese ones type it.
_RISKY = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def _harmless(cell: str) -> str:
    risky = cell[:1] in _RISKY
    number = cell.lstrip("+-").replace(",", "").replace(".", "", 1).isdigit()
    return f"'{cell}" if risky and not number else cell
