"""Freezing, thawing, closing, and the theft report (C4.2, C5.2)."""

from __future__ import annotations

from dataclasses import replace

from umcloud.domains.accounts import errors, events, rules
from umcloud.domains.accounts.model import Account, AccountState, FreezeReason, KeyState
from umcloud.domains.accounts.store import accounts, invitations, keys, sessions
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

_LONGEST_NOTE = 500


async def freeze(
    tx: Tx, act: Act, *, account_id: AccountId, reason: FreezeReason, note: str = ""
) -> Account:
    """Freeze an account (C4.2); freezing again for the same reason changes nothing.

    Its programs are refused at every door at once; its people may still sign in, but for a theft.
    Refuses account.closed, and account.frozen where another reason stands.
    """
    if reason is FreezeReason.THEFT:
        return await report_theft(tx, act, account_id=account_id, note=note)
    account = await _open(tx, account_id)
    if account.state is AccountState.FROZEN:
        if account.frozen_reason is reason:
            return account
        raise errors.AccountFrozen(reason=account.frozen_reason)
    frozen = replace(account, state=AccountState.FROZEN, frozen_reason=reason)
    await accounts.set_state(tx, frozen)
    await tx.announce(act, events.AccountFrozen(account_id, reason, note[:_LONGEST_NOTE]))
    return frozen


async def report_theft(tx: Tx, act: Act, *, account_id: AccountId, note: str = "") -> Account:
    """Suspend everything of the account at once: sessions, keys, and the account itself (C5.2).

    Open invitations are withdrawn too. Replaces any other reason for freezing; a second report
    ends what was opened since. The event's moment separates liability. Who reports was confirmed
    by the caller.
    """
    account = await _open(tx, account_id)
    ended = await sessions.end(tx, act.now, account_id=account_id)
    await _withdraw_all(tx, act, account_id)
    suspended = await keys.change(
        tx, account_id, before=frozenset({KeyState.ACTIVE}), after=KeyState.SUSPENDED
    )
    stolen = replace(account, state=AccountState.FROZEN, frozen_reason=FreezeReason.THEFT)
    if stolen == account and not ended and not suspended:
        return account
    await accounts.set_state(tx, stolen)
    told = note[:_LONGEST_NOTE]
    await tx.announce(act, events.TheftReported(account_id, told, ended, len(suspended)))
    if account.frozen_reason is not FreezeReason.THEFT:
        await tx.announce(act, events.AccountFrozen(account_id, FreezeReason.THEFT, told))
    return stolen


async def thaw(tx: Tx, act: Act, *, account_id: AccountId, note: str) -> Account:
    """Let a frozen account work again. Keys suspended by a theft stay so: see `resume_key`."""
    account = await _open(tx, account_id)
    if account.state is not AccountState.FROZEN:
        raise errors.AccountNotFrozen
    thawed = replace(account, state=AccountState.ACTIVE, frozen_reason=None)
    await accounts.set_state(tx, thawed)
    await tx.announce(act, events.AccountThawed(account_id, note[:_LONGEST_NOTE]))
    return thawed


async def close(tx: Tx, act: Act, *, account_id: AccountId, note: str) -> Account:
    """Close an account for good: sessions end, keys are revoked. Refuses account.closed.

    That nothing is owed or running is for the flow above to find out (C4.2).
    """
    account = await _open(tx, account_id)
    await sessions.end(tx, act.now, account_id=account_id)
    await _withdraw_all(tx, act, account_id)
    living = frozenset({KeyState.ACTIVE, KeyState.SUSPENDED})
    await keys.change(tx, account_id, before=living, after=KeyState.REVOKED)
    closed = replace(account, state=AccountState.CLOSED, frozen_reason=None, closed_at=act.now)
    await accounts.set_state(tx, closed)
    await tx.announce(act, events.AccountClosed(account_id, note[:_LONGEST_NOTE]))
    return closed


async def _withdraw_all(tx: Tx, act: Act, account_id: AccountId) -> None:
    # A thief may have invited somebody, who would walk in after the thawing.
    for withdrawn in await invitations.withdraw(tx, account_id):
        shown = rules.masked(withdrawn.contact)
        await tx.announce(act, events.InvitationWithdrawn(account_id, withdrawn.id, shown))


async def _open(tx: Tx, account_id: AccountId) -> Account:
    account = await accounts.lock(tx, account_id)
    if account.state is AccountState.CLOSED:
        raise errors.AccountClosed
    return account
