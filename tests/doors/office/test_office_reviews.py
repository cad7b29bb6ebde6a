"""Reviews: evidence, decision, the next item; and a colleague who was faster."""

from __future__ import annotations

import html
import re

import pytest

from tests.doors.office.conftest import SignIn, Visit, World, picture
from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.audit import queries as audit
from umcloud.domains.identity import queries as identity
from umcloud.domains.identity.model import ApplicationId, ApplicationState
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.templates import queries as templates
from umcloud.kernel.ids import show

OTHER = {"reason": "other", "note": "请补充商标证书。"}


def words(page: str) -> str:
    """Return a page as it reads."""
    return html.unescape(re.sub(r"\s+", " ", page))


async def shown_revision(visit: Visit, path: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', (await visit.get(path)).text)
    assert found
    return found.group(1)


@pytest.mark.clause("C13.2")
async def test_an_organisation_is_approved_beside_its_licence(
    world: World, sign_in: SignIn
) -> None:
    reviewer = await sign_in("reviewer")
    page = f"/reviews/accounts/{show('rev', world.application)}"
    paper = f"/reviews/documents/{show('doc', world.document)}"
    text = (await reviewer.get(page)).text
    assert f'src="{paper}"' in text
    assert "杭州示例科技" in text
    licence = await reviewer.get(paper)
    assert licence.content == picture()
    assert licence.headers["content-type"] == "image/png"
    answer = await reviewer.post(f"{page}/approve", page=page)
    assert "Approved: 杭州示例科技" in words(answer.text)
    assert "Nothing waits for review" in answer.text
    async with world.database.transaction() as tx:
        assert await identity.subject(tx, world.newcomer) is not None
        assert len(await audit.latest(tx, name="identity.document_viewed")) == 1


async def test_a_refusal_speaks_the_customer_s_language(world: World, sign_in: SignIn) -> None:
    reviewer = await sign_in("reviewer")
    page = f"/reviews/accounts/{show('rev', world.application)}"
    nothing = await reviewer.post(f"{page}/refuse", {"note": "?"}, page=page)
    assert nothing.status_code == 422
    bare = await reviewer.post(f"{page}/refuse", {"reason": "other"}, page=page)
    assert bare.status_code == 422
    assert "write the reason" in bare.text
    chosen = {"reason": "1", "note": "左下角看不清。"}
    answer = await reviewer.post(f"{page}/refuse", chosen, page=page)
    assert "Refused: 杭州示例科技" in words(answer.text)
    async with world.database.transaction() as tx:
        item = await identity.queue_item(tx, ApplicationId(world.application))
    assert item is not None
    assert item.application.state is ApplicationState.REFUSED
    assert item.application.reason == (
        "营业执照照片不清晰或不完整，请重新拍摄并上传完整的原件。 左下角看不清。"
    )


async def test_after_a_decision_the_next_item_opens(world: World, sign_in: SignIn) -> None:
    reviewer = await sign_in("reviewer")
    first, second = (f"/reviews/signatures/{show('sig', one)}" for one in world.signatures)
    waiting = await reviewer.get("/reviews/signatures")
    assert waiting.url.path == first
    assert "/approve" not in waiting.text
    taken = await reviewer.post(f"{first}/take", page=first)
    assert taken.url.path == first
    assert f'action="{first}/approve"' in taken.text
    revision = await shown_revision(reviewer, first)
    answer = await reviewer.post(f"{first}/approve", {"revision": revision}, page=first)
    assert answer.url.path == second
    assert "Approved: 【云讯科技】" in answer.text
    await reviewer.post(f"{second}/take", page=second)
    revision = await shown_revision(reviewer, second)
    last = await reviewer.post(f"{second}/refuse", {"revision": revision, **OTHER}, page=second)
    assert last.url.path == "/reviews/signatures"
    async with world.database.transaction() as tx:
        found = [await signatures.by_id(tx, one) for one in world.signatures]
    assert [one.state for one in found if one] == [ReviewState.APPROVED, ReviewState.REJECTED]
    assert found[1] is not None
    assert found[1].reason == OTHER["note"]


async def test_a_colleague_s_faster_decision_is_told(world: World, sign_in: SignIn) -> None:
    slow, fast = await sign_in("reviewer"), await sign_in("second")
    page = f"/reviews/templates/{show('tpl', world.template)}"
    await slow.post(f"{page}/take", page=page)
    assert "reviewer is reviewing" in (await fast.get(page)).text
    again = await fast.post(f"{page}/take", page=page)
    assert again.status_code == 409
    assert "Not done" in again.text
    revision = await shown_revision(slow, page)
    await fast.post(f"{page}/refuse", {"revision": revision, **OTHER}, page=page)
    late = await slow.post(f"{page}/approve", {"revision": revision}, page="/")
    assert late.status_code == 409
    assert "Not done" in late.text
    assert OTHER["note"] in late.text
    async with world.database.transaction() as tx:
        one = await templates.by_id(tx, world.template)
    assert one is not None
    assert one.state is ReviewState.REJECTED


async def test_a_decision_without_the_revision_on_the_screen_is_none(
    world: World, sign_in: SignIn
) -> None:
    reviewer = await sign_in("reviewer")
    page = f"/reviews/templates/{show('tpl', world.template)}"
    await reviewer.post(f"{page}/take", page=page)
    for sent in ("", "x", "999"):
        answer = await reviewer.post(f"{page}/approve", {"revision": sent}, page=page)
        assert answer.status_code in (409, 422), sent
    async with world.database.transaction() as tx:
        one = await templates.by_id(tx, world.template)
    assert one is not None
    assert one.state is ReviewState.IN_REVIEW


@pytest.mark.parametrize("role", sorted({role.value for role in StaffRole} - {"reviewer", "admin"}))
async def test_only_reviewers_decide_or_see_evidence(
    world: World, sign_in: SignIn, role: str
) -> None:
    visit = await sign_in(role)
    page = f"/reviews/accounts/{show('rev', world.application)}"
    assert (await visit.post(f"{page}/approve", page="/")).status_code == 403
    paper = f"/reviews/documents/{show('doc', world.document)}"
    assert (await visit.get(paper)).status_code == 403


async def test_a_signature_s_evidence_is_shown_and_the_look_written_down(
    world: World, sign_in: SignIn
) -> None:
    reviewer = await sign_in("reviewer")
    async with world.database.transaction() as tx:
        [paper] = await signatures.evidence(tx, world.signatures[0])
    answer = await reviewer.get(f"/reviews/evidence/{show('doc', paper.id)}")
    assert answer.content == picture()
    async with world.database.transaction() as tx:
        [seen] = await audit.latest(tx, name="office.evidence_viewed")
    assert seen.account_id == world.sender
