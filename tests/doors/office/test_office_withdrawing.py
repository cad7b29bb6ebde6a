"""What was approved is put out of use and back; the customer hears of both."""

from __future__ import annotations

import pytest

from tests.doors.office.conftest import SignIn, Visit, World
from tests.doors.office.test_office_reviews import shown_revision, words
from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.signatures import service
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, show

REASON = "多名收信人投诉，请提供收信人同意的证明。"


async def told(world: World, account_id: AccountId) -> list[str]:
    async with world.database.transaction() as tx:
        rows = await tx.sql(
            "SELECT event_name FROM notification WHERE account_id = :id ORDER BY id",
            id=account_id,
        )
        return [row.event_name for row in rows]


async def approved(visit: Visit, page: str) -> None:
    await visit.post(f"{page}/take", page=page)
    revision = await shown_revision(visit, page)
    await visit.post(f"{page}/approve", {"revision": revision}, page=page)


@pytest.mark.parametrize("kind", ["signatures", "templates"])
async def test_an_approved_one_is_disabled_with_a_reason_and_restored(
    world: World, sign_in: SignIn, kind: str
) -> None:
    reviewer = await sign_in("reviewer")
    item = show("sig", world.signatures[0]) if kind == "signatures" else show("tpl", world.template)
    page, noun = f"/reviews/{kind}/{item}", kind.removesuffix("s")
    early = await reviewer.post(f"{page}/disable", {"reason": REASON}, page=page)
    assert early.status_code == 409
    await approved(reviewer, page)
    assert "are refused from then on" in (await reviewer.get(page)).text
    bare = await reviewer.post(f"{page}/disable", {"reason": " "}, page=page)
    assert bare.status_code == 422
    done = await reviewer.post(f"{page}/disable", {"reason": REASON}, page=page)
    assert "Disabled; the customer is told." in words(done.text)
    assert REASON in done.text
    assert f"{noun}.disabled" in await told(world, world.sender)
    twice = await reviewer.post(f"{page}/disable", {"reason": REASON}, page=page)
    assert twice.status_code == 409
    back = await reviewer.post(f"{page}/restore", page=page)
    assert "Restored; the customer is told." in words(back.text)
    assert "Usable again" in back.text
    assert f"{noun}.restored" in await told(world, world.sender)
    listed = (await reviewer.get("/reviews/decisions?verdict=restored")).text
    assert "Restored" in listed
    again = await reviewer.post(f"{page}/restore", page=page)
    assert again.status_code == 409


async def test_what_the_customer_stopped_can_be_disabled_and_not_restored(
    world: World, sign_in: SignIn, act: Act
) -> None:
    reviewer = await sign_in("reviewer")
    mine = world.signatures[0]
    page = f"/reviews/signatures/{show('sig', mine)}"
    await approved(reviewer, page)
    async with world.database.transaction() as tx:
        await service.stop(tx, act, account_id=world.sender, signature_id=mine, reason="换了新品牌")
    assert "signature.stopped" not in await told(world, world.sender)
    shown = (await reviewer.get(page)).text
    assert "The customer" in shown
    assert f"{page}/restore" not in shown
    await reviewer.post(f"{page}/disable", {"reason": REASON}, page=page)
    async with world.database.transaction() as tx:
        one = await signatures.by_id(tx, mine)
    assert one is not None
    assert one.state is ReviewState.DISABLED
    assert one.is_disabled


async def test_applications_cannot_be_disabled(world: World, sign_in: SignIn) -> None:
    reviewer = await sign_in("reviewer")
    page = f"/reviews/accounts/{show('rev', world.application)}"
    answer = await reviewer.post(f"{page}/disable", {"reason": REASON}, page=page)
    assert answer.status_code == 404
