"""What was refused comes back: the reviewer sees what is new since the last decision."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

from tests.doors.office.conftest import SignIn, World, picture
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.signatures import service as signing
from umcloud.domains.resources.signatures.model import EvidenceFile
from umcloud.domains.resources.templates import service as templates
from umcloud.doors.office.review.changes import Piece, rewritten
from umcloud.kernel.act import Act
from umcloud.kernel.ids import show

REASON = "商标证书与签名不符。"


def card(page: str, title: str) -> str:
    """Return the card below a title as it reads, its marks of gone and come kept."""
    _, _, rest = page.partition(title)
    body = rest.partition("</section>")[0]
    return html.unescape(re.sub(r"<(?!/?(?:del|ins)>)[^>]*>|\s+", "", body))


async def test_a_corrected_signature_shows_text_and_file_beside_the_old_ones(
    world: World, sign_in: SignIn, act: Act
) -> None:
    reviewer = await sign_in("reviewer")
    first = world.signatures[0]
    page = f"/reviews/signatures/{show('sig', first)}"
    fresh = await reviewer.get(page)
    assert "What changed since" not in fresh.text
    async with world.database.transaction() as tx:
        taken = await signing.take(tx, act, signature_id=first)
        refused = await signing.refuse(
            tx, act, signature_id=first, revision=taken.revision, reason=REASON
        )
        [old] = await signatures.evidence(tx, first)
    decided = await reviewer.get(page)
    assert "What changed since" not in decided.text
    later = replace(act, now=act.now + timedelta(hours=1))
    async with world.database.transaction() as tx:
        await signing.update(
            tx,
            later,
            account_id=world.sender,
            signature_id=first,
            draft=replace(refused.draft, text="云讯商旅"),
            certificate=EvidenceFile(picture(100, 100), "new-mark.png"),
        )
    text = (await reviewer.get(page)).text
    since = card(text, "What changed since the last decision")
    assert f"Refusedthenbecause:{REASON}" in since
    assert "云讯<del>科技</del><ins>商旅</ins>" in since
    assert "<del>trademark.png</del>→<ins>new-mark.png</ins>" in since
    assert "Purpose" not in since
    assert f"/reviews/evidence/{show('doc', old.id)}" in text
    assert (await reviewer.get(f"/reviews/evidence/{show('doc', old.id)}")).content == picture()
    assert REASON in card(text, "History of the review")


async def test_a_corrected_template_shows_the_words_that_came_and_went(
    world: World, sign_in: SignIn, act: Act
) -> None:
    reviewer = await sign_in("reviewer")
    page = f"/reviews/templates/{show('tpl', world.template)}"
    await reviewer.post(f"{page}/take", page=page)
    note = {"reason": "other", "note": "请写明物流公司。"}
    shown = re.search(r'name="revision" value="(\d+)"', (await reviewer.get(page)).text)
    assert shown
    await reviewer.post(f"{page}/refuse", {"revision": shown.group(1), **note}, page=page)
    async with world.database.transaction() as tx:
        await templates.update(
            tx,
            act,
            account_id=world.sender,
            template_id=world.template,
            content="您的订单{1}已由示例快递发货。",
        )
    text = (await reviewer.get(page)).text
    since = card(text, "What changed since the last decision")
    assert "Content您的订单{1}已<ins>由示例快递</ins>发货。" in since
    assert "Name" not in since
    story = card(text, "History of the review")
    assert story.index("Submitted") < story.index("Rejected")
    assert "reviewer" in story
    async with world.database.transaction() as tx:
        await templates.update(
            tx,
            act,
            account_id=world.sender,
            template_id=world.template,
            content="您的订单{1}已发货。",
        )
    assert "Nothingchanged" in card((await reviewer.get(page)).text, "What changed since")


def test_a_rewrite_keeps_words_of_letters_whole() -> None:
    pieces = rewritten("content", "Hello Ann, 您好", "Hello Anna, 您们好").pieces
    assert pieces == (
        Piece("span", "Hello "),
        Piece("del", "Ann"),
        Piece("ins", "Anna"),
        Piece("span", ", 您"),
        Piece("ins", "们"),
        Piece("span", "好"),
    )
    assert rewritten("content", "", "新").pieces == (Piece("ins", "新"),)
