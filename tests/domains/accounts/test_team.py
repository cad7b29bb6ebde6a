"""A team: invited by link, joined once, changed and removed; never without an owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domains.accounts.conftest import EMAIL, PASSWORD, Pocket
from umcloud.domains.accounts import errors, queries, service
from umcloud.domains.accounts.model import (
    AccountState,
    Channel,
    Contact,
    FreezeReason,
    Invitation,
    Member,
    MemberState,
    Registered,
    Role,
)
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.audit import queries as audit
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.refusals import Refusal

WANG = "wang@example.com"
ANOTHER = "another-horse-43"


@dataclass
class Team:
    """One account, its owner, and what stands around them."""

    tx: Tx
    act: Act
    vault: Vault
    pocket: Pocket
    registered: Registered

    def __post_init__(self) -> None:
        owner = self.registered.owner
        self.id = owner.account_id
        self.me = owner.id
        self.mine = replace(self.act, actor=Actor(ActorKind.MEMBER, owner.id, self.id))

    def by(self, member: Member) -> Act:
        return replace(self.act, actor=Actor(ActorKind.MEMBER, member.id, member.account_id))

    async def invite(
        self,
        target: str = WANG,
        role: Role = Role.FINANCE,
        *,
        act: Act | None = None,
        channel: Channel = Channel.EMAIL,
    ) -> Invitation:
        return await service.invite_member(
            self.tx,
            act or self.mine,
            account_id=self.id,
            channel=channel,
            target=target,
            role=role,
            sender=self.pocket,
            link_of=str,
            vault=self.vault,
        )

    async def resend(self, invitation: Invitation, act: Act) -> Invitation:
        return await service.resend_invitation(
            self.tx,
            act,
            account_id=self.id,
            invitation_id=invitation.id,
            sender=self.pocket,
            link_of=str,
            vault=self.vault,
        )

    @property
    def token(self) -> str:
        return self.pocket.invitations[-1].link

    async def accept(
        self, token: str | None = None, *, act: Act | None = None, password: str = ANOTHER
    ) -> Member:
        return await service.accept_invitation(
            self.tx,
            act or self.act,
            token=token or self.token,
            name="王二",
            password=password,
            vault=self.vault,
        )

    async def colleague(self, target: str, role: Role) -> Member:
        await self.invite(target, role)
        return await self.accept()


@pytest.fixture
def team(registered: Registered, audited: Tx, act: Act, vault: Vault, pocket: Pocket) -> Team:
    return Team(audited, act, vault, pocket, registered)


async def refused(deed: Awaitable[object], why: type[Refusal]) -> None:
    with pytest.raises(why):
        await deed


async def test_a_colleague_is_invited_joins_and_leaves(team: Team) -> None:
    invited = await team.invite("13800138000", channel=Channel.PHONE)
    sent = team.pocket.invitations[-1]
    assert sent.contact == Contact(Channel.PHONE, "+8613800138000")
    assert (sent.organisation, sent.inviter, sent.hours) == ("杭州示例科技", "林一", 72)
    assert sent.link not in repr(sent)
    assert await queries.open_invitations(team.tx, team.id) == [invited]
    days_later = replace(team.act, now=team.act.now + timedelta(hours=71))
    shown = await queries.invitation_for(team.tx, team.token, now=days_later.now)
    assert shown == invited
    joined = await team.accept(act=days_later)
    assert joined.role is Role.FINANCE
    assert await queries.open_invitations(team.tx, team.id) == []
    people = await queries.members(team.tx, team.id)
    assert [member.state for member in people] == [MemberState.ACTIVE] * 2
    entered = await service.sign_in(
        team.tx, days_later, login="138 0013 8000", password=ANOTHER, vault=team.vault
    )
    token = entered.or_raise().token
    ended = await service.remove_member(team.tx, team.mine, account_id=team.id, member_id=joined.id)
    assert ended == 1
    now = days_later.now
    assert await service.authenticate_session(team.tx, token, now=now) is None
    assert await queries.members(team.tx, team.id) == [team.registered.owner]
    everybody = await queries.members(team.tx, team.id, removed=True)
    assert [one.id for one in everybody] == [team.me, joined.id]
    names = [one.name for one in await audit.for_account(team.tx, team.id, limit=50)]
    for name in ("member.invited", "member.joined", "member.removed"):
        assert name in names


async def test_a_link_serves_once(team: Team) -> None:
    await team.invite()
    await team.accept()
    await refused(team.accept(), errors.InvitationUsed)
    await refused(team.accept("no such link"), errors.InvitationNotFound)


async def test_a_late_link_is_refused_and_sent_again(team: Team) -> None:
    invited = await team.invite()
    stale = team.token
    late = replace(team.mine, now=team.act.now + timedelta(hours=72))
    await refused(team.accept(act=late), errors.InvitationExpired)
    await refused(team.resend(invited, team.mine), errors.InvitationTooSoon)
    again = await team.resend(invited, late)
    assert again.expires_at == late.now + timedelta(hours=72)
    assert (again.sendings, len(team.pocket.invitations)) == (2, 2)
    await refused(team.accept(stale, act=late), errors.InvitationNotFound)
    assert (await team.accept(act=late)).email == WANG
    await refused(team.resend(invited, late), errors.InvitationUsed)


async def test_a_withdrawn_link_is_void_and_the_address_free(team: Team) -> None:
    invited = await team.invite()
    await refused(team.invite(), errors.InvitationStanding)
    await service.withdraw_invitation(
        team.tx, team.mine, account_id=team.id, invitation_id=invited.id
    )
    await refused(team.accept(), errors.InvitationWithdrawn)
    await refused(
        service.withdraw_invitation(
            team.tx, team.mine, account_id=team.id, invitation_id=invited.id
        ),
        errors.InvitationWithdrawn,
    )
    await team.invite()
    await team.accept()


async def test_whose_address_it_is_elsewhere_is_told_to_its_holder_only(team: Team) -> None:
    await refused(team.invite(EMAIL.upper()), errors.MemberAlready)
    await service.open_account(
        team.tx,
        team.act,
        contact=Contact(Channel.EMAIL, WANG),
        password=PASSWORD,
        name="王二",
        organisation="另一家公司",
        vault=team.vault,
    )
    await team.invite(WANG)
    await refused(team.accept(), errors.InvitationContactTaken)


async def test_weak_passwords_and_names_cost_no_link(team: Team) -> None:
    await team.invite()
    await refused(team.accept(password="short"), errors.PasswordTooShort)
    await refused(team.accept(password=WANG), errors.PasswordIsName)
    assert (await team.accept()).name == "王二"


async def test_only_owners_lead_the_team(team: Team) -> None:
    invited = await team.invite("li@example.com")
    for role in (Role.DEVELOPER, Role.FINANCE, Role.VIEWER):
        person = await team.colleague(f"{role.value.lower()}@example.com", role)
        theirs = team.by(person)
        one: Callable[[Act], Awaitable[object]]
        for one in (
            lambda act: team.invite("x@example.com", act=act),
            lambda act: team.resend(invited, act),
            lambda act: service.withdraw_invitation(
                team.tx, act, account_id=team.id, invitation_id=invited.id
            ),
            lambda act: service.remove_member(team.tx, act, account_id=team.id, member_id=team.me),
            lambda act: service.change_role(
                team.tx, act, account_id=team.id, member_id=team.me, role=Role.OWNER
            ),
        ):
            await refused(one(theirs), errors.RoleMissing)
    program = replace(team.act, actor=Actor(ActorKind.KEY, UUID(int=7), team.id))
    await refused(team.invite(act=program), errors.RoleMissing)


async def test_an_owner_of_one_account_leads_no_other(team: Team) -> None:
    other = await service.open_account(
        team.tx,
        team.act,
        contact=Contact(Channel.EMAIL, WANG),
        password=PASSWORD,
        name="王二",
        organisation="另一家公司",
        vault=team.vault,
    )
    await refused(team.invite("x@example.com", act=team.by(other.owner)), errors.RoleMissing)
    await refused(
        service.remove_member(team.tx, team.mine, account_id=team.id, member_id=other.owner.id),
        errors.MemberNotFound,
    )
    invited = await team.invite("x@example.com")
    await refused(
        service.withdraw_invitation(
            team.tx,
            team.by(other.owner),
            account_id=other.account.id,
            invitation_id=invited.id,
        ),
        errors.InvitationNotFound,
    )


async def test_a_changed_role_counts_at_the_next_click(team: Team) -> None:
    person = await team.colleague(WANG, Role.VIEWER)
    entered = await service.sign_in(
        team.tx, team.act, login=WANG, password=ANOTHER, vault=team.vault
    )
    token = entered.or_raise().token
    await service.change_role(
        team.tx, team.mine, account_id=team.id, member_id=person.id, role=Role.OWNER
    )
    session = await service.authenticate_session(team.tx, token, now=team.act.now)
    assert session is not None
    assert session.role is Role.OWNER
    await service.remove_member(team.tx, team.by(person), account_id=team.id, member_id=team.me)
    await refused(team.invite("x@example.com"), errors.RoleMissing)


async def test_the_last_owner_stays(team: Team) -> None:
    await team.colleague(WANG, Role.DEVELOPER)
    await refused(
        service.remove_member(team.tx, team.mine, account_id=team.id, member_id=team.me),
        errors.LastOwner,
    )
    await refused(
        service.change_role(
            team.tx, team.mine, account_id=team.id, member_id=team.me, role=Role.FINANCE
        ),
        errors.LastOwner,
    )
    await service.change_role(
        team.tx, team.mine, account_id=team.id, member_id=team.me, role=Role.OWNER
    )


async def test_twenty_invitations_a_day(team: Team) -> None:
    for number in range(20):
        await team.invite(f"colleague{number}@example.com")
    await refused(team.invite("one-more@example.com"), errors.InvitationsTooMany)
    tomorrow = replace(team.mine, now=team.act.now + timedelta(hours=12))
    await team.invite("one-more@example.com", act=tomorrow)


@pytest.mark.clause("C5.2")
async def test_after_a_theft_no_invitation_serves(team: Team) -> None:
    await team.invite()
    await service.report_theft(team.tx, team.act, account_id=team.id)
    await refused(team.accept(), errors.InvitationWithdrawn)
    await service.thaw(team.tx, team.act, account_id=team.id, note="heard the owner")
    await refused(team.accept(), errors.InvitationWithdrawn)


@pytest.mark.clause("C4.2")
async def test_a_frozen_account_invites_nobody(team: Team) -> None:
    await team.invite()
    await service.freeze(team.tx, team.act, account_id=team.id, reason=FreezeReason.ARREARS)
    await refused(team.invite("x@example.com"), errors.AccountFrozen)
    # Whoever was invited before may come in: to pay, say.
    await team.accept()
    account = await queries.account(team.tx, team.id)
    assert account is not None
    assert account.state is AccountState.FROZEN
