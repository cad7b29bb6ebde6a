"""Pure decisions of a review: what may happen in which state, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from umcloud.domains.resources.review.model import (
    LONGEST_REASON,
    Changed,
    Decision,
    Moment,
    Reviewed,
    ReviewState,
)
from umcloud.kernel.act import Act
from umcloud.kernel.refusals import Refusal

R = TypeVar("R", bound=Reviewed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """The rules, with the words in which one kind of thing refuses.

    Whatever returns a thing returns it as it stands after the deed; nothing is written.
    """

    not_editable: type[Refusal]
    moved_on: type[Refusal]
    under_review: type[Refusal]
    not_waiting: type[Refusal]
    not_in_review: type[Refusal]
    not_approved: type[Refusal]
    not_disabled: type[Refusal]
    not_stopped: type[Refusal]
    changed_meanwhile: type[Refusal]
    reason_missing: type[Refusal]

    def check_edit(self, before: Reviewed) -> None:
        """Refuse to edit what is approved or disabled (R-SIG-13, R-TPL-14)."""
        if not before.is_editable:
            raise self.not_editable(state=before.state)

    def check_seen(self, before: Reviewed, revision: int | None) -> None:
        """Refuse an edit of what was decided or edited after the customer opened it."""
        if revision not in (None, before.revision):
            raise self.moved_on

    def queued_again(self, before: R, now: datetime) -> R:
        """Put an edited thing back into the queue, whoever has taken it (R-SIG-13)."""
        self.check_edit(before)
        return replace(
            before,
            state=ReviewState.WAITING,
            reason="",
            revision=before.revision + 1,
            submitted_at=now,
            reviewer_id=None,
            taken_at=None,
            decided_at=None,
        )

    def taken(self, before: R, act: Act) -> R:
        """Let the actor review what waits."""
        if before.state is not ReviewState.WAITING:
            raise self.not_waiting(state=before.state)
        return replace(
            before, state=ReviewState.IN_REVIEW, reviewer_id=act.actor.id, taken_at=act.now
        )

    def approved(self, before: R, act: Act, revision: int) -> R:
        """Approve what the reviewer saw: it is in review, in this very revision."""
        self._check_decision(before, revision)
        return _decided(before, act, ReviewState.APPROVED)

    def refused(self, before: R, act: Act, revision: int, reason: str) -> R:
        """Refuse what the reviewer saw, with a reason that the customer reads (R-SIG-15)."""
        why = self.reason_of(reason)
        self._check_decision(before, revision)
        return _decided(before, act, ReviewState.REJECTED, why)

    def disabled(self, before: R, act: Act, reason: str) -> R:
        """Withdraw what is approved, in use or stopped by the customer (R-REV-05)."""
        why = self.reason_of(reason)
        if not before.stopped:
            self.check_approved(before)
        return _decided(before, act, ReviewState.DISABLED, why)

    def restored(self, before: R, act: Act) -> R:
        """Take the operator's own withdrawal back: nothing of it has changed since."""
        if not before.is_disabled:
            raise self.not_disabled(state=before.state)
        return _decided(before, act, ReviewState.APPROVED)

    def stopped(self, before: R, act: Act, reason: str) -> R:
        """Let the customer put an approved one out of use, and back by `resumed`."""
        why = self.reason_of(reason)
        self.check_approved(before)
        stopped = _decided(before, act, ReviewState.DISABLED, why)
        return replace(stopped, stopped=True, reviewer_id=None)

    def resumed(self, before: R, act: Act) -> R:
        """Let the customer use again what they stopped themselves, never what was withdrawn."""
        if not before.stopped:
            raise self.not_stopped(state=before.state)
        return replace(_decided(before, act, ReviewState.APPROVED), reviewer_id=None)

    def check_approved(self, before: Reviewed) -> None:
        """Refuse a deed that only approved ones allow."""
        if before.state is not ReviewState.APPROVED:
            raise self.not_approved(state=before.state)

    def check_delete(self, before: Reviewed) -> None:
        """Refuse to delete what is in review (R-SIG-14, R-TPL-15)."""
        if before.state is ReviewState.IN_REVIEW:
            raise self.under_review

    def reason_of(self, text: str) -> str:
        """Return the reason without surrounding blanks; refuse none and too long a one."""
        reason = text.strip()
        if not reason or len(reason) > LONGEST_REASON:
            raise self.reason_missing(most=LONGEST_REASON)
        return reason

    def _check_decision(self, before: Reviewed, revision: int) -> None:
        if before.state is not ReviewState.IN_REVIEW:
            raise self.not_in_review(state=before.state)
        if before.revision != revision:
            raise self.changed_meanwhile


def _decided(before: R, act: Act, verdict: ReviewState, reason: str = "") -> R:
    return replace(
        before,
        state=verdict,
        reason=reason,
        revision=before.revision + 1,
        reviewer_id=act.actor.id,
        decided_at=act.now,
        stopped=False,
    )


def changes(seen: Mapping[str, str], now: Mapping[str, str]) -> tuple[Changed, ...]:
    """Return the fields that are not what they were, in the order of `now`."""
    return tuple(
        Changed(field, seen.get(field, ""), after)
        for field, after in now.items()
        if seen.get(field, "") != after
    )


def story(one: Reviewed, decisions: Sequence[Decision]) -> tuple[Moment, ...]:
    """Return every step of a thing's review, newest first; `decisions` in that order too."""
    steps: list[Moment] = []
    if one.state is ReviewState.IN_REVIEW and one.taken_at:
        steps.append(Moment(one.taken_at, one.state, reviewer_id=one.reviewer_id))
    if one.decided_at is None:
        steps.append(Moment(one.submitted_at, ReviewState.WAITING))
    before = [*(one.verdict for one in decisions[1:]), ReviewState.WAITING]
    for decision, earlier in zip(decisions, before, strict=False):
        again = earlier is ReviewState.DISABLED and decision.verdict is ReviewState.APPROVED
        steps.append(
            Moment(
                decision.decided_at,
                decision.verdict,
                decision.reason,
                decision.reviewer_id,
                again=again,
            )
        )
        # What is withdrawn was approved before, by a decision of its own; so was what is restored.
        if decision.verdict is not ReviewState.DISABLED and not again:
            steps.append(Moment(decision.submitted_at, ReviewState.WAITING))
    return tuple(steps)
