from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from umcloud.doors.kit.fields import (
    Amount,
    Check,
    Checks,
    Choice,
    Day,
    Email,
    Field,
    File,
    LongText,
    Option,
    Password,
    Text,
    UnfitError,
    Upload,
    Whole,
)
from umcloud.doors.kit.forms import FormSpec
from umcloud.kernel.money import Money

GOOD: dict[str, str | list[str]] = {
    "title": "云讯",
    "source": "company",
    "kind": "otp",
    "pace": "now",
    "body": "您好\r\n再见",
    "amount": "¥1,200.50",
    "quantity": "200",
    "clauses": ["C3.2", "C10.4", "C12.1"],
    "authority": "yes",
}
A = (Option("a", "A"), Option("b", "B"))


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (Text(name="x", label="l"), ["  云 "], "云"),
        (Text(name="x", label="l", required=False), [], ""),
        (Email(name="x", label="l"), ["a@example.com"], "a@example.com"),
        (LongText(name="x", label="l"), ["a\r\nb"], "a\nb"),
        (Password(name="x", label="l"), [" p "], " p "),
        (Whole(name="x", label="l"), ["1,200"], 1200),
        (Whole(name="x", label="l", required=False), [""], None),
        (Amount(name="x", label="l"), ["￥0.5"], Money.yuan("0.5")),
        (Day(name="x", label="l"), ["2026-03-02"], date(2026, 3, 2)),
        (Choice(name="x", label="l", options=A), ["b"], "b"),
        (Checks(name="x", label="l", options=A), ["b", "z", "a"], ("a", "b")),
        (Check(name="x", label="l"), ["yes"], True),
        (Check(name="x", label="l", required=False), [], False),
    ],
)
def test_what_was_typed_becomes_a_value(field: Field, typed: list[str], value: object) -> None:
    assert field.read(typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "key"),
    [
        (Text(name="x", label="l"), [" "], "kit.field.required"),
        (Text(name="x", label="l", max_length=2), ["abc"], "kit.field.too_long"),
        (Text(name="x", label="l", min_length=2), ["a"], "kit.field.too_short"),
        (Text(name="x", label="l", pattern="[0-9]+"), ["1a"], "kit.field.pattern"),
        (Email(name="x", label="l"), ["a@b"], "kit.field.email"),
        (Password(name="x", label="l"), [""], "kit.field.required"),
        (Whole(name="x", label="l"), ["1.5"], "kit.field.whole"),
        (Whole(name="x", label="l", least=100), ["99"], "kit.field.between"),
        (Whole(name="x", label="l", step=100), ["150"], "kit.field.step"),
        (Amount(name="x", label="l"), ["1.234"], "kit.field.amount"),
        (Amount(name="x", label="l"), ["-1"], "kit.field.amount"),
        (Amount(name="x", label="l"), ["0"], "kit.field.between"),
        (Day(name="x", label="l"), ["2026-02-30"], "kit.field.day"),
        (Choice(name="x", label="l", options=A), ["z"], "kit.field.choice"),
        (Checks(name="x", label="l", options=A), [], "kit.field.required"),
        (Checks(name="x", label="l", options=A, every=True), ["a"], "kit.field.every"),
        (Check(name="x", label="l"), [], "kit.field.tick"),
    ],
)
def test_what_does_not_fit_says_why(field: Field, typed: list[str], key: str) -> None:
    with pytest.raises(UnfitError) as unfit:
        field.read(typed)
    assert unfit.value.key == key


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.exe", b"%PDF-1.7", "kit.field.file_kind"),
        ("a.pdf", b"MZ", "kit.field.file_kind"),
        ("a.pdf", b"%PDF-" + b"x" * 100, "kit.field.file_size"),
    ],
)
def test_files_of_another_kind_or_size_are_refused(name: str, content: bytes, key: str) -> None:
    field = File(name="x", label="l", most_bytes=50)
    with pytest.raises(UnfitError) as unfit:
        field.check(Upload(name, "application/pdf", content))
    assert unfit.value.key == key
    good = Upload("a.PDF", "application/pdf", b"%PDF-1.7")
    assert field.check(good) == good


def test_options_known_at_run_time() -> None:
    spec = FormSpec("f", (Choice(name="x", label="l"), Text(name="y", label="l")))
    assert spec.with_options("x", A).fields[0].read(["a"]) == "a"


async def test_a_form_that_fits_leads_on_and_says_so(
    member: httpx.AsyncClient, browser: Any
) -> None:
    answer = await browser.post(member, "/forms", GOOD)
    assert answer.status_code == 303
    assert "已提交，金额 ¥1,200.50" in (await member.get(answer.headers["location"])).text


async def test_nothing_typed_is_lost_and_errors_stand_beside_and_above(
    member: httpx.AsyncClient, browser: Any
) -> None:
    answer = await browser.post(
        member, "/forms", GOOD | {"amount": "abc<b>", "clauses": ["C3.2"], "title": ""}
    )
    page = answer.text
    assert answer.status_code == 422
    assert "有 3 处需要修改" in page
    assert 'value="abc&lt;b&gt;"' in page
    assert '<a href="#everything-amount">' in page
    assert 'id="everything-amount-error"' in page
    assert page.index("#everything-title") < page.index("#everything-clauses")
    assert 'value="company" checked' in page
    assert 'value="C3.2" checked' in page
    assert 'value="C10.4" checked' not in page
    assert '<option value="otp" selected' in page
    assert "您好" in page


async def test_a_refusal_is_shown_at_the_top_with_its_facts(
    member: httpx.AsyncClient, browser: Any
) -> None:
    answer = await browser.post(member, "/forms", GOOD | {"title": "poor"})
    assert answer.status_code == 422
    assert "需要 ¥120.50，余额只有 ¥3.0456。请充值后再提交。" in answer.text


async def test_a_refusal_that_blames_a_field_stands_beside_it(
    member: httpx.AsyncClient, browser: Any
) -> None:
    answer = await browser.post(member, "/forms", GOOD | {"title": "taken"})
    assert answer.status_code == 422
    assert 'id="everything-title-error"' in answer.text
    assert "“taken”已被使用" in answer.text


async def test_a_form_sent_twice_has_one_key(member: httpx.AsyncClient, browser: Any) -> None:
    page = await member.get("/forms")
    key = browser.hidden(page, "idempotency_key")
    assert browser.hidden(await member.get("/forms"), "idempotency_key") != key
    again = await browser.post(member, "/forms", {"idempotency_key": key})
    assert browser.hidden(again, "idempotency_key") == key


async def test_a_password_is_never_shown_again(visitor: httpx.AsyncClient, browser: Any) -> None:
    answer = await browser.post(visitor, "/sign-in", {"email": "", "password": "hunter2"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


async def test_a_file_travels_with_the_form(member: httpx.AsyncClient, browser: Any) -> None:
    proof = browser.hidden(await member.get("/forms"), "csrf")
    for name, status in (("l.pdf", 303), ("l.exe", 422)):
        answer = await member.post(
            "/forms", data=GOOD | {"csrf": proof}, files={"licence": (name, b"%PDF-1.7 x")}
        )
        assert answer.status_code == status


async def test_deleting_takes_the_name(member: httpx.AsyncClient, browser: Any) -> None:
    refused = await browser.post(member, "/parts/delete", {"word": "云讯"}, page="/parts")
    assert refused.status_code == 422
    assert "请原样输入“云讯科技”" in refused.text
    done = await browser.post(member, "/parts/delete", {"word": "云讯科技"}, page="/parts")
    assert done.status_code == 303
