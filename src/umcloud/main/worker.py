"""`python -m umcloud.main.worker`: the process that follows the logs and the clock."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack

import httpx
import uvloop

from umcloud.cli import audit
from umcloud.domains.callbacks.dispatcher import Dispatcher
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.outbound import Outbound
from umcloud.infra.processes import stand_back
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import Settings, settings
from umcloud.main.database import reachable
from umcloud.main.payment import channel
from umcloud.main.wiring import wire
from umcloud.providers.mail.smtp import Security, SmtpSender, SmtpServer
from umcloud.worker.loops import Loops
from umcloud.worker.tools import Tools

MAIL_FROM = "no-reply@umcloud.example"
MAIL_SECONDS = 5.0
"""A mail is handed over in a transaction, and followers of the logs wait for open ones."""
GATEWAY_SECONDS = 5.0


async def run(found: Settings, url: str) -> None:
    """Work until SIGTERM or SIGINT."""
    async with AsyncExitStack() as closing:
        sealer = Sealer(found.secret)
        database = Database(url, pool_size=12, application="umcloud worker")
        closing.push_async_callback(database.close)
        wire(database.bus, sealer=sealer)
        clock = Clock(movable=found.sandbox)
        async with database.transaction() as tx:
            await clock.refresh(tx)
        # Only the sandbox's customers live on this machine.
        outbound = Outbound(loopback=found.sandbox)
        dispatcher = Dispatcher(database, clock, sealer=sealer, outbound=outbound)
        http = await closing.enter_async_context(
            httpx.AsyncClient(timeout=GATEWAY_SECONDS, trust_env=False)
        )
        tools = Tools(
            database=database,
            clock=clock,
            sealer=sealer,
            mail=_mail(found),
            dispatcher=await closing.enter_async_context(dispatcher),
            channel=channel(found, http),
            questions=audit.found(),
            closing=closing,
        )
        loops = Loops(tools)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, loops.stop)
        await loops.run()


def _mail(found: Settings) -> SmtpSender:
    return SmtpSender(
        SmtpServer(
            found.smtp_host,
            found.smtp_port,
            MAIL_FROM,
            security=Security.PLAIN if found.sandbox else Security.STARTTLS,
            timeout_seconds=MAIL_SECONDS,
        )
    )


def main() -> int:
    """Run the worker; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log customers' URLs
    stand_back()
    found = settings()
    with reachable(found) as url:
        uvloop.run(run(found, url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
