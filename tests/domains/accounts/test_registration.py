from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.accounts.conftest import EMAIL, PASSWORD, Pocket, ask
from umcloud.domains.accounts import errors, queries, service
from umcloud.domains.accounts.model import (
    Channel,
    Purpose,
    Registered,
    Role,
    Verdict,
)
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import lane_of


async def register(
    tx: Tx, act: Act, vault: Vault, code: str, password: str = PASSWORD
) -> Verdict[Registered]:
    return await service.register(
        tx,
        act,
        channel=Channel.EMAIL,
        target=EMAIL,
        code=code,
        password=password,
        name="林一",
        organisation="杭州示例科技",
        vault=vault,
    )


@pytest.mark.clause("C4.1")
async def test_a_code_and_a_password_make_an_account(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    made = (await register(audited, act, vault, code)).or_raise()
    assert made.account.lane == lane_of(made.account.id)
    assert made.owner.role is Role.OWNER
    assert made.owner.email == EMAIL
    assert await queries.account(audited, made.account.id) == made.account
    assert await queries.members(audited, made.account.id) == [made.owner]
    (record,) = await audit.for_account(audited, made.account.id)
    assert record.name == "account.registered"
    assert record.facts["masked_contact"] == "l***@example.com"
    everything = [str(entry.facts) for entry in await audit.latest(audited)]
    assert not any(code in text or PASSWORD in text or EMAIL in text for text in everything)


async def test_a_code_serves_once(audited: Tx, act: Act, vault: Vault, pocket: Pocket) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    (await register(audited, act, vault, code)).or_raise()
    again = await register(audited, act, vault, code)
    assert isinstance(again.refusal, errors.CodeExpired)


async def test_five_wrong_codes_kill_the_right_one(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refusals = [(await register(audited, act, vault, wrong)).refusal for _ in range(5)]
    lefts = [refusal.facts["tries_left"] for refusal in refusals[:4] if refusal]
    assert lefts == [4, 3, 2, 1]
    assert isinstance(refusals[4], errors.CodeExhausted)
    right = await register(audited, act, vault, code)
    assert isinstance(right.refusal, errors.CodeExhausted)
    later = replace(act, now=act.now + timedelta(minutes=1))
    fresh = await ask(audited, later, pocket, vault, Purpose.REGISTER)
    assert (await register(audited, later, vault, fresh)).refusal is None


async def test_a_code_dies_after_ten_minutes_and_by_a_newer_one(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    first = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    late = replace(act, now=act.now + timedelta(minutes=10))
    refusal = (await register(audited, late, vault, first)).refusal
    assert isinstance(refusal, errors.CodeExpired)
    second = await ask(audited, late, pocket, vault, Purpose.REGISTER)
    if first != second:
        assert (await register(audited, late, vault, first)).refusal is not None
    assert (await register(audited, late, vault, second)).refusal is None


async def test_codes_are_not_asked_for_twice_a_minute(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    await ask(audited, act, pocket, vault, Purpose.REGISTER)
    with pytest.raises(errors.CodeTooSoon):
        await ask(audited, act, pocket, vault, Purpose.REGISTER)
    assert len(pocket.messages) == 1


async def test_a_code_for_one_purpose_does_not_serve_another(
    registered: Registered, audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.SIGN_IN)
    assert registered.owner.email == EMAIL
    verdict = await register(audited, act, vault, code)
    assert isinstance(verdict.refusal, errors.CodeExpired)


async def test_a_taken_contact_is_told_to_its_holder_only(
    registered: Registered, audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    assert registered.owner.email == EMAIL
    with pytest.raises(errors.ContactTaken):
        await register(audited, act, vault, code)


async def test_a_weak_password_costs_no_code(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.REGISTER)
    with pytest.raises(errors.PasswordTooShort):
        await register(audited, act, vault, code, password="short")
    assert (await register(audited, act, vault, code)).refusal is None


async def test_a_wrong_try_is_kept_though_refused(
    database: Database, act: Act, vault: Vault, pocket: Pocket
) -> None:
    async with database.transaction() as tx:
        code = await ask(tx, act, pocket, vault, Purpose.REGISTER)
    for _ in range(5):
        async with database.transaction() as tx:
            verdict = await register(tx, act, vault, "nope")
        with pytest.raises((errors.CodeWrong, errors.CodeExhausted)):
            verdict.or_raise()
    async with database.transaction() as tx:
        verdict = await register(tx, act, vault, code)
    with pytest.raises(errors.CodeExhausted):
        verdict.or_raise()
