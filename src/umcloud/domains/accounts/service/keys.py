"""API keys: made, used, stopped."""

from __future__ import annotations

from collections.abc import Iterable

from umcloud.domains.accounts import errors, events, keys, rules
from umcloud.domains.accounts.model import ApiKey, KeyState, NameField, NewKey, Scope
from umcloud.domains.accounts.store import accounts
from umcloud.domains.accounts.store import keys as store
from umcloud.domains.accounts.vault import Vault
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, KeyId, uuid7
from umcloud.kernel.moments import shanghai_day


async def create_key(
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    name: str,
    scopes: frozenset[Scope],
    networks: Iterable[str] = (),
    vault: Vault,
) -> NewKey:
    """Make a key pair; its private half is in the answer and is never shown again (C5.1).

    Refuses account.frozen/closed, name.malformed, key.scopeless, key.network_malformed,
    key.too_many.
    """
    rules.require_active(await accounts.lock(tx, account_id))
    label = rules.read_name(NameField.KEY, name)
    allowed = keys.read_networks(networks)
    if not scopes:
        raise errors.KeyScopeless
    if await store.living(tx, account_id) >= keys.KEYS_AN_ACCOUNT:
        raise errors.KeysTooMany(limit=keys.KEYS_AN_ACCOUNT)
    public_key, private_key = vault.new_key_pair()
    key = ApiKey(
        id=KeyId(uuid7(act.now)),
        account_id=account_id,
        public_key=public_key,
        name=label,
        scopes=scopes,
        networks=allowed,
        state=KeyState.ACTIVE,
        created_at=act.now,
        last_used_day=None,
    )
    await store.add(tx, key, vault.seal_private(private_key))
    shown = tuple(str(network) for network in allowed)
    await tx.announce(act, events.KeyCreated(account_id, key.id, label, scopes, shown))
    return NewKey(key, private_key)


async def revoke_key(tx: Tx, act: Act, *, account_id: AccountId, key_id: KeyId) -> None:
    """Stop a key for good; refuses key.not_found where it is not the account's or was revoked."""
    living = frozenset({KeyState.ACTIVE, KeyState.SUSPENDED})
    if not await store.change(tx, account_id, before=living, after=KeyState.REVOKED, key_id=key_id):
        raise errors.KeyNotFound
    await tx.announce(act, events.KeyRevoked(account_id, key_id))


async def resume_key(tx: Tx, act: Act, *, account_id: AccountId, key_id: KeyId) -> None:
    """Let a suspended key work again; for the operator, after the owner was heard (C5.2).

    Refuses account.frozen/closed and key.not_found.
    """
    rules.require_active(await accounts.lock(tx, account_id))
    suspended = frozenset({KeyState.SUSPENDED})
    if not await store.change(
        tx, account_id, before=suspended, after=KeyState.ACTIVE, key_id=key_id
    ):
        raise errors.KeyNotFound
    await tx.announce(act, events.KeyResumed(account_id, key_id))


async def key_used(tx: Tx, act: Act, *, key_id: KeyId) -> None:
    """Note the day of use; doors call it at most once a day and key, and it is no audit fact."""
    await store.used(tx, key_id, shanghai_day(act.now))
