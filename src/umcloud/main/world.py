"""The process of the simulated outside world: carrier, mailbox, payment company, their pages.

Only in the sandbox, and only on the loopback: nobody signs in here.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack

import httpx

from umcloud.infra.db import Database
from umcloud.infra.processes import calm_collector
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import LOOPBACK, Settings, settings
from umcloud.main.clockwork import clockwork
from umcloud.main.seed import CARRIER_SYSTEM_ID, carrier_password
from umcloud.main.serving import closing_event, run, serve
from umcloud.providers.payment.keys import sandbox_keys
from umcloud.sandbox.carrier import Carrier, CarrierConfig
from umcloud.sandbox.gateway.app import Gateway
from umcloud.sandbox.mailbox.server import MailboxServer
from umcloud.sandbox.mailbox.store import Mailbox
from umcloud.sandbox.world.app import world
from umcloud.sandbox.world.collaborators import Outside

_NO_SANDBOX = "the simulated world runs in a sandbox only"


async def main(chosen: Settings) -> None:
    """Run until SIGTERM; OSError or SystemExit where a port is taken."""
    if not chosen.sandbox:
        raise SystemExit(_NO_SANDBOX)
    closing = closing_event()
    async with AsyncExitStack() as stack:
        database = Database(chosen.database_url, pool_size=2, application="umcloud world")
        stack.push_async_callback(database.close)
        clock = await stack.enter_async_context(clockwork(database, movable=True))
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        keys = sandbox_keys(chosen.home)
        gateway = Gateway(
            chosen.home,
            key=keys.gateway,
            merchant_key=keys.platform_public,
            http=http,
            now=clock,
        )
        await stack.enter_async_context(gateway.running())
        mailbox = MailboxServer(Mailbox(), clock, host=LOOPBACK, port=chosen.smtp_port)
        await mailbox.start()
        stack.push_async_callback(mailbox.stop)
        carrier = Carrier(
            CarrierConfig(
                clients={CARRIER_SYSTEM_ID: carrier_password(chosen)},
                host=LOOPBACK,
                port=chosen.carrier_port,
                ledger=chosen.home / "carrier" / "ledger.tsv",
            ),
            now=clock,
        )
        await carrier.start()
        stack.push_async_callback(carrier.stop)
        outside = Outside(
            database=database,
            clock=clock,
            carrier=carrier,
            mailbox=mailbox.mailbox,
            gateway=gateway,
            closing=closing,
            portal_url=chosen.public_url,
        )
        calm_collector()
        secret = Sealer(chosen.secret).fingerprint("world", purpose="desk")
        await serve(
            world(outside, secret=secret), host=LOOPBACK, port=chosen.world_port, closing=closing
        )


if __name__ == "__main__":
    sys.exit(run(main(settings())))
