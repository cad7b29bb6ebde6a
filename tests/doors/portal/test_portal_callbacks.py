"""One URL's own page: a new secret, dead letters once more, another address, the log."""

from __future__ import annotations

import re

import pytest

from tests.doors.portal.conftest import Customer, World
from umcloud.kernel.ids import read

CALLBACKS = "/developer/callbacks"
HOST = "127.0.0.1"


async def _added(member: Customer, path: str, form: str = "signed") -> tuple[str, str]:
    """Return the new URL's page and what the answer showed."""
    url = f"http://{HOST}:8080/{path}"
    answer = await member.post(CALLBACKS, {"url": url, "form": form, "about": "receipts"})
    assert answer.status_code == 200, answer.text
    found = re.search(rf'href="({CALLBACKS}/end_\w+)"', answer.text.partition(url)[2])
    assert found
    return found.group(1), answer.text


def _secret(text: str) -> str:
    found = re.search(r"whsec_[\w-]+", text)
    assert found
    return found.group(0)


async def _kill(world: World, page: str) -> None:
    """Let all deliveries of a URL be given up."""
    async with world.database.transaction() as tx:
        await tx.sql(
            "UPDATE callback_delivery SET state = 'dead', ended_at = created_at, attempts = 11, "
            "last_error = 'no answer in time' WHERE endpoint_id = :endpoint",
            endpoint=read("end", page.rpartition("/")[2]),
        )


async def test_the_secret_is_renewed_once_its_host_was_typed(member: Customer) -> None:
    page, made = await _added(member, "hook")
    first = _secret(made)
    shown = await member.see(f"{page}?lang=en")
    assert "whsec_" not in shown
    assert "refuse the callbacks until they have it" in shown
    wrong = await member.post(f"{page}/secret", {"word": "example.com"}, page=page)
    assert wrong.status_code == 422
    renewed = await member.post(f"{page}/secret", {"word": HOST}, page=page)
    assert renewed.status_code == 200
    assert _secret(renewed.text) != first
    assert "whsec_" not in await member.see(page)
    log = await member.see("/account/log?lang=en")
    assert "callback.signing_renewed" in log


async def test_native_ones_have_no_secret_to_renew(member: Customer) -> None:
    page, _ = await _added(member, "native", "native")
    assert f"{page}/secret" not in await member.see(page)
    refused = await member.post(f"{page}/secret", {"word": HOST}, page=page)
    assert refused.status_code == 409


async def test_all_dead_letters_of_one_url_are_tried_again(world: World, member: Customer) -> None:
    one, _ = await _added(member, "one")
    other, _ = await _added(member, "two")
    for page in (other, one, one, one):
        await member.post(page, {"deed": "ping"}, page=page)
    await _kill(world, one)
    await _kill(world, other)
    shown = await member.see(f"{one}?lang=en")
    assert "3 deliveries were given up" in shown
    assert "No answer within 5 seconds" in shown
    assert shown.count("/deliveries/dlv_") == 3
    answer = await member.post(f"{one}/dead", {}, page=f"{one}?lang=en")
    assert answer.status_code == 303
    after = await member.see(one)
    assert "Queued again: 3. Deliveries given up: 3 before, 0 now." in after
    assert f"{one}/dead" not in after
    assert f"{other}/dead" in await member.see(other)


async def test_the_log_is_narrowed_and_paged(world: World, member: Customer) -> None:
    one, _ = await _added(member, "one")
    other, _ = await _added(member, "two")
    for _ in range(21):
        await member.post(one, {"deed": "ping"}, page=one)
    await member.post(other, {"deed": "ping"}, page=other)
    await _kill(world, other)
    every = await member.see(CALLBACKS)
    assert every.count("/deliveries/dlv_") == 20
    following = re.search(r'rel="next" href="([^"]+)"', every)
    assert following
    second = await member.see(following.group(1).replace("&amp;", "&"))
    assert second.count("/deliveries/dlv_") == 2
    mine = other.rpartition("/")[2]
    assert (await member.see(f"{CALLBACKS}?endpoint={mine}")).count("/deliveries/dlv_") == 1
    assert (await member.see(f"{CALLBACKS}?state=dead")).count("/deliveries/dlv_") == 1
    assert (await member.see(f"{one}?state=dead")).count("/deliveries/dlv_") == 0


async def test_a_url_is_changed_where_it_may_lead(member: Customer) -> None:
    page, _ = await _added(member, "hook")
    private = await member.post(
        f"{page}/change", {"url": "http://10.0.0.1/x", "kinds": ["failed"]}, page=page
    )
    assert private.status_code == 422
    nothing = await member.post(f"{page}/change", {"url": f"http://{HOST}:8080/x"}, page=page)
    assert nothing.status_code == 422
    saved = await member.post(
        f"{page}/change",
        {"url": f"http://{HOST}:8080/other", "kinds": ["failed", "unknown"]},
        page=page,
    )
    assert saved.status_code == 303
    shown = await member.see(f"{page}?lang=en")
    assert f"http://{HOST}:8080/other" in shown
    assert "Failed, Unknown" in shown


async def test_a_removed_url_keeps_its_log_and_nothing_else(member: Customer) -> None:
    page, _ = await _added(member, "hook")
    await member.post(page, {"deed": "ping"}, page=page)
    assert (await member.post(f"{page}/remove", {"word": "hook"}, page=page)).status_code == 422
    removed = await member.post(f"{page}/remove", {"word": HOST}, page=page)
    assert removed.status_code == 303
    shown = await member.see(f"{page}?lang=en")
    assert shown.count("/deliveries/dlv_") == 1
    assert f'method="post" action="{page}' not in shown
    again = await member.post(page, {"deed": "ping"}, page=CALLBACKS)
    assert again.status_code == 404


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_its_pages_speak_both_languages(
    world: World, member: Customer, language: str
) -> None:
    page, _ = await _added(member, "hook")
    await member.post(page, {"deed": "ping"}, page=page)
    await _kill(world, page)
    shown = await member.see(f"{page}?lang={language}")
    delivery = re.search(r"/developer/callbacks/deliveries/dlv_\w+", shown)
    assert delivery
    assert f"http://{HOST}:8080/hook" in await member.see(delivery.group(0))


async def test_another_account_s_url_is_not_there(member: Customer) -> None:
    await member.see(f"{CALLBACKS}/end_0000000000000000000000000a", 404)
    await member.see(f"{CALLBACKS}/nonsense", 404)
