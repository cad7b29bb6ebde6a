"""How often one network may knock at a desk's open pages: tries, codes, looks at links.

What one person may get wrong is counted with the person, by the accounts. This counts where they
come from: one address must not try passwords on many accounts, write to many mailboxes or keep
the threads busy that hash passwords. Kept in the memory of the process; nothing of it is written
down, and the log gets the purpose and a count.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Final

from umcloud.doors.kit.errors import TooManyTries
from umcloud.doors.kit.keyring import Bucket

log = logging.getLogger(__name__)

_HOST_BITS: Final = 64
_MOST_HELD: Final = 20_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` at once, and as many again in each `seconds`; `purpose` is for the log."""

    purpose: str
    most: int
    seconds: float


TRIES: Final = Limit("tries", 30, 600.0)
"""Passwords and codes that are typed; each may cost a hash of a password."""
CODES: Final = Limit("codes", 20, 3600.0)
"""Codes asked for, wherever they are to go."""
LOOKS: Final = Limit("looks", 60, 600.0)
"""Links with a secret in them that are opened."""


def network_of(address: str | None) -> str:
    """Return what counts as one caller: an IPv4 address, or the first 64 bits of an IPv6 one.

    One customer's line has a whole /64 (RFC 6177, section 2). Whatever is no address is one caller.
    """
    try:
        known = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return f"{IPv6Address(int(known) >> _HOST_BITS << _HOST_BITS)}/64"


@dataclass(slots=True)
class EntranceLimits:
    """The buckets of the networks that knocked last at one desk."""

    clock: Callable[[], float] = time.monotonic
    """Seconds that never go back; the pages take their moment from it."""
    most_held: int = _MOST_HELD
    """Buckets kept; beyond that the one that was not asked for longest is forgotten."""
    _held: OrderedDict[tuple[str, str], Bucket] = field(default_factory=OrderedDict)
    _refused: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self._held)

    def take(self, limit: Limit, address: str | None, moment: float) -> None:
        """Count one, at a moment of `clock`.

        Refuses kit.too_many_tries, with the seconds until there is one more.
        """
        key = (limit.purpose, network_of(address))
        # A bucket saves up what comes in one unit of its time; here that is the limit's own span.
        at = moment / limit.seconds
        bucket = self._held.get(key)
        if bucket is None:
            bucket = self._held[key] = Bucket(limit.most, limit.most, at)
            if len(self._held) > self.most_held:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        wait = bucket.take(at)
        if wait:
            self._tell(limit.purpose)
            # Never the exact moment: what rounding takes away must not refuse who came on time.
            seconds = math.floor(wait * limit.seconds) + 1
            raise TooManyTries(retry_after_seconds=seconds, seconds=seconds)

    def _tell(self, purpose: str) -> None:
        self._refused[purpose] += 1
        count = self._refused[purpose]
        # Only 1, 2, 4, 8 and so on: who floods the door must not flood the log.
        if count & (count - 1) == 0:
            log.warning("entrance limits: %s, %d refused so far", purpose, count)
