from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from umcloud.doors.kit.gallery import TOKEN
from umcloud.doors.kit.guard import Flash, Guard
from umcloud.doors.kit.navigation import NavEntry, Navigation


async def test_a_visitor_is_sent_to_sign_in_and_back(
    visitor: httpx.AsyncClient, browser: Any
) -> None:
    away = await visitor.get("/forms")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/forms")
    sent = await browser.post(
        visitor, "/sign-in?next=/forms", {"email": "a@example.com", "password": "x"}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/forms")
    cookie = sent.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert (await visitor.get("/forms")).status_code == 200


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_signing_in_never_leads_to_a_foreign_address(
    visitor: httpx.AsyncClient, browser: Any, wanted: str
) -> None:
    sent = await browser.post(
        visitor, f"/sign-in?next={wanted}", {"email": "a@example.com", "password": "x"}
    )
    assert sent.headers["location"] == "/"


async def test_an_unknown_session_is_a_visitor(visitor: httpx.AsyncClient) -> None:
    visitor.cookies.set("gallery_session", "forged")
    assert (await visitor.get("/")).status_code == 303


async def test_signing_out_ends_the_session_and_says_so_once(
    member: httpx.AsyncClient, browser: Any
) -> None:
    sent = await browser.post(member, "/sign-out", {}, page="/")
    assert sent.headers["location"] == "/sign-in"
    assert "您已退出登录" in (await member.get("/sign-in")).text
    assert "您已退出登录" not in (await member.get("/sign-in")).text
    assert (await member.get("/")).status_code == 303


async def test_a_form_without_proof_is_refused_and_says_what_to_do(
    member: httpx.AsyncClient,
) -> None:
    for data in ({"title": "x"}, {"title": "x", "csrf": "forged"}):
        answer = await member.post("/forms", data=data)
        assert answer.status_code == 403
        assert "刷新" in answer.text


async def test_a_proof_belongs_to_one_browser(
    visitor: httpx.AsyncClient, member: httpx.AsyncClient, browser: Any
) -> None:
    stolen = browser.hidden(await visitor.get("/sign-in"), "csrf")
    answer = await member.post("/forms", data={"csrf": stolen})
    assert answer.status_code == 403


async def test_a_script_sends_the_proof_as_a_header(
    member: httpx.AsyncClient, browser: Any
) -> None:
    proof = browser.hidden(await member.get("/forms"), "csrf")
    answer = await member.post("/forms", data={"title": "x"}, headers={"x-csrf-token": proof})
    assert answer.status_code == 422


async def test_a_form_sent_from_another_site_is_refused(
    member: httpx.AsyncClient, browser: Any
) -> None:
    proof = browser.hidden(await member.get("/forms"), "csrf")
    answer = await member.post(
        "/forms", data={"csrf": proof}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_too_large_a_form_is_refused_before_it_is_kept(member: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(14):
            yield b"x=" + b"a" * 900_000 + b"&"

    kind = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"a" * 12_000_001, chunks()):
        answer = await member.post("/forms", content=content, headers=kind)
        assert answer.status_code == 413
        assert "12 MB" in answer.text


async def test_a_broken_form_is_refused(member: httpx.AsyncClient) -> None:
    kind = {"content-type": "multipart/form-data"}
    answer = await member.post("/forms", content=b"nonsense", headers=kind)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/nowhere", 404), ("/forbidden", 403), ("/broken", 500)]
)
async def test_every_page_carries_the_guarding_headers(
    member: httpx.AsyncClient, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    answer = await member.get(path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'nonce-" in policy
    assert "unsafe-eval" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("started", [False, True])
async def test_what_a_failing_page_was_given_reaches_no_log(
    app: Starlette, caplog: pytest.LogCaptureFixture, *, started: bool
) -> None:
    number = "13800138000"

    async def torn(request: Request) -> Response:
        async def pieces() -> AsyncIterator[str]:
            yield "the first"
            raise LookupError(request.url)

        return StreamingResponse(pieces())

    app.routes.insert(0, Route("/torn", torn))
    # The transport raises what a server would be given, and a server writes that to its log.
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        client.cookies.set("gallery_session", TOKEN, domain="desk.example")
        if started:
            with pytest.raises(ConnectionAbortedError) as raised:
                await client.get(f"/torn?number={number}")
            log = caplog.text + "".join(traceback.format_exception(raised.value))
        else:
            answer = await client.get(f"/broken?number={number}")
            assert answer.status_code == 500
            log = caplog.text
    assert number not in log
    assert ("in pieces" if started else "in broken") in log


@pytest.mark.parametrize(
    ("path", "zh", "en"),
    [
        ("/nowhere", "没有找到", "Not found"),
        ("/forbidden", "这里不能进入", "You cannot enter here"),
        ("/broken", "我们这边出错了", "Something went wrong on our side"),
    ],
)
async def test_error_pages_speak_both_languages_and_name_the_request(
    member: httpx.AsyncClient, path: str, zh: str, en: str
) -> None:
    for language, words in (("zh_CN", zh), ("en", en)):
        answer = await member.get(path, params={"lang": language})
        assert words in answer.text
        assert "req_" in answer.text


async def test_htmx_gets_a_piece_and_not_a_page(
    member: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    answer = await member.get("/forbidden", headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "FINANCE" in answer.text
    away = await visitor.get("/forms", headers={"hx-request": "true"})
    assert away.headers["hx-redirect"].startswith("/sign-in")


async def test_the_language_is_chosen_by_address_then_cookie_then_browser(
    visitor: httpx.AsyncClient,
) -> None:
    english = {"accept-language": "en-US,en;q=0.9"}
    assert '<html lang="zh-CN"' in (await visitor.get("/sign-in")).text
    assert '<html lang="en"' in (await visitor.get("/sign-in", headers=english)).text
    assert '<html lang="zh-CN"' in (await visitor.get("/sign-in?lang=zh_CN", headers=english)).text
    assert '<html lang="zh-CN"' in (await visitor.get("/sign-in", headers=english)).text


async def test_an_unknown_method_is_told(member: httpx.AsyncClient, browser: Any) -> None:
    proof = browser.hidden(await member.get("/forms"), "csrf")
    answer = await member.post("/tables", data={"csrf": proof})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_mounted_desk_keeps_every_address_below_its_place(app: Starlette) -> None:
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/office", app=app)]))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://desk", cookies={"gallery_session": TOKEN}
    ) as client:
        page = (await client.get("/office/tables")).text
        assert 'href="/office/_static/' in page
        assert 'action="/office/tables"' in page
        assert 'aria-current="page"' in page
        assert (await client.get("/office/live")).status_code == 200
        links = [part.split('"')[0] for part in page.split('href="')[1:]]
        assert all(link.startswith(("/office", "#")) for link in links)
        style = next(link for link in links if link.endswith("kit.css"))
        assert (await client.get(style)).status_code == 200


async def test_the_top_bar_shows_what_the_door_knows(member: httpx.AsyncClient) -> None:
    page = (await member.get("/")).text
    for words in ("上海云讯信息技术", "¥12,345.67", "3 条未读消息", "2026-", "欧阳明月"):
        assert words in page


def test_a_proof_is_masked_anew_and_bound() -> None:
    guard = Guard("a", b"sixteen bytes at least")
    first, second = guard.proof("me"), guard.proof("me")
    assert first != second
    assert guard.is_proof(first, "me")
    assert guard.is_proof(second, "me")
    assert not guard.is_proof(first, "you")
    assert not guard.is_proof("", "me")
    assert not guard.is_proof("é", "me")
    assert not Guard("b", b"sixteen bytes at least").is_proof(first, "me")


def test_a_flash_is_ours_or_nothing() -> None:
    guard = Guard("a", b"sixteen bytes at least")
    sealed = guard.seal_flash(Flash("good", "好"))
    assert guard.open_flash(sealed) == Flash("good", "好")
    assert guard.open_flash(f"x{sealed}") is None
    assert guard.open_flash("nonsense") is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="short"):
        Guard("a", b"short")


def test_a_navigation_has_at_most_eight_entries_and_knows_the_current_one() -> None:
    entries = tuple(NavEntry(f"/{number}", "x") for number in range(9))
    with pytest.raises(ValueError, match="8"):
        Navigation(entries)
    deep = Navigation(
        (NavEntry("/", "x"), NavEntry("/sms", "x", children=(NavEntry("/sms/a", "x"),)))
    )
    assert deep.current("/") == "/"
    assert deep.current("/sms/a/7") == "/sms/a"
    assert deep.current("/sms/b") == "/sms"
    assert deep.current("/smsx") == ""
    hidden = Navigation((NavEntry("/staff", "x", roles=frozenset({"ADMIN"})),))
    assert hidden.visible_to(frozenset()) == ()
    assert hidden.visible_to(frozenset({"ADMIN"})) == hidden.entries
