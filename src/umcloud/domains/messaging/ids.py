"""Session ids: version-7 UUIDs whose low 16 bits are left for the messages of the session."""

from __future__ import annotations

import secrets

from umcloud.domains.messaging.model import SESSION_MASK

_VARIANT = 0b10 << 62
_VERSION = 0x7 << 76
_STEP = SESSION_MASK + 1
_FAR_BITS = 44


class SessionIds:
    """Makes ids that only grow, also past what other writers committed to the same lanes.

    On one lane no id is given twice: a writer reads the lane's last id under the lane's lock and
    goes above it, and the key (lane, id) would refuse the whole batch. Writers that share no lane
    do not see each other; in one millisecond 45 random bits keep them apart, beyond the same
    third one's id 44. Should two of their messages have one id all the same, the database keeps
    both, since the lane is in every key, and an account has one lane: nothing is lost on the way
    in, and customers find their own. Only a line that hears of both in one batch takes them for
    one and ends the first (`reports` goes by ids), which is why so many bits are spent.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self, milliseconds: int, above: int) -> int:
        """Return a new session's id as a 128-bit integer, greater than `above` and all before.

        `milliseconds` since 1970 are the moment (`kernel.moments.unix_ms`). Within one, ids count
        up from a random start; beyond it they begin anew.
        """
        floor = max(self._last, above)
        if milliseconds > floor >> 80:
            # One bit of the random part stays free, so that counting up has room.
            tail = secrets.randbits(45) << 16
            fresh = milliseconds << 80 | _VERSION | _VARIANT | tail
        else:
            # Where the greatest id is another writer's, that writer counts on from it as well,
            # perhaps on other lanes: keep far from it, or an id would be given out twice.
            far = secrets.randbits(_FAR_BITS) if above > self._last else 0
            fresh = _after(floor, 1 + far)
        self._last = fresh
        return fresh


def _after(last: int, steps: int) -> int:
    """Return the id so many after `last`, its low bits clear and version and variant in place."""
    tail = (last & ((1 << 62) - 1)) // _STEP * _STEP + steps * _STEP
    high = (last >> 64) & 0xFFF
    milliseconds = last >> 80
    if tail >> 62:
        tail &= (1 << 62) - 1
        high += 1
        if high >> 12:
            high = 0
            milliseconds += 1
    return milliseconds << 80 | _VERSION | high << 64 | _VARIANT | tail
