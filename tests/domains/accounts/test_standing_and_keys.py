from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.domains.accounts.conftest import EMAIL, PASSWORD
from umcloud.domains.accounts import errors, queries, service
from umcloud.domains.accounts.invariants import violations
from umcloud.domains.accounts.model import (
    AccountState,
    Channel,
    Contact,
    FreezeReason,
    KeyState,
    NewKey,
    Registered,
    Scope,
)
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import BrokenSealError, Sealer
from umcloud.kernel.act import Act


async def create(tx: Tx, act: Act, mine: Registered, vault: Vault, *networks: str) -> NewKey:
    return await service.create_key(
        tx,
        act,
        account_id=mine.account.id,
        name="production",
        scopes=frozenset({Scope.SEND, Scope.READ}),
        networks=networks,
        vault=vault,
    )


@pytest.mark.clause("C5.1")
async def test_a_key_pair_is_shown_once_and_rests_sealed(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    made = await create(audited, act, registered, vault, "203.0.113.0/24")
    assert len(made.key.public_key) >= 40
    assert len(made.private_key) == 40
    int(made.private_key, 16)
    facts = await queries.key_for(audited, made.key.public_key, vault=vault)
    assert facts is not None
    assert facts.private_key == made.private_key
    assert facts.lane == registered.account.lane
    assert await queries.api_keys(audited, registered.account.id) == [made.key]
    row = (await audited.sql("SELECT sealed_private FROM api_key")).one()
    assert made.private_key.encode() not in row.sealed_private
    other = Vault(Sealer("another secret of tests"), memory_kib=8, rounds=1)
    with pytest.raises(BrokenSealError):
        await queries.key_for(audited, made.key.public_key, vault=other)
    (record,) = await audit.latest(audited, name="key.created")
    assert made.private_key not in str(record.facts)
    assert record.facts["networks"] == ["203.0.113.0/24"]


async def test_the_bearer_is_admitted_by_both_halves(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    made = await create(audited, act, registered, vault)
    facts = await queries.admitted(
        audited, made.bearer(), scope=Scope.SEND, ip="203.0.113.9", vault=vault
    )
    assert facts.account_id == registered.account.id
    for wrong in (f"{made.key.public_key}.{'0' * 40}", f"nobody.{made.private_key}", "x"):
        with pytest.raises(errors.KeyUnknown):
            await queries.admitted(audited, wrong, scope=Scope.SEND, ip=None, vault=vault)
    with pytest.raises(errors.KeyScopeMissing):
        await queries.admitted(audited, made.bearer(), scope=Scope.MANAGE, ip=None, vault=vault)


async def test_a_key_is_revoked_by_its_own_account_only(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    made = await create(audited, act, registered, vault)
    stranger = await service.open_account(
        audited,
        act,
        contact=Contact(Channel.EMAIL, "other@example.com"),
        password=PASSWORD,
        name="王二",
        organisation="另一家公司",
        vault=vault,
    )
    with pytest.raises(errors.KeyNotFound):
        await service.revoke_key(audited, act, account_id=stranger.account.id, key_id=made.key.id)
    mine = registered.account.id
    await service.revoke_key(audited, act, account_id=mine, key_id=made.key.id)
    with pytest.raises(errors.KeyNotFound):
        await service.revoke_key(audited, act, account_id=mine, key_id=made.key.id)
    with pytest.raises(errors.KeyUnknown):
        await queries.admitted(audited, made.bearer(), scope=Scope.SEND, ip=None, vault=vault)
    assert await queries.api_keys(audited, mine) == []
    assert len(await queries.api_keys(audited, mine, revoked=True)) == 1


async def test_keys_are_limited_and_need_a_scope(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    for _ in range(10):
        await create(audited, act, registered, vault)
    with pytest.raises(errors.KeysTooMany):
        await create(audited, act, registered, vault)
    with pytest.raises(errors.KeyScopeless):
        await service.create_key(
            audited,
            act,
            account_id=registered.account.id,
            name="nothing",
            scopes=frozenset(),
            vault=vault,
        )


async def test_the_day_of_last_use_is_kept(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    made = await create(audited, act, registered, vault)
    await service.key_used(audited, act, key_id=made.key.id)
    (key,) = await queries.api_keys(audited, registered.account.id)
    assert key.last_used_day is not None
    assert key.last_used_day.isoformat() == "2026-03-02"


@pytest.mark.clause("C4.2")
async def test_freezing_thawing_and_closing(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    mine = registered.account.id
    made = await create(audited, act, registered, vault)
    with pytest.raises(errors.AccountNotFrozen):
        await service.thaw(audited, act, account_id=mine, note="")
    for _ in range(2):
        frozen = await service.freeze(audited, act, account_id=mine, reason=FreezeReason.BREACH)
        assert frozen.state is AccountState.FROZEN
    with pytest.raises(errors.AccountFrozen):
        await service.freeze(audited, act, account_id=mine, reason=FreezeReason.ARREARS)
    with pytest.raises(errors.AccountFrozen):
        await queries.admitted(audited, made.bearer(), scope=Scope.SEND, ip=None, vault=vault)
    with pytest.raises(errors.AccountFrozen):
        await create(audited, act, registered, vault)
    await service.thaw(audited, act, account_id=mine, note="mended")
    assert await queries.admitted(audited, made.bearer(), scope=Scope.SEND, ip=None, vault=vault)
    await service.close(audited, act, account_id=mine, note="asked for")
    for deed in (service.close, service.thaw):
        with pytest.raises(errors.AccountClosed):
            await deed(audited, act, account_id=mine, note="")
    # The deeds share one moment here, and so come in any order.
    names = sorted(record.name for record in await audit.for_account(audited, mine))
    told = ["account.closed", "account.frozen", "account.registered", "account.thawed"]
    assert names == [*told, "key.created"]
    assert await violations(audited, act.now) == []


@pytest.mark.clause("C5.2")
async def test_a_theft_report_suspends_everything_at_once(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    mine = registered.account.id
    made = await create(audited, act, registered, vault)
    signed_in = await service.sign_in(audited, act, login=EMAIL, password=PASSWORD, vault=vault)
    token = signed_in.or_raise().token
    await service.report_theft(audited, act, account_id=mine, note="laptop stolen")
    await service.report_theft(audited, act, account_id=mine, note="again")
    assert await service.authenticate_session(audited, token, now=act.now) is None
    with pytest.raises(errors.AccountFrozen):
        await queries.admitted(audited, made.bearer(), scope=Scope.SEND, ip=None, vault=vault)
    reports = await audit.latest(audited, name="account.theft_reported")
    assert [report.facts["keys_suspended"] for report in reports] == [1]
    await service.thaw(audited, act, account_id=mine, note="owner heard")
    with pytest.raises(errors.KeySuspended):
        await queries.admitted(audited, made.bearer(), scope=Scope.SEND, ip=None, vault=vault)
    await service.resume_key(audited, act, account_id=mine, key_id=made.key.id)
    (key,) = await queries.api_keys(audited, mine)
    assert key.state is KeyState.ACTIVE
    assert await violations(audited, act.now) == []


@pytest.mark.clause("C5.2")
async def test_no_sign_in_slips_past_a_theft_report(
    database: Database, act: Act, vault: Vault
) -> None:
    async with database.transaction() as tx:
        made = await service.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, EMAIL),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例科技",
            vault=vault,
        )

    async def enter() -> None:
        async with database.transaction() as tx:
            await service.sign_in(tx, act, login=EMAIL, password=PASSWORD, vault=vault)

    async def report() -> None:
        async with database.transaction() as tx:
            await service.report_theft(tx, act, account_id=made.account.id)

    await asyncio.gather(enter(), enter(), report(), enter(), enter())
    async with database.transaction() as tx:
        assert await violations(tx, act.now) == []


FAULTS = {
    "UPDATE api_key SET state = 'ACTIVE'": "working key",
    "UPDATE sign_in_session SET ended_at = NULL": "signed in",
    "UPDATE member SET role = 'FINANCE'": "no owner",
    "UPDATE account SET lane = (lane + 1) % 256": "lane",
}


@pytest.mark.parametrize("harm", FAULTS)
async def test_planted_faults_are_found(
    registered: Registered, audited: Tx, act: Act, vault: Vault, harm: str
) -> None:
    await create(audited, act, registered, vault)
    await service.sign_in(audited, act, login=EMAIL, password=PASSWORD, vault=vault)
    await service.report_theft(audited, act, account_id=registered.account.id)
    await audited.sql(harm)
    (line,) = await violations(audited, act.now)
    assert FAULTS[harm] in line


async def test_accounts_are_searched_by_name_and_contact(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    later = replace(act, now=act.now.replace(hour=5))
    other = await service.open_account(
        audited,
        later,
        contact=Contact(Channel.PHONE, "+8613800138000"),
        password=PASSWORD,
        name="王二",
        organisation="100% 公司",
        vault=vault,
    )
    search = queries.search_accounts
    assert await search(audited) == [other.account, registered.account]
    assert await search(audited, before=other.account.id) == [registered.account]
    for text in ("示例", EMAIL):
        assert await search(audited, text) == [registered.account]
    for text in ("%", "138 0013 8000"):
        assert await search(audited, text) == [other.account]
