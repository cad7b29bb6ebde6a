"""Who is asking: `Authorization: Bearer <public>.<private>`, from memory wherever possible."""

from __future__ import annotations

import hmac
import math
import time

from umcloud.domains.accounts import errors, keys
from umcloud.domains.accounts.model import KeyFacts, Scope
from umcloud.doors.api.errors import KeyMissing, RateLimited
from umcloud.doors.kit.keyring import HeldKey, KeyRing

_BEARER = b"bearer "
_LONGEST = 300


async def admit(
    ring: KeyRing, authorization: bytes | None, *, scope: Scope, ip: str | None
) -> KeyFacts:
    """Return the key where it may do that from there, and has requests left this second.

    Refuses api.key_missing, key.unknown, key.suspended, key.address_refused, key.scope_missing,
    account.frozen, account.closed, api.rate_limited.
    """
    public_key, private = _split(authorization)
    held = ring.known(public_key) or await ring.find(public_key)
    return _let_in(ring, held, private, scope=scope, ip=ip)


def admit_known(
    ring: KeyRing, authorization: bytes | None, *, scope: Scope, ip: str | None
) -> KeyFacts | None:
    """Do the same without waiting: None where the key has to be asked for first."""
    public_key, private = _split(authorization)
    held = ring.known(public_key)
    return None if held is None else _let_in(ring, held, private, scope=scope, ip=ip)


def _split(authorization: bytes | None) -> tuple[str, bytes]:
    if not authorization or authorization[:7].lower() != _BEARER:
        raise KeyMissing
    public, dot, private = authorization[7:].strip().partition(b".")
    if not dot or not public or not private or len(authorization) > _LONGEST:
        raise errors.KeyUnknown
    return public.decode("latin-1"), private


def _let_in(
    ring: KeyRing, held: HeldKey, private: bytes, *, scope: Scope, ip: str | None
) -> KeyFacts:
    facts = held.facts
    # Unknown keys are compared too: the time of an answer does not tell whether a key exists.
    if not hmac.compare_digest(held.private, private) or facts is None:
        raise errors.KeyUnknown
    keys.admit(facts, scope=scope, ip=ip)
    wait = held.bucket.take(time.monotonic())
    if wait:
        raise RateLimited(retry_after_seconds=math.ceil(wait), limit=int(held.bucket.rate))
    ring.used(held)
    return facts
