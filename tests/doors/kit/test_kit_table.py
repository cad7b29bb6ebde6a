from __future__ import annotations

import csv
import io
import re
from html import unescape

import httpx
import pytest
from markupsafe import Markup

from umcloud.doors.kit.gallery_content import HOW_MANY
from umcloud.doors.kit.live import BYTE_ORDER_MARK
from umcloud.doors.kit.values import Body, Code, Key, Lines, Link, Phone, show, words_of
from umcloud.infra.i18n import Texts


def rows(page: str) -> list[str]:
    return re.findall(r"/parts\?record=(\d+)", page)


def leading(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return unescape(found.group(1)) if found else None


async def test_pages_follow_each_other_without_gap_and_lead_back(
    member: httpx.AsyncClient,
) -> None:
    seen: list[list[str]] = []
    path: str | None = "/tables"
    while path:
        page = (await member.get(path)).text
        seen.append(rows(page))
        path = leading(page, "next")
    assert [number for part in seen for number in part] == [str(n) for n in range(HOW_MANY)]
    back = []
    previous = leading(page, "prev")
    while previous:
        page = (await member.get(previous)).text
        back.append(rows(page))
        previous = leading(page, "prev")
    assert back == list(reversed(seen[:-1]))


async def test_filters_are_chips_that_can_be_taken_off(member: httpx.AsyncClient) -> None:
    page = (await member.get("/tables?state=failed&phone=138")).text
    assert "状态：<b>失败</b>" in page
    assert "手机号：<b>138</b>" in page
    assert 'href="/tables?phone=138"' in page
    assert 'href="/tables?state=failed"' in page
    assert "清除全部条件" in page
    assert "/tables.csv?state=failed&amp;phone=138" in page


async def test_what_the_address_cannot_mean_is_left_out(member: httpx.AsyncClient) -> None:
    page = await member.get(
        "/tables?state=bogus&since=31.2.&sort=body&size=7&after=%F0&col=cost&trail=..&zzz=1"
    )
    assert page.status_code == 200
    assert "k-chip" not in page.text
    assert len(rows(page.text)) == 20


async def test_markup_in_a_filter_is_shown_as_text(member: httpx.AsyncClient) -> None:
    page = (await member.get("/tables", params={"phone": "<script>x</script>"})).text
    assert "<script>x" not in page
    assert "没有符合条件的记录" in page


async def test_sorting_turns_round_and_filters_stay(member: httpx.AsyncClient) -> None:
    page = (await member.get("/tables?state=failed")).text
    assert 'aria-sort="descending"' in page
    assert "/tables?state=failed&amp;sort=at" in page
    other = (await member.get("/tables?sort=cost")).text
    assert 'aria-sort="ascending"' in other
    assert "/tables?sort=-cost" in other


async def test_an_optional_column_is_chosen_in_the_address(member: httpx.AsyncClient) -> None:
    assert 'data-label="编号"' not in (await member.get("/tables")).text
    assert 'data-label="编号"' in (await member.get("/tables?col=number")).text


async def test_an_empty_table_says_what_would_be_here(member: httpx.AsyncClient) -> None:
    page = (await member.get("/tables/empty")).text
    assert "还没有短信" in page
    assert "发送第一条短信" in page
    assert "k-filters" not in page


async def test_the_csv_has_every_row_masked_and_harmless(member: httpx.AsyncClient) -> None:
    answer = await member.get("/tables.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "filename*=UTF-8''%E8%AE%B0%E5%BD%95.csv" in answer.headers["content-disposition"]
    assert answer.text.startswith(BYTE_ORDER_MARK)
    table = list(csv.reader(io.StringIO(answer.text[1:])))
    assert len(table) == HOW_MANY + 1
    assert table[0][:3] == ["时间", "手机号", "状态"]
    assert table[2][1] == "138****8000"
    assert table[1][4] == "¥0.045"


@pytest.mark.parametrize(
    ("value", "html", "words"),
    [
        (None, "—", ""),
        ("<b>", "&lt;b&gt;", "<b>"),
        (Link("云讯 <i>", "/a?b=1&c"), 'href="/root/a?b=1&amp;c"', "云讯 <i>"),
        (Link("外", "https://example.com"), 'href="https://example.com"', "外"),
        (Phone("13812348000"), "138****8000", "138****8000"),
        (Phone("13812348000", unmasked=True), "13812348000", "13812348000"),
        (Body("【云讯】验证码", masked=True), "【云讯】•••", "【云讯】••• (3)"),
        (Code("<x>"), "&lt;x&gt;", "<x>"),
        (Lines("a", 1000), "1,000", "a 1,000"),
        (Key("kit.save"), "保存", "保存"),
        (["a", "b"], "a、b", "a、b"),
        (True, "是", "是"),
    ],
)
def test_values_are_shown_escaped_by_their_kind(value: object, html: str, words: str) -> None:
    texts = Texts()
    assert html in show(texts, value, "/root")
    assert words_of(texts, value) == words


def test_markup_stays_markup() -> None:
    assert show(Texts(), Markup("<i>x</i>")) == "<i>x</i>"
