"""`umcloud admin`: let an administrator in from the terminal, the first one above all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO

from umcloud.domains.accounts import service
from umcloud.domains.accounts.model import CodeMessage, StaffRole
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7


@dataclass(slots=True)
class Terminal:
    """Keeps the code for the person at the terminal: there may be no mail server yet."""

    code: str = ""

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        """Keep it until the transaction has ended."""
        del tx, act
        self.code = message.code


async def invite_admin(
    out: TextIO, database: Database, clock: Clock, vault: Vault, *, email: str, name: str, url: str
) -> int:
    """Invite an administrator and print the code; refuses staff.taken, contact.malformed."""
    terminal = Terminal()
    async with database.transaction() as tx:
        await clock.refresh(tx)
        moment = clock()
        await service.invite_staff(
            tx,
            Act(SYSTEM, moment, Door.CLI, uuid7(moment)),
            email=email,
            name=name,
            roles=frozenset({StaffRole.ADMIN}),
            sender=terminal,
            vault=vault,
        )
    out.write(f"{url}/office/join   {email}   code {terminal.code}, for seven days\n")
    return 0
