"""A cheap vault, a pocket that catches codes, and a registered account."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from umcloud.domains.accounts import service
from umcloud.domains.accounts.model import (
    Channel,
    CodeMessage,
    Contact,
    InvitationMessage,
    Purpose,
    Registered,
)
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import service as audit
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act

EMAIL = "lin@example.com"
PASSWORD = "correct-horse-42"


@dataclass
class Pocket:
    """Keeps the codes and the invitations that were sent."""

    messages: list[CodeMessage] = field(default_factory=list)
    invitations: list[InvitationMessage] = field(default_factory=list)

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        del tx, act
        self.messages.append(message)

    async def invite(self, tx: Tx, act: Act, message: InvitationMessage) -> None:
        del tx, act
        self.invitations.append(message)

    @property
    def code(self) -> str:
        return self.messages[-1].code


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(Sealer("a secret for tests only"), memory_kib=8, rounds=1)


@pytest.fixture
def pocket() -> Pocket:
    return Pocket()


@pytest.fixture
def audited(tx: Tx) -> Tx:
    """Return the transaction with the audit log listening, which refuses leaky events."""
    tx.bus.on_everything(audit.record)
    return tx


@pytest.fixture
async def registered(audited: Tx, act: Act, vault: Vault) -> Registered:
    return await service.open_account(
        audited,
        act,
        contact=Contact(Channel.EMAIL, EMAIL),
        password=PASSWORD,
        name="林一",
        organisation="杭州示例科技",
        vault=vault,
    )


async def ask(tx: Tx, act: Act, pocket: Pocket, vault: Vault, purpose: Purpose) -> str:
    """Ask for a code to EMAIL and return it."""
    await service.request_code(
        tx,
        act,
        channel=Channel.EMAIL,
        target=EMAIL,
        purpose=purpose,
        sender=pocket,
        vault=vault,
    )
    return pocket.code
