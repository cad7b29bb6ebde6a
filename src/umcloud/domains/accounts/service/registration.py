"""Becoming a customer."""

from __future__ import annotations

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import (
    Account,
    AccountState,
    Channel,
    Contact,
    Member,
    MemberState,
    NameField,
    Purpose,
    Registered,
    Role,
    Verdict,
)
from umcloud.domains.accounts.passwords import judge_password
from umcloud.domains.accounts.service.codes import spend_code
from umcloud.domains.accounts.store import accounts, people
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId, lane_of, uuid7


async def register(
    tx: Tx,
    act: Act,
    *,
    channel: Channel,
    target: str,
    code: str,
    password: str,
    name: str,
    organisation: str,
    vault: Vault,
) -> Verdict[Registered]:
    """Open an account for whoever holds the code; the person becomes its owner (C4.1).

    The verdict refuses code.wrong, code.expired, code.exhausted: commit it. Raised, with nothing to
    keep: contact.malformed, contact.taken, name.malformed, password.*. Consent to the agreement
    (P.1) is given in the same transaction by the caller.
    """
    contact = rules.read_contact(channel, target)
    rules.read_name(NameField.PERSON, name)
    rules.read_name(NameField.ORGANISATION, organisation, shortest=2)
    judge_password(password, name, organisation, contact.target)
    refusal = await spend_code(
        tx, act, contact=contact, purpose=Purpose.REGISTER, code=code, vault=vault
    )
    if refusal is not None:
        return Verdict(refusal=refusal)
    return Verdict(
        await open_account(
            tx,
            act,
            contact=contact,
            password=password,
            name=name,
            organisation=organisation,
            vault=vault,
        )
    )


async def open_account(
    tx: Tx,
    act: Act,
    *,
    contact: Contact,
    password: str,
    name: str,
    organisation: str,
    vault: Vault,
) -> Registered:
    """Open an account for a confirmed contact; for `register`, the seed and the office.

    Refuses contact.taken, name.malformed, password.*.
    """
    person = rules.read_name(NameField.PERSON, name)
    company = rules.read_name(NameField.ORGANISATION, organisation, shortest=2)
    judge_password(password, name, organisation, contact.target)
    account_id = AccountId(uuid7(act.now))
    account = Account(
        id=account_id,
        lane=lane_of(account_id),
        name=company,
        state=AccountState.ACTIVE,
        frozen_reason=None,
        locale=act.locale,
        created_at=act.now,
    )
    owner = Member(
        id=MemberId(uuid7(act.now)),
        account_id=account_id,
        email=contact.target if contact.channel is Channel.EMAIL else None,
        phone=contact.target if contact.channel is Channel.PHONE else None,
        name=person,
        role=Role.OWNER,
        state=MemberState.ACTIVE,
        created_at=act.now,
    )
    await accounts.add(tx, account)
    if not await people.add_member(tx, owner, await vault.hash_password(password)):
        raise errors.ContactTaken(channel=contact.channel)
    await tx.announce(
        act,
        events.AccountRegistered(
            account_id, owner.id, account.lane, company, rules.masked(contact)
        ),
    )
    return Registered(account, owner)
