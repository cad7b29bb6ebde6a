"""An account with two owners and a developer, and a mail server that does as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Contact, Registered
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.notifications.ports import MailUndeliveredError
from umcloud.infra.db import Tx
from umcloud.infra.mail import Mail
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act

SEALER = Sealer("a secret for tests only")
VAULT = Vault(SEALER, memory_kib=8, rounds=1)


@dataclass
class Server:
    """Takes mails, or raises the next of its moods."""

    moods: list[MailUndeliveredError] = field(default_factory=list)
    taken: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        if self.moods:
            raise self.moods.pop(0)
        self.taken.append(mail)


@pytest.fixture
def server() -> Server:
    return Server()


async def open_account(tx: Tx, act: Act, email: str = "lin@example.com") -> Registered:
    return await accounts.open_account(
        tx,
        act,
        contact=Contact(Channel.EMAIL, email),
        password="correct-horse-42",
        name="林一",
        organisation="杭州示例科技",
        vault=VAULT,
    )
