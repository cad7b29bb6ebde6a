"""How a process serves HTTP: one uvicorn that ends well when the process is told to."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn
import uvloop
from starlette.types import ASGIApp

BACKLOG = 2048
GRACE_SECONDS = 8


class _Server(uvicorn.Server):
    """Leaves signals alone: they are for the process, which has more to end than a server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


async def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    closing: asyncio.Event,
    http: type[asyncio.Protocol] | Literal["httptools"] = "httptools",
) -> None:
    """Serve until `closing` is set; requests under way are answered, for at most 8 seconds.

    SystemExit where the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=http,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        backlog=BACKLOG,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)

    async def ending() -> None:
        await closing.wait()
        server.should_exit = True

    waiting = asyncio.create_task(ending(), name="closing")
    try:
        await server.serve()
    finally:
        waiting.cancel()


def closing_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    closing = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, closing.set)
    return closing


def run(process: Coroutine[Any, Any, None]) -> int:
    """Run a process's coroutine on uvloop, its log on stderr; return the exit code."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # They say addresses of requests and of mails, which are people's business.
    for talkative in ("httpx", "httpcore", "mail.log"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    uvloop.run(process)
    return 0
