"""The answer to an accepted request, written without a serialiser in the way."""

from __future__ import annotations

import msgspec

from umcloud.domains.messaging.model import SendAnswer
from umcloud.doors.api.errors import problem
from umcloud.doors.api.shapes import Outcome
from umcloud.infra.i18n import Texts

_ALPHABET = b"0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [bytes((high, low)) for high in _ALPHABET for low in _ALPHABET]
_TAIL_BITS = 20
_SHIFTS = tuple(range(100, -1, -10))

_encode = msgspec.json.Encoder().encode


def head_of(session: int) -> bytes:
    """Return the first 22 letters that a session's id and its messages' ids share (kernel.ids)."""
    number = session >> _TAIL_BITS
    pairs = _PAIRS
    return b"".join([pairs[number >> shift & 1023] for shift in _SHIFTS])


def tail_of(identifier: int) -> bytes:
    """Return the last 4 letters: position and a rest of the session."""
    return _PAIRS[identifier >> 10 & 1023] + _PAIRS[identifier & 1023]


def written(answer: SendAnswer, texts: Texts) -> bytes:
    """Return `shapes.Accepted` as JSON."""
    session, segments = answer.session, answer.segments
    head = head_of(session)
    refused = answer.refused
    if len(segments) == 1 and not refused:
        return b'{"session":"ses_%b%b","messages":[{"id":"msg_%b%b","segments":%d}]}' % (
            head,
            tail_of(session),
            head,
            tail_of(session + 1),
            segments[0],
        )
    pieces = []
    for position, billed in enumerate(segments):
        if position in refused:
            pieces.append(_encode(Outcome(refusal=problem(refused[position], texts))))
        else:
            tail = tail_of(session + position + 1)
            pieces.append(b'{"id":"msg_%b%b","segments":%d}' % (head, tail, billed))
    return b'{"session":"ses_%b%b","messages":[%b]}' % (head, tail_of(session), b",".join(pieces))
