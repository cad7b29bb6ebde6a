"""Several people at once: one joins by a link, one owner stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from tests.domains.accounts.conftest import EMAIL, PASSWORD, Pocket
from umcloud.domains.accounts import errors, invariants, queries, service
from umcloud.domains.accounts.model import Channel, Contact, Member, Role
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import service as audit
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.ids import AccountId
from umcloud.kernel.refusals import Refusal

MANY = 6

Deed = Callable[[Tx], Awaitable[object]]


@dataclass
class Stage:
    """An account whose every deed is committed."""

    database: Database
    act: Act
    vault: Vault
    pocket: Pocket
    owner: Member

    @property
    def id(self) -> AccountId:
        return self.owner.account_id

    def by(self, member: Member) -> Act:
        return replace(self.act, actor=Actor(ActorKind.MEMBER, member.id, member.account_id))

    async def invite(self, role: Role) -> str:
        """Return the link."""
        async with self.database.transaction() as tx:
            await service.invite_member(
                tx,
                self.by(self.owner),
                account_id=self.id,
                channel=Channel.EMAIL,
                target="wang@example.com",
                role=role,
                sender=self.pocket,
                link_of=str,
                vault=self.vault,
            )
        return self.pocket.invitations[-1].link

    async def second_owner(self) -> Member:
        token = await self.invite(Role.OWNER)
        async with self.database.transaction() as tx:
            return await self.join(tx, token, "王二")

    async def join(self, tx: Tx, token: str, name: str) -> Member:
        return await service.accept_invitation(
            tx, self.act, token=token, name=name, password="another-horse-43", vault=self.vault
        )

    def joining(self, token: str, name: str) -> Deed:
        return lambda tx: self.join(tx, token, name)

    def removing(self, who: Member, whom: Member) -> Deed:
        return lambda tx: service.remove_member(
            tx, self.by(who), account_id=self.id, member_id=whom.id
        )

    def stepping_down(self, who: Member) -> Deed:
        return lambda tx: service.change_role(
            tx, self.by(who), account_id=self.id, member_id=who.id, role=Role.FINANCE
        )

    async def at_once(self, *deeds: Deed) -> tuple[list[object], list[Refusal]]:
        """Do each deed in a transaction of its own; return what came and the refusals."""
        ready = asyncio.Barrier(len(deeds))

        async def one(deed: Deed) -> object:
            async with self.database.transaction() as tx:
                await tx.sql("SELECT 1")  # connected before any of them begins
                await ready.wait()
                return await deed(tx)

        ended = await asyncio.gather(*(one(deed) for deed in deeds), return_exceptions=True)
        refusals = [result for result in ended if isinstance(result, Refusal)]
        came = [result for result in ended if not isinstance(result, Refusal)]
        assert not [result for result in came if isinstance(result, BaseException)]
        return came, refusals

    async def team(self) -> list[Member]:
        async with self.database.transaction() as tx:
            assert await invariants.violations(tx, self.act.now) == []
            return await queries.members(tx, self.id)


@pytest.fixture
async def stage(database: Database, act: Act, vault: Vault, pocket: Pocket) -> Stage:
    database.bus.on_everything(audit.record)
    async with database.transaction() as tx:
        opened = await service.open_account(
            tx,
            act,
            contact=Contact(Channel.EMAIL, EMAIL),
            password=PASSWORD,
            name="林一",
            organisation="杭州示例科技",
            vault=vault,
        )
    return Stage(database, act, vault, pocket, opened.owner)


async def test_many_people_with_one_link_become_one_member(stage: Stage) -> None:
    token = await stage.invite(Role.DEVELOPER)
    joined, refusals = await stage.at_once(
        *(stage.joining(token, f"人{number}") for number in range(MANY))
    )
    assert len(joined) == 1
    assert [type(one) for one in refusals] == [errors.InvitationUsed] * (MANY - 1)
    assert len(await stage.team()) == 2


async def test_joining_while_it_is_withdrawn_has_one_outcome(stage: Stage) -> None:
    token = await stage.invite(Role.VIEWER)
    async with stage.database.transaction() as tx:
        (invited,) = await queries.open_invitations(tx, stage.id)
    ended, refusals = await stage.at_once(
        stage.joining(token, "王二"),
        lambda tx: service.withdraw_invitation(
            tx, stage.by(stage.owner), account_id=stage.id, invitation_id=invited.id
        ),
    )
    assert (len(ended), len(refusals)) == (1, 1)
    came = isinstance(ended[0], Member)
    assert len(await stage.team()) == (2 if came else 1)
    assert isinstance(refusals[0], errors.InvitationUsed if came else errors.InvitationWithdrawn)


async def test_the_last_two_owners_who_remove_each_other(stage: Stage) -> None:
    first, second = stage.owner, await stage.second_owner()
    left, refusals = await stage.at_once(
        stage.removing(first, second), stage.removing(second, first)
    )
    assert len(left) == 1
    assert [type(one) for one in refusals] == [errors.RoleMissing]
    assert [one.role for one in await stage.team()] == [Role.OWNER]


async def test_the_last_two_owners_who_leave(stage: Stage) -> None:
    first, second = stage.owner, await stage.second_owner()
    left, refusals = await stage.at_once(
        stage.removing(first, first), stage.removing(second, second)
    )
    assert len(left) == 1
    assert [type(one) for one in refusals] == [errors.LastOwner]
    assert [one.role for one in await stage.team()] == [Role.OWNER]


async def test_one_owner_leaves_while_the_other_steps_down(stage: Stage) -> None:
    second = await stage.second_owner()
    done, refusals = await stage.at_once(
        stage.stepping_down(stage.owner), stage.removing(second, second)
    )
    assert len(done) == 1
    assert [type(one) for one in refusals] == [errors.LastOwner]
    assert Role.OWNER in [one.role for one in await stage.team()]
