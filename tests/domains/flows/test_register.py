from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy import table as sql_table

from umcloud.domains.accounts import errors as account_errors
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, CodeMessage, Purpose, Registered, Verdict
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import errors as agreement_errors
from umcloud.domains.agreements import queries as agreement_queries
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.model import AgreementVersion
from umcloud.domains.audit import service as audit
from umcloud.domains.flows.register import register
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.refusals import Refusal

EMAIL = "lin@example.com"
EMPHASISED = frozenset({"C11", "C12", "C13", "E"})


@dataclass
class Pocket:
    """Keeps the code that was sent."""

    codes: list[str] = field(default_factory=list)

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        del tx, act
        self.codes.append(message.code)


@dataclass
class Desk:
    """A place to register at, with a code already sent to EMAIL."""

    database: Database
    act: Act
    vault: Vault
    binding: AgreementVersion
    code: str

    async def register(self, **changes: Any) -> Verdict[Registered]:
        facts: dict[str, Any] = {
            "channel": Channel.EMAIL,
            "target": EMAIL,
            "code": self.code,
            "password": "correct-horse-42",
            "organisation": "杭州示例科技",
            "version_id": self.binding.id,
            "acknowledged": EMPHASISED,
            "seconds_on_page": 95,
            "authority": True,
        }
        async with self.database.transaction() as tx:
            return await register(tx, self.act, vault=self.vault, **{**facts, **changes})

    async def counted(self, table: str) -> int:
        async with self.database.transaction() as tx:
            rows = await tx.execute(select(func.count()).select_from(sql_table(table)))
            return int(rows.scalar_one())


@pytest.fixture
async def desk(database: Database, act: Act) -> Desk:
    vault = Vault(Sealer("a secret for tests only"), memory_kib=8, rounds=1)
    pocket = Pocket()
    database.bus.on_everything(audit.record)
    async with database.transaction() as tx:
        await agreements.publish_shipped(tx, act)
        binding = await agreements.current(tx, now=act.now)
        await accounts.request_code(
            tx,
            act,
            channel=Channel.EMAIL,
            target=EMAIL,
            purpose=Purpose.REGISTER,
            sender=pocket,
            vault=vault,
        )
    return Desk(database, act, vault, binding, pocket.codes[-1])


@pytest.mark.clause("P.1")
@pytest.mark.clause("E.1")
async def test_an_account_comes_with_its_consent_and_its_wallet(desk: Desk) -> None:
    made = (await desk.register()).or_raise()
    assert made.owner.name == "杭州示例科技"
    async with desk.database.transaction() as tx:
        (consent,) = await agreement_queries.consents(tx, made.account.id)
        assert await agreements.needs_consent(tx, made.account.id, desk.act.now) is None
    assert consent.facts.member_id == made.owner.id
    assert consent.facts.authority_confirmed
    assert await desk.counted("wallet") == 1


@pytest.mark.clause("P.1")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"acknowledged": EMPHASISED - {"C13"}}, agreement_errors.ClausesNotAcknowledged),
        ({"authority": False}, agreement_errors.AuthorityNotConfirmed),
        ({"seconds_on_page": -1}, agreement_errors.PageTimeImpossible),
        ({"password": "short"}, account_errors.PasswordTooShort),
    ],
)
async def test_a_refusal_leaves_nothing_and_costs_no_code(
    desk: Desk, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await desk.register(**changes)
    for table in ("account", "member", "consent", "wallet"):
        assert await desk.counted(table) == 0
    (await desk.register()).or_raise()


async def test_a_wrong_code_counts_though_refused(desk: Desk) -> None:
    for _ in range(5):
        assert (await desk.register(code="nope")).refusal is not None
    right = await desk.register()
    assert isinstance(right.refusal, account_errors.CodeExhausted)
    assert await desk.counted("account") == 0


async def test_of_two_registrations_of_one_address_one_wins(desk: Desk) -> None:
    verdicts = await asyncio.gather(*(desk.register() for _ in range(4)), return_exceptions=True)
    made = [v for v in verdicts if isinstance(v, Verdict) and v.value is not None]
    assert len(made) == 1
    for table in ("account", "member", "consent", "wallet"):
        assert await desk.counted(table) == 1
