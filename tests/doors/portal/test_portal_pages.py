"""Every page, in both languages, with nothing in it and for nobody else."""

from __future__ import annotations

import pytest

from tests.doors.portal.conftest import Customer, World

PAGES = [
    "/",
    "/inbox",
    "/account",
    "/account/verification",
    "/account/agreements",
    "/account/log",
    "/account/log?what=signatures&who=staff&since=2026-03-01",
    "/account/sessions",
    "/signatures",
    "/signatures/new",
    "/templates",
    "/templates/new",
    "/send",
    "/records",
    "/records?number=1380013",
    "/records?status=delivered&cls=otp&since=2026-03-01&until=2026-03-02&number=13800138000",
    "/replies",
    "/replies?number=1380013",
    "/replies?number=13800138000&since=2026-03-01&until=2026-03-02",
    "/opt-outs",
    "/opt-outs?number=13800138000",
    "/opt-outs?number=138",
    "/costs",
    "/costs/recharge",
    "/costs/packages",
    "/costs/prices",
    "/costs/prices?cls=international&text=852&when=changing",
    "/costs/statement",
    "/costs/statement?currency=SMS.N",
    "/developer",
    "/developer/calls",
    "/developer/callbacks",
]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_page_renders(member: Customer, language: str) -> None:
    for path in PAGES:
        text = await member.see(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert text.count("<h1") == 1, path


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_open_pages_render(customer: Customer, world: World, language: str) -> None:
    del world
    for path in ("/sign-in", "/sign-in/code", "/sign-up", "/terms"):
        await customer.see(f"{path}?lang={language}")


async def test_what_is_not_there_is_said(member: Customer) -> None:
    for path in (
        "/records/msg_0000000000000000000000000a",
        "/records/nonsense",
        "/opt-outs/nonsense",
        "/opt-outs/opt_0000000000000000000000000a",
        "/signatures/SIG20260302ABC123",
        "/templates/UTA260302ABCDEF",
        "/costs/recharge/nonsense",
        "/developer/keys/nonsense",
        "/developer/callbacks/deliveries/nonsense",
        "/account/agreements/nonsense",
        "/nowhere",
        "/send?template=UTA260302ABCDEF",
    ):
        await member.see(path, 404)
    # A cursor that somebody made up shows the first page.
    await member.see("/records?after=WyJ4Il0")
    await member.see("/costs/statement?after=WyJ4Il0")
