"""`umcloud`: the one command of the installed product."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from umcloud.cli import audit, clauses, clock, staff
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.infra.i18n import Texts
from umcloud.infra.postgres import PostgresError
from umcloud.infra.schema import SchemaDiffers, is_current, migrate
from umcloud.infra.sealing import Sealer
from umcloud.infra.settings import SANDBOX_MARK, Settings, settings
from umcloud.kernel.refusals import Refusal
from umcloud.main.database import POSTGRES_SECRET, HomeInUse, reachable
from umcloud.main.supervisor import DidNotStart, Supervisor
from umcloud.main.wiring import wire


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code (1: refused or failed, 2: misused)."""
    chosen = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except BrokenPipeError:
        # Who reads has seen enough (`umcloud clauses | head`); nothing is left to be flushed to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Refusal as refusal:
        sys.stderr.write(f"umcloud: {_texts().refusal(refusal)}\n")
    except (DidNotStart, HomeInUse, PostgresError, SchemaDiffers, ValueError) as error:
        sys.stderr.write(f"umcloud: {error}\n")
    return 1


def _texts() -> Texts:
    """Return the texts of the terminal's language: Chinese where it says so, else English."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG")
                 if os.environ.get(name)), "")  # fmt: skip
    return Texts("zh_CN" if said.startswith("zh") else "en")


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments; the documents list its commands."""
    whole = argparse.ArgumentParser(prog="umcloud", description="A communications cloud.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="run the whole cloud; Ctrl-C stops it")
    up.add_argument("--sandbox", action="store_true", help="with the simulated outside world")
    up.add_argument("--port", type=int, help="of the HTTP doors (UMCLOUD_PORT, 8000)")
    up.set_defaults(command=_up)
    commands.add_parser("migrate", help="bring the database to the newest schema").set_defaults(
        command=_migrate
    )
    commands.add_parser("audit", help="check every promise about the books").set_defaults(
        command=_audit
    )
    commands.add_parser("clauses", help="the agreement's promises and their proofs").set_defaults(
        command=lambda _: clauses.run(locale=_texts().locale)
    )
    admin = commands.add_parser("admin", help="invite an administrator of the office")
    admin.add_argument("email", help="where they are reached, and what they sign in with")
    admin.add_argument("name", help="as colleagues know them")
    admin.set_defaults(command=_admin)
    timing = commands.add_parser("clock", help="show the clock; in the sandbox, move it")
    timing.set_defaults(command=_clock, by=None)
    moving = timing.add_subparsers(metavar="advance")
    advance = moving.add_parser("advance", help="move everybody's clock forward (sandbox)")
    advance.add_argument("by", type=_step, help="how far: 90s, 15m, 6h, 3d, 2w")
    return whole


def _step(text: str) -> object:
    try:
        return clock.read_step(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _up(chosen: argparse.Namespace) -> int:
    found = settings()
    if chosen.sandbox and not found.sandbox:
        if (found.home / POSTGRES_SECRET).exists():
            raise ValueError(f"{found.home} holds a real installation, not a sandbox")
        found = replace(found, sandbox=True)
    if found.sandbox:
        (found.home / SANDBOX_MARK).touch()
    if chosen.port:
        moved = found.public_url.replace(f":{found.port}", f":{chosen.port}")
        found = replace(found, port=chosen.port, public_url=moved)
    return Supervisor(found).run(_seed)


def _seed(found: Settings) -> Sequence[str]:
    """Fill an empty installation; return what the person at the terminal should know."""
    if importlib.util.find_spec("umcloud.main.seed") is None:
        return []
    seeding = importlib.import_module("umcloud.main.seed")

    async def fill() -> Sequence[str]:
        database = Database(found.database_url, pool_size=1, application="umcloud seed")
        try:
            lines: Sequence[str] = await seeding.seed(database, found)
        finally:
            await database.close()
        return lines

    return asyncio.run(fill())


def _migrate(_: argparse.Namespace) -> int:
    with reachable(settings()) as url:
        migrate(url)
    sys.stdout.write("schema up to date\n")
    return 0


def _audit(_: argparse.Namespace) -> int:
    async def ask(database: Database, clock_: Clock) -> int:
        async with database.transaction() as tx:
            await clock_.refresh(tx)
        return await audit.run(sys.stdout, database, clock_())

    return _with_database(ask)


def _admin(chosen: argparse.Namespace) -> int:
    found = settings()
    sealer = Sealer(found.secret)

    async def invite(database: Database, clock_: Clock) -> int:
        wire(database.bus, sealer=sealer)
        return await staff.invite_admin(
            sys.stdout,
            database,
            clock_,
            Vault(sealer),
            email=chosen.email,
            name=chosen.name,
            url=found.public_url,
        )

    return _with_database(invite)


def _clock(chosen: argparse.Namespace) -> int:
    async def turn(database: Database, clock_: Clock) -> int:
        if chosen.by is None:
            return await clock.show(sys.stdout, database, clock_)
        return await clock.advance(sys.stdout, database, clock_, chosen.by)

    return _with_database(turn)


def _with_database(use: Callable[[Database, Clock], Awaitable[int]]) -> int:
    found = settings()

    async def used(url: str) -> int:
        database = Database(url, pool_size=1, application="umcloud command")
        try:
            return await use(database, Clock(movable=found.sandbox))
        finally:
            await database.close()

    with reachable(found) as url:
        if not is_current(url):
            raise ValueError("the database lacks tables: run `umcloud up` or `umcloud migrate`")
        return asyncio.run(used(url))


if __name__ == "__main__":
    sys.exit(main())
