"""What an installation must have before its doors open: run at each start, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts import service as account_deeds
from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.messaging import service as lines
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database, Tx
from umcloud.infra.partitions import ensure_days
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import LOOPBACK, Settings, kept_secret
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.moments import shanghai_day
from umcloud.lines.runner import PASSWORD_PURPOSE
from umcloud.main.wiring import wire

STAFF_EMAIL = "admin@umcloud.example"
STAFF_SECRET = "staff.password"  # noqa: S105 - a file's name
CARRIER_SYSTEM_ID = "umcloud"
CARRIER_SECRET = "carrier.password"  # noqa: S105 - a file's name
CARRIER_PASSWORD_LENGTH = 8
"""Octets that SMPP 3.4, section 5.2.2, leaves for a password."""
SANDBOX_LINE = 1
SANDBOX_SOURCE = "10690001"
SANDBOX_WINDOW = 1_500
DAYS_AHEAD = 8


async def seed(database: Database, settings: Settings) -> Sequence[str]:
    """Publish what ships, make the next days' partitions, and in the sandbox what it lives on.

    Returns what the person at the terminal should know, a line each.
    """
    sealer = Sealer(settings.secret)
    wire(database.bus, sealer=sealer)
    clock = Clock(movable=settings.sandbox)
    async with database.transaction() as tx:
        await clock.refresh(tx)
        moment = clock()
        act = Act(SYSTEM, moment, Door.CLI, uuid7(moment))
        await ensure_days(tx, shanghai_day(moment) - timedelta(days=1), DAYS_AHEAD + 1)
        await agreements.publish_shipped(tx, act)
        await catalogue.publish_shipped(tx, act)
        if not settings.sandbox:
            return [f"portal    {settings.public_url}/"]
        await _carrier_line(tx, act, settings, sealer)
        password = await _staff(tx, act, settings, Vault(sealer))
    world = f"http://{LOOPBACK}:{settings.world_port}"
    return [
        f"portal    {settings.public_url}/",
        f"office    {settings.public_url}/office/   {STAFF_EMAIL}  {password}",
        f"api       {settings.public_url}/v1   for vendors' SDKs: {settings.public_url}/uapi",
        f"world     {world}/   phones · mailbox · carrier · payments · clock",
        "",
    ]


def carrier_password(settings: Settings) -> str:
    """Return the password between our line and the sandbox's carrier; made once, kept in home."""
    return kept_secret(settings.home / CARRIER_SECRET)[:CARRIER_PASSWORD_LENGTH]


async def _carrier_line(tx: Tx, act: Act, settings: Settings, sealer: Sealer) -> None:
    known = await tx.sql(
        "SELECT 1 FROM carrier_line WHERE number = :number AND host = :host AND port = :port",
        number=SANDBOX_LINE,
        host=LOOPBACK,
        port=settings.carrier_port,
    )
    if known.first() is not None:
        return
    sealed = sealer.seal(carrier_password(settings).encode(), purpose=PASSWORD_PURPOSE)
    await lines.put_line(
        tx,
        act,
        lines.NewLine(
            number=SANDBOX_LINE,
            name="Sandbox carrier",
            host=LOOPBACK,
            port=settings.carrier_port,
            system_id=CARRIER_SYSTEM_ID,
            password_sealed=sealed,
            source=SANDBOX_SOURCE,
            window=SANDBOX_WINDOW,
        ),
    )


async def _staff(tx: Tx, act: Act, settings: Settings, vault: Vault) -> str:
    """Give the sandbox its operator; return the password, which `home` keeps (mode 0600)."""
    password = kept_secret(settings.home / STAFF_SECRET)
    if not any(one.email == STAFF_EMAIL for one in await accounts.staff_members(tx)):
        await account_deeds.create_staff(
            tx,
            act,
            email=STAFF_EMAIL,
            name="Operator",
            roles=frozenset(StaffRole),
            password=password,
            vault=vault,
        )
    return password
