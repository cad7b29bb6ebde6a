"""Pure decisions about API keys: reading what a program sent, and whether it may come in."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from umcloud.domains.accounts import errors
from umcloud.domains.accounts.model import AccountState, KeyFacts, KeyState, Network, Scope

KEYS_AN_ACCOUNT = 10
NETWORKS_A_KEY = 50


def read_networks(entries: Iterable[str]) -> tuple[Network, ...]:
    """Return the allow-list, sorted and without doubles; `203.0.113.7` is a block of one."""
    found: set[Network] = set()
    for entry in entries:
        if not entry.strip():
            continue
        try:
            found.add(ip_network(entry.strip(), strict=False))
        except ValueError as error:
            raise errors.NetworkMalformed(entry=entry.strip()[:50]) from error
    if len(found) > NETWORKS_A_KEY:
        raise errors.NetworkMalformed(entry=f"> {NETWORKS_A_KEY}")
    return tuple(sorted(found, key=str))


def split_bearer(text: str) -> tuple[str, str]:
    """Return (public, private) of `<public>.<private>`; KeyUnknown where it is not that."""
    public, dot, private = text.strip().partition(".")
    if not dot or not public or not private:
        raise errors.KeyUnknown
    return public, private


def admit(facts: KeyFacts, *, scope: Scope, ip: str | None) -> None:
    """Refuse a program whose account, key, address or scope does not allow the deed (C4.2, C5.1).

    Call it after its signature or private key was found right. An empty allow-list allows all; an
    unknown address is not on any list.
    """
    if facts.state is KeyState.REVOKED:
        raise errors.KeyUnknown
    if facts.account_state is AccountState.CLOSED:
        raise errors.AccountClosed
    if facts.account_state is AccountState.FROZEN:
        raise errors.AccountFrozen(reason=facts.frozen_reason)
    if facts.state is KeyState.SUSPENDED:
        raise errors.KeySuspended
    if facts.networks and not _listed(facts.networks, ip):
        raise errors.KeyAddressRefused(ip=ip or "?")
    if scope not in facts.scopes:
        raise errors.KeyScopeMissing(scope=scope)


def _listed(networks: tuple[Network, ...], ip: str | None) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(ip or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
