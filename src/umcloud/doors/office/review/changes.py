"""What is new since the last decision, and how a review went so far."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from uuid import UUID

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.resources.review.model import Decision, Moment, Reviewed, ReviewState
from umcloud.domains.resources.review.rules import story
from umcloud.doors.kit.story import Step
from umcloud.doors.kit.values import Key, Tone
from umcloud.infra.db import Tx

TONES = {
    ReviewState.WAITING: Tone.WAITING,
    ReviewState.IN_REVIEW: Tone.INFO,
    ReviewState.APPROVED: Tone.GOOD,
    ReviewState.REJECTED: Tone.BAD,
    ReviewState.DISABLED: Tone.IDLE,
}

#: Words of letters and digits are compared whole, everything else a character at a time.
_TOKEN = re.compile(r"[A-Za-z0-9]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text that stayed, went or came: `tag` is span, del or ins."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A field that is another than at the last decision: two values, or the pieces of a text."""

    label: str
    before: object = None
    after: object = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """What a reviewer decided about last, and what has changed since."""

    decision: Decision
    rewrites: tuple[Rewrite, ...]


def rewritten(label: str, before: str, after: str) -> Rewrite:
    """Return the change of a text, piece by piece."""
    return Rewrite(label, pieces=tuple(_pieces(before, after)))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    # Python's rule of thumb against frequent lines would call frequent characters noise.
    matched = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matched.get_opcodes():
        gone, come = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if tag == "equal":
            yield Piece("span", gone)
            continue
        if gone:
            yield Piece("del", gone)
        if come:
            yield Piece("ins", come)


async def steps(tx: Tx, one: Reviewed, decisions: Sequence[Decision]) -> tuple[Step, ...]:
    """Return a review from its newest step back, with the names of those who decided."""
    names: dict[UUID, str] = {staff.id: staff.name for staff in await accounts.staff_members(tx)}
    return tuple(
        Step(
            moment.at,
            Key(moment.title),
            TONES[moment.state],
            actor=_actor(moment, names),
            note=moment.reason,
        )
        for moment in story(one, decisions)
    )


def _actor(moment: Moment, names: Mapping[UUID, str]) -> str:
    if moment.reviewer_id:
        return names.get(moment.reviewer_id, "")
    by_customer = moment.again or moment.state is ReviewState.DISABLED
    return Key("office.review.by_customer") if by_customer else ""
