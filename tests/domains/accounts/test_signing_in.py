from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domains.accounts.conftest import EMAIL, PASSWORD, Pocket, ask
from umcloud.domains.accounts import errors, queries, service
from umcloud.domains.accounts.model import (
    Channel,
    Contact,
    FreezeReason,
    Purpose,
    Registered,
    SignedIn,
    StaffRole,
    Verdict,
)
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act


async def sign_in(tx: Tx, act: Act, vault: Vault, password: str = PASSWORD) -> Verdict[SignedIn]:
    return await service.sign_in(tx, act, login=EMAIL, password=password, vault=vault)


def after(act: Act, **passed: float) -> Act:
    return replace(act, now=act.now + timedelta(**passed))


@pytest.mark.clause("C5.1")
async def test_the_token_opens_the_session_until_signed_out(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    signed_in = (await sign_in(audited, act, vault)).or_raise()
    found = await service.authenticate_session(audited, signed_in.token, now=act.now)
    assert found == signed_in.session
    assert found is not None
    assert found.member_id == registered.owner.id
    rows = await audited.sql("SELECT token_hash FROM sign_in_session")
    assert signed_in.token.encode() not in [row.token_hash for row in rows]
    assert await service.authenticate_session(audited, "other", now=act.now) is None
    await service.sign_out(audited, act, token=signed_in.token)
    await service.sign_out(audited, act, token=signed_in.token)
    assert await service.authenticate_session(audited, signed_in.token, now=act.now) is None


async def test_use_keeps_a_session_alive_idleness_ends_it(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    token = (await sign_in(audited, act, vault)).or_raise().token
    for hours in (11, 22):
        assert await service.authenticate_session(
            audited, token, now=act.now + timedelta(hours=hours)
        )
    dead = act.now + timedelta(hours=34)
    assert await service.authenticate_session(audited, token, now=dead) is None
    assert await queries.member_sessions(audited, registered.owner.id, dead) == []


@pytest.mark.usefixtures("registered")
async def test_wrong_and_unknown_are_refused_alike(audited: Tx, act: Act, vault: Vault) -> None:
    refusals = [
        (await sign_in(audited, act, vault, "wrong")).refusal,
        (
            await service.sign_in(
                audited, act, login="nobody@example.com", password="wrong", vault=vault
            )
        ).refusal,
        (await service.sign_in(audited, act, login="??", password="wrong", vault=vault)).refusal,
    ]
    assert {type(refusal) for refusal in refusals} == {errors.SignInWrong}


@pytest.mark.clause("C5.1")
async def test_ten_failures_lock_and_the_count_survives_the_refusals(
    database: Database, act: Act, vault: Vault
) -> None:
    async with database.transaction() as tx:
        await service.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, EMAIL),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例科技",
            vault=vault,
        )

    async def fail() -> type[Exception]:
        async with database.transaction() as tx:
            verdict = await sign_in(tx, act, vault, "wrong")
        with pytest.raises((errors.SignInWrong, errors.SignInLocked)) as refused:
            verdict.or_raise()
        return refused.type

    # Five at a time: concurrent failures are all counted.
    first, second = (
        await asyncio.gather(*(fail() for _ in range(5))),
        [await fail() for _ in range(5)],
    )
    assert [*first, *second].count(errors.SignInWrong) == 9
    assert second[-1] is errors.SignInLocked
    async with database.transaction() as tx:
        locked = await sign_in(tx, after(act, minutes=14), vault)
        assert isinstance(locked.refusal, errors.SignInLocked)
        assert locked.refusal.retry_after_seconds == 60
        assert (await sign_in(tx, after(act, minutes=15), vault)).or_raise()


@pytest.mark.usefixtures("registered")
async def test_a_code_signs_in_too(audited: Tx, act: Act, vault: Vault, pocket: Pocket) -> None:
    code = await ask(audited, act, pocket, vault, Purpose.SIGN_IN)
    verdict = await service.sign_in_with_code(
        audited, act, channel=Channel.EMAIL, target=EMAIL, code=code, vault=vault
    )
    assert verdict.or_raise().session.name == "林一"


async def test_a_stranger_gets_no_code_and_no_hint(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    expires = await service.request_code(
        audited,
        act,
        channel=Channel.EMAIL,
        target="nobody@example.com",
        purpose=Purpose.RESET,
        sender=pocket,
        vault=vault,
    )
    assert expires == act.now + timedelta(minutes=10)
    assert pocket.messages == []


@pytest.mark.usefixtures("registered")
async def test_a_reset_ends_sessions_and_the_old_password(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    token = (await sign_in(audited, act, vault)).or_raise().token
    code = await ask(audited, act, pocket, vault, Purpose.RESET)
    verdict = await service.reset_password(
        audited,
        act,
        channel=Channel.EMAIL,
        target=EMAIL,
        code=code,
        password="a-newer-horse-44",
        vault=vault,
    )
    verdict.or_raise()
    assert await service.authenticate_session(audited, token, now=act.now) is None
    assert (await sign_in(audited, act, vault)).refusal is not None
    assert (await sign_in(audited, act, vault, "a-newer-horse-44")).refusal is None


async def test_sessions_are_listed_and_revocable(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    mine = registered.owner.id
    tokens = [(await sign_in(audited, act, vault)).or_raise() for _ in range(3)]
    assert len(await queries.member_sessions(audited, mine, act.now)) == 3
    await service.end_session(audited, act, member_id=mine, session_id=tokens[0].session.id)
    with pytest.raises(errors.SessionNotFound):
        await service.end_session(audited, act, member_id=mine, session_id=tokens[0].session.id)
    keep = tokens[1].session.id
    assert await service.end_other_sessions(audited, act, member_id=mine, keep=keep) == 1
    assert [found.id for found in await queries.member_sessions(audited, mine, act.now)] == [keep]


@pytest.mark.clause("C4.2")
async def test_closed_and_stolen_accounts_stay_outside_others_come_in(
    registered: Registered, audited: Tx, act: Act, vault: Vault
) -> None:
    mine = registered.account.id
    await service.freeze(audited, act, account_id=mine, reason=FreezeReason.ARREARS)
    assert (await sign_in(audited, act, vault)).refusal is None
    await service.report_theft(audited, act, account_id=mine)
    assert isinstance((await sign_in(audited, act, vault)).refusal, errors.AccountFrozen)
    await service.close(audited, act, account_id=mine, note="asked for")
    assert isinstance((await sign_in(audited, act, vault)).refusal, errors.AccountClosed)


async def test_staff_sign_in_with_their_roles(audited: Tx, act: Act, vault: Vault) -> None:
    staff = await service.create_staff(
        audited,
        act,
        email="Review@umcloud.example",
        name="审核员",
        roles=frozenset({StaffRole.REVIEWER}),
        password="an-office-horse-1",
        vault=vault,
    )
    wrong = await service.staff_sign_in(
        audited, act, email=staff.email, password="wrong", vault=vault
    )
    assert isinstance(wrong.refusal, errors.SignInWrong)
    signed_in = (
        await service.staff_sign_in(
            audited, act, email=staff.email, password="an-office-horse-1", vault=vault
        )
    ).or_raise()
    session = await service.authenticate_session(audited, signed_in.token, now=act.now)
    assert session is not None
    assert session.staff_roles == {StaffRole.REVIEWER}
    assert session.account_id is None
    assert await queries.staff_members(audited) == [staff]
    names = {record.name for record in await audit.latest(audited)}
    assert names == {"staff.signed_in", "sign_in.failed", "staff.created"}
