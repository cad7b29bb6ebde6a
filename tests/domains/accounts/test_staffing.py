"""Who works for the operator: asked in, given roles, reset, suspended; never without an admin."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domains.accounts.conftest import Pocket
from umcloud.domains.accounts import errors, invariants, queries, service
from umcloud.domains.accounts.model import Purpose, Staff, StaffRole, StaffState
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act, Actor, ActorKind, Door
from umcloud.kernel.ids import StaffId
from umcloud.kernel.refusals import Refusal

PASSWORD = "an-office-horse-1"
CHOSEN = "another-office-horse-2"
EMAIL = "chen@umcloud.example"


async def someone(tx: Tx, act: Act, vault: Vault, name: str, *roles: StaffRole) -> Staff:
    return await service.create_staff(
        tx,
        act,
        email=f"{name}@umcloud.example",
        name=name,
        roles=frozenset(roles),
        password=PASSWORD,
        vault=vault,
    )


def by(act: Act, staff_id: UUID, minutes: int = 0) -> Act:
    """Return the act of a person of the operator, some minutes later."""
    moment = act.now + timedelta(minutes=minutes)
    return replace(act, actor=Actor(ActorKind.STAFF, staff_id), now=moment, door=Door.OFFICE)


async def comes_in(tx: Tx, act: Act, vault: Vault, email: str, password: str) -> bool:
    verdict = await service.staff_sign_in(tx, act, email=email, password=password, vault=vault)
    return verdict.refusal is None


async def state_of(tx: Tx, staff_id: StaffId) -> StaffState:
    return next(one.state for one in await queries.staff_members(tx) if one.id == staff_id)


async def test_an_invited_person_chooses_a_password_by_code(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    invited = await service.invite_staff(
        audited,
        by(act, admin.id),
        email=" Chen@UMCloud.example",
        name="陈",
        roles=frozenset({StaffRole.FINANCE}),
        sender=pocket,
        vault=vault,
    )
    assert (invited.email, invited.state) == (EMAIL, StaffState.INVITED)
    assert pocket.messages[-1].purpose is Purpose.STAFF
    assert not await comes_in(audited, act, vault, EMAIL, CHOSEN)
    wrong = await service.join_staff(
        audited, act, email=EMAIL, code="000000x", password=CHOSEN, vault=vault
    )
    assert isinstance(wrong.refusal, errors.CodeWrong)
    joined = await service.join_staff(
        audited, act, email=EMAIL, code=pocket.code, password=CHOSEN, vault=vault
    )
    assert joined.or_raise().id == invited.id
    assert await comes_in(audited, act, vault, EMAIL, CHOSEN)
    again = await service.join_staff(
        audited, act, email=EMAIL, code=pocket.code, password=CHOSEN, vault=vault
    )
    assert isinstance(again.refusal, errors.CodeExpired)
    told = {one.name for one in await audit.latest(audited)}
    assert {"staff.invited", "staff.joined"} <= told


async def test_two_people_never_share_an_address(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    await someone(audited, act, vault, "chen", StaffRole.REVIEWER)
    with pytest.raises(errors.StaffTaken):
        await service.invite_staff(
            audited,
            act,
            email=EMAIL,
            name="陈",
            roles=frozenset({StaffRole.FINANCE}),
            sender=pocket,
            vault=vault,
        )


async def test_suspending_ends_sessions_and_a_return_needs_no_new_password(
    audited: Tx, act: Act, vault: Vault
) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    chen = await someone(audited, act, vault, "chen", StaffRole.SUPPORT)
    came = await service.staff_sign_in(audited, act, email=EMAIL, password=PASSWORD, vault=vault)
    token = came.or_raise().token
    mine = by(act, admin.id)
    await service.suspend_staff(audited, mine, staff_id=chen.id, reason="left the company")
    assert await service.authenticate_session(audited, token, now=act.now) is None
    assert not await comes_in(audited, act, vault, EMAIL, PASSWORD)
    with pytest.raises(errors.StaffSuspended):
        await service.suspend_staff(audited, mine, staff_id=chen.id, reason="twice")
    await service.resume_staff(audited, mine, staff_id=chen.id)
    assert await comes_in(audited, act, vault, EMAIL, PASSWORD)
    assert await service.authenticate_session(audited, token, now=act.now) is None
    with pytest.raises(errors.StaffNotSuspended):
        await service.resume_staff(audited, mine, staff_id=chen.id)
    [told] = await audit.latest(audited, name="staff.suspended")
    assert told.facts["reason"] == "left the company"
    assert told.facts["sessions_ended"] == 1


async def test_a_reset_ends_password_and_sessions(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    chen = await someone(audited, act, vault, "chen", StaffRole.SUPPORT)
    came = await service.staff_sign_in(audited, act, email=EMAIL, password=PASSWORD, vault=vault)

    async def reset(minutes: int) -> None:
        await service.reset_staff_sign_in(
            audited,
            by(act, admin.id, minutes),
            staff_id=chen.id,
            reason="lost phone",
            sender=pocket,
            vault=vault,
        )

    await reset(0)
    assert await state_of(audited, chen.id) is StaffState.INVITED
    assert (await service.authenticate_session(audited, came.or_raise().token, now=act.now)) is None
    assert not await comes_in(audited, act, vault, EMAIL, PASSWORD)
    first = pocket.code
    with pytest.raises(errors.CodeTooSoon):
        await reset(0)
    await reset(5)
    late = by(act, chen.id, 6)
    assert (
        first == pocket.code
        or (
            await service.join_staff(
                audited, late, email=EMAIL, code=first, password=CHOSEN, vault=vault
            )
        ).refusal
    )
    joined = await service.join_staff(
        audited, late, email=EMAIL, code=pocket.code, password=CHOSEN, vault=vault
    )
    assert joined.refusal is None
    assert await state_of(audited, chen.id) is StaffState.ACTIVE


async def test_roles_count_from_the_next_click(audited: Tx, act: Act, vault: Vault) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    chen = await someone(audited, act, vault, "chen", StaffRole.SUPPORT)
    came = await service.staff_sign_in(audited, act, email=EMAIL, password=PASSWORD, vault=vault)
    mine, roles = by(act, admin.id), frozenset({StaffRole.AUDITOR, StaffRole.FINANCE})
    await service.change_staff_roles(audited, mine, staff_id=chen.id, roles=roles)
    session = await service.authenticate_session(audited, came.or_raise().token, now=act.now)
    assert session is not None
    assert session.staff_roles == roles
    await service.change_staff_roles(audited, mine, staff_id=chen.id, roles=roles)
    assert len(await audit.latest(audited, name="staff.roles_changed")) == 1
    with pytest.raises(errors.StaffRoleless):
        await service.change_staff_roles(audited, mine, staff_id=chen.id, roles=frozenset())
    with pytest.raises(errors.StaffNotFound):
        await service.change_staff_roles(audited, mine, staff_id=StaffId(UUID(int=9)), roles=roles)


async def test_nobody_changes_their_own_standing_or_is_admin_by_habit(
    audited: Tx, act: Act, vault: Vault, pocket: Pocket
) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    chen = await someone(audited, act, vault, "chen", StaffRole.SUPPORT)
    mine, theirs = by(act, admin.id), by(act, chen.id)
    with pytest.raises(errors.StaffOwnStanding):
        await service.suspend_staff(audited, mine, staff_id=admin.id, reason="me")
    with pytest.raises(errors.StaffRoleMissing):
        await service.suspend_staff(audited, theirs, staff_id=admin.id, reason="revenge")
    with pytest.raises(errors.StaffRoleMissing):
        await service.invite_staff(
            audited,
            theirs,
            email="new@umcloud.example",
            name="新",
            roles=frozenset({StaffRole.ADMIN}),
            sender=pocket,
            vault=vault,
        )


async def test_the_last_admin_stays(audited: Tx, act: Act, vault: Vault, pocket: Pocket) -> None:
    admin = await someone(audited, act, vault, "wang", StaffRole.ADMIN)
    await someone(audited, act, vault, "chen", StaffRole.SUPPORT)
    with pytest.raises(errors.LastAdmin):
        await service.suspend_staff(audited, act, staff_id=admin.id, reason="by the platform")
    with pytest.raises(errors.LastAdmin):
        await service.change_staff_roles(
            audited, act, staff_id=admin.id, roles=frozenset({StaffRole.FINANCE})
        )
    with pytest.raises(errors.LastAdmin):
        await service.reset_staff_sign_in(
            audited, act, staff_id=admin.id, reason="x", sender=pocket, vault=vault
        )
    assert await invariants.violations(audited, act.now) == []
    await audited.sql("UPDATE staff SET state = 'SUSPENDED'")
    assert "no admin" in (await invariants.violations(audited, act.now))[0]


@pytest.mark.parametrize("others", [0, 1])
async def test_two_admins_who_suspend_each_other_at_once_do_not_both_succeed(
    database: Database, act: Act, vault: Vault, others: int
) -> None:
    async with database.transaction() as tx:
        names = ["wang", "chen", "li"][: 2 + others]
        first, second, *_ = [await someone(tx, act, vault, name, StaffRole.ADMIN) for name in names]

    async def suspend(me: Staff, whom: Staff) -> Refusal | None:
        try:
            async with database.transaction() as tx:
                await service.suspend_staff(tx, by(act, me.id), staff_id=whom.id, reason="them")
        except Refusal as refusal:
            return refusal
        return None

    outcomes = await asyncio.gather(suspend(first, second), suspend(second, first))
    assert sorted(one is None for one in outcomes) == [False, True]
    assert [one.code for one in outcomes if one] == ["staff.role_missing"]
    async with database.transaction() as tx:
        states = {one.state for one in await queries.staff_members(tx)}
        assert states == {StaffState.ACTIVE, StaffState.SUSPENDED}
        assert await invariants.violations(tx, act.now) == []
