"""The rules of a review, whatever is reviewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domains.resources.test_templates import ACCOUNT, MARKETING, OTP, approve_signature
from umcloud.domains.resources.review import history
from umcloud.domains.resources.review.model import Changed, Reviewed, ReviewState
from umcloud.domains.resources.review.rules import ReviewRules, changes, story
from umcloud.domains.resources.signatures import invariants as signature_invariants
from umcloud.domains.resources.signatures import rules as signature_rules
from umcloud.domains.resources.templates import invariants as template_invariants
from umcloud.domains.resources.templates import queries, service
from umcloud.domains.resources.templates import rules as template_rules
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.refusals import Refusal

KINDS = (signature_rules.REVIEW, template_rules.REVIEW)
DEEDS = ("take", "approve", "refuse", "disable", "restore", "stop", "resume", "edit", "delete")
#: What may happen in which state (R-SIG-13, 14; R-TPL-14, 15).
ALLOWED = {
    ReviewState.WAITING: {"take", "edit", "delete"},
    ReviewState.IN_REVIEW: {"approve", "refuse", "edit"},
    ReviewState.APPROVED: {"disable", "stop", "delete"},
    ReviewState.REJECTED: {"edit", "delete"},
    ReviewState.DISABLED: {"restore", "delete"},
}


def standing(act: Act, state: ReviewState) -> Reviewed:
    return Reviewed(
        id=UUID(int=7),
        public_id="X",
        account_id=ACCOUNT,
        state=state,
        reason="原因" if state >= ReviewState.REJECTED else "",
        revision=3,
        created_at=act.now,
        submitted_at=act.now,
        reviewer_id=None,
        taken_at=None if state is ReviewState.WAITING else act.now,
        decided_at=act.now if state >= ReviewState.APPROVED else None,
    )


@pytest.mark.parametrize("state", ReviewState)
@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("rules", KINDS, ids=["signature", "template"])
def test_what_each_state_allows(
    act: Act, rules: ReviewRules, state: ReviewState, deed: str
) -> None:
    before = standing(act, state)
    deeds: dict[str, Callable[[], Reviewed | None]] = {
        "take": lambda: rules.taken(before, act),
        "approve": lambda: rules.approved(before, act, before.revision),
        "refuse": lambda: rules.refused(before, act, before.revision, "看不清"),
        "disable": lambda: rules.disabled(before, act, "投诉"),
        "restore": lambda: rules.restored(before, act),
        "stop": lambda: rules.stopped(before, act, "不再使用"),
        "resume": lambda: rules.resumed(before, act),
        "edit": lambda: rules.queued_again(before, act.now),
        "delete": lambda: rules.check_delete(before),
    }
    if deed not in ALLOWED[state]:
        with pytest.raises(Refusal):
            deeds[deed]()
        return
    after = deeds[deed]()
    if after is not None:
        assert after.revision - before.revision == (0 if deed == "take" else 1)
        assert (after.reason != "") is (deed in ("refuse", "disable", "stop"))


@pytest.mark.parametrize("rules", KINDS, ids=["signature", "template"])
def test_the_customer_s_own_stop_is_the_customer_s_to_end(act: Act, rules: ReviewRules) -> None:
    stopped = rules.stopped(standing(act, ReviewState.APPROVED), act, "不再使用")
    assert stopped.stopped
    assert not stopped.is_disabled
    with pytest.raises(rules.not_disabled):
        rules.restored(stopped, act)
    assert rules.resumed(stopped, act).state is ReviewState.APPROVED
    # What breaks the rules is withdrawn though the customer has stopped it, and stays so.
    withdrawn = rules.disabled(stopped, act, "投诉")
    with pytest.raises(rules.not_stopped):
        rules.resumed(withdrawn, act)
    assert not rules.restored(withdrawn, act).stopped


async def test_a_template_is_stopped_resumed_disabled_and_restored(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    taken = await service.take(tx, act, template_id=one.id)
    await service.approve(tx, act, template_id=one.id, revision=taken.revision)
    await service.stop(tx, act, account_id=ACCOUNT, template_id=one.id, reason="换了新的")
    assert await queries.approved(tx, ACCOUNT) == {}
    with pytest.raises(Refusal):
        await service.restore(tx, act, template_id=one.id)
    await service.resume(tx, act, account_id=ACCOUNT, template_id=one.id)
    await service.disable(tx, act, template_id=one.id, reason="投诉")
    with pytest.raises(Refusal):
        await service.resume(tx, act, account_id=ACCOUNT, template_id=one.id)
    one = await service.restore(tx, act, template_id=one.id)
    assert list(await queries.approved(tx, ACCOUNT)) == [one.public_id]
    told = story(one, await queries.decisions(tx, one.id))
    assert [(step.state.name, step.again) for step in told] == [
        ("APPROVED", True),
        ("DISABLED", False),
        ("APPROVED", True),
        ("DISABLED", False),
        ("APPROVED", False),
        ("WAITING", False),
    ]
    assert await template_invariants.violations(tx, act.now) == []


async def test_the_whole_story_of_a_template_is_told(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    staff = replace(act, actor=Actor(ActorKind.STAFF, UUID(int=5)))

    def at(minutes: int) -> Act:
        return replace(staff, now=act.now + timedelta(minutes=minutes))

    one = await service.create(tx, at(0), account_id=ACCOUNT, draft=OTP)
    await service.take(tx, at(1), template_id=one.id)
    await service.refuse(tx, at(2), template_id=one.id, revision=1, reason="用途不明")
    one = await service.update(
        tx, at(3), account_id=ACCOUNT, template_id=one.id, instruction="登录验证码"
    )
    assert one.state is ReviewState.WAITING
    one = await service.take(tx, at(4), template_id=one.id)
    told = story(one, await queries.decisions(tx, one.id))
    assert [(step.state, step.at - act.now) for step in told] == [
        (ReviewState.IN_REVIEW, timedelta(minutes=4)),
        (ReviewState.WAITING, timedelta(minutes=3)),
        (ReviewState.REJECTED, timedelta(minutes=2)),
        (ReviewState.WAITING, timedelta(minutes=0)),
    ]
    assert [step.reason for step in told] == ["", "", "用途不明", ""]
    await service.approve(tx, at(5), template_id=one.id, revision=one.revision)
    one = await service.disable(tx, at(6), template_id=one.id, reason="投诉")
    decisions = await queries.decisions(tx, one.id)
    assert [step.state.name for step in story(one, decisions)] == [
        "DISABLED",
        "APPROVED",
        "WAITING",
        "REJECTED",
        "WAITING",
    ]
    assert {decision.reviewer_id for decision in decisions} == {UUID(int=5)}
    assert changes(decisions[-1].seen, template_rules.under_review(one)) == (
        Changed("instruction", "", "登录验证码"),
    )


async def test_what_stands_as_decided_must_have_been_decided(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    taken = await service.take(tx, act, template_id=one.id)
    await service.approve(tx, act, template_id=one.id, revision=taken.revision)
    assert await signature_invariants.violations(tx, act.now) == []
    assert await template_invariants.violations(tx, act.now) == []
    await tx.sql("UPDATE template SET state = 4, reason = 'by hand' WHERE id = :id", id=one.id)
    await tx.sql("DELETE FROM review_decision WHERE subject = 'signature'")
    [found] = await template_invariants.violations(tx, act.now)
    assert found == f"template {one.public_id} is DISABLED, but no decision says so"
    assert len(await signature_invariants.violations(tx, act.now)) == 1


async def test_only_what_is_decided_has_a_decision(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await service.create(tx, act, account_id=ACCOUNT, draft=MARKETING)
    with pytest.raises(ValueError, match="not decided"):
        await history.record(tx, "template", one, {})


async def test_notes_answer_a_refusal_and_else_change_no_state(tx: Tx, act: Act) -> None:
    await approve_signature(tx, act)
    one = await service.create(tx, act, account_id=ACCOUNT, draft=OTP)
    noted = await service.update(
        tx, act, account_id=ACCOUNT, template_id=one.id, remark="登录页", revision=1
    )
    assert (noted.state, noted.revision) == (ReviewState.WAITING, 2)
    taken = await service.take(tx, act, template_id=one.id)
    await service.refuse(tx, act, template_id=one.id, revision=taken.revision, reason="不明")
    named = await service.update(tx, act, account_id=ACCOUNT, template_id=one.id, name="注册")
    assert (named.state, named.reason) == (ReviewState.REJECTED, "不明")
    again = await service.update(tx, act, account_id=ACCOUNT, template_id=one.id, remark="注册页")
    assert (again.state, again.reason) == (ReviewState.WAITING, "")


SEEN = st.dictionaries(st.sampled_from("abcd"), st.text(max_size=3), max_size=4)


@given(SEEN, SEEN)
def test_changes_lead_from_what_was_seen_to_what_there_is(
    seen: dict[str, str], now: dict[str, str]
) -> None:
    found = changes(seen, now)
    assert seen | {each.field: each.after for each in found} | now == seen | now
    assert all(each.before != each.after for each in found)
    assert {each.field for each in found} <= set(now)
    assert changes(now, now) == ()
