"""The process of the carrier lines: `python -m umcloud.main.line`. SIGTERM ends it in order."""

from __future__ import annotations

import asyncio
import logging
import signal

import uvloop

from umcloud.infra.db import Database
from umcloud.infra.processes import calm_collector, stand_back
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import Settings, settings
from umcloud.lines.runner import PASSWORD_PURPOSE, Runner
from umcloud.main.clockwork import clockwork


def main() -> None:
    """Run the lines until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    calm_collector()
    stand_back()
    uvloop.run(serve(settings()))


async def serve(chosen: Settings) -> None:
    """Run the lines until the process is asked to end; raise what breaks one."""
    sealer = Sealer(chosen.secret)
    database = Database(chosen.database_url, pool_size=2, application="umcloud line")
    try:
        async with clockwork(database, movable=chosen.sandbox) as clock:
            runner = Runner(
                database,
                now=clock,
                unseal=lambda sealed: sealer.unseal(sealed, purpose=PASSWORD_PURPOSE).decode(),
            )
            await _until_told(runner)
    finally:
        await database.close()


async def _until_told(runner: Runner) -> None:
    work = asyncio.create_task(runner.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        logging.getLogger("umcloud.lines").info("stopped")


if __name__ == "__main__":
    main()
