from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.resources.templates import errors, rules
from umcloud.domains.resources.templates.model import TemplateClass, TemplateDraft, WordHit
from umcloud.domains.resources.templates.rendering import (
    check_values,
    compile_content,
    render,
)
from umcloud.domains.resources.templates.words import check_words, find_words, topics
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.ids import TemplateId
from umcloud.kernel.refusals import Refusal

OTP = TemplateDraft(TemplateClass.OTP, "登录_otp", "您的验证码是{1}，{2}分钟内有效。")
NOTICE = TemplateDraft(TemplateClass.NOTICE, "发货", "您的订单{1}已发货。")
MARKETING = TemplateDraft(TemplateClass.MARKETING, "春季", "春季新品已上架，回TD退订")


@pytest.mark.parametrize(("draft", "count"), [(OTP, 2), (NOTICE, 1), (MARKETING, 0)])
def test_good_drafts(draft: TemplateDraft, count: int) -> None:
    assert rules.check_draft(draft) == count


@pytest.mark.parametrize("word", ["验证码", "注册码", "校验码", "动态码"])
def test_each_of_the_four_words_makes_an_otp(word: str) -> None:
    assert rules.check_draft(replace(OTP, content=f"{word}{{1}}")) == 1


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (replace(OTP, name="一"), errors.NameMalformed),
        (replace(OTP, name="长" * 33), errors.NameMalformed),
        (replace(OTP, name="a-b"), errors.NameMalformed),
        (replace(OTP, remark="长" * 129), errors.RemarkLength),
        (replace(OTP, instruction="长" * 501), errors.RemarkLength),
        (replace(OTP, content="您的密码是{1}"), errors.CodeWordMissing),
        (replace(NOTICE, content=""), errors.ContentEmpty),
        (replace(NOTICE, content="{1}"), errors.ContentEmpty),
        (replace(NOTICE, content=" {1}，{2}。"), errors.ContentEmpty),
        (replace(NOTICE, content="长" * 501), errors.ContentLength),
        (replace(NOTICE, content="到账￥100"), errors.ContentCharacters),
        (replace(NOTICE, content="★好"), errors.ContentCharacters),
        (replace(NOTICE, content="※好"), errors.ContentCharacters),
        (replace(NOTICE, content="●好"), errors.ContentCharacters),
        (replace(NOTICE, content="好😀"), errors.ContentCharacters),
        (replace(NOTICE, content="好\x00"), errors.ContentCharacters),
        (replace(NOTICE, content="【银行】您好"), errors.ContentCharacters),
        (replace(NOTICE, content="您好{0}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{2}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{1}{3}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{01}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{name}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{1"), errors.VariablesBroken),
        (replace(NOTICE, content="您好1}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{{1}}"), errors.VariablesBroken),
        (replace(NOTICE, content="您好{\uff11}"), errors.VariablesBroken),
        (replace(MARKETING, content="春季新品"), errors.UnsubscribeMissing),
        (replace(MARKETING, content="回TD退订，春季新品"), errors.UnsubscribeMissing),
        (replace(MARKETING, content="春季新品", unsubscribe="再见"), errors.UnsubscribeMissing),
    ],
)
def test_refused_drafts(draft: TemplateDraft, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        rules.check_draft(draft)
    for locale in LOCALES:
        assert Texts(locale).refusal(refused.value)


@pytest.mark.parametrize(
    "ending",
    ["回T退订", "回TD退订", "回复TD退订。", "拒收请回复R", "退订回T", "退订请回复 TD", "TD退订"],
)
def test_endings_that_say_how_to_unsubscribe(ending: str) -> None:
    assert rules.check_draft(replace(MARKETING, content=f"春季新品，{ending}")) == 0
    separate = replace(MARKETING, content="春季新品。", unsubscribe=ending)
    assert rules.check_draft(separate) == 0
    assert rules.settled_unsubscribe(separate) == ending


def test_the_wording_is_neither_doubled_nor_put_behind_other_classes() -> None:
    usual = rules.USUAL_UNSUBSCRIBE
    assert rules.ends_with_unsubscribe(usual)
    assert not rules.settled_unsubscribe(replace(MARKETING, unsubscribe=usual))
    assert not rules.settled_unsubscribe(replace(NOTICE, unsubscribe=usual))
    long = replace(MARKETING, content="长" * 495, unsubscribe=usual)
    with pytest.raises(errors.ContentLength):
        rules.check_draft(long)
    abroad = replace(MARKETING, content="Spring sale", international=True)
    assert rules.check_draft(abroad) == 0


def test_public_ids_tell_class_and_day() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    one = TemplateId(UUID(int=0xABCDEF))
    assert rules.public_id_of(one, TemplateClass.OTP, late) == "UTA260302ABCDEF"
    assert rules.public_id_of(one, TemplateClass.NOTICE, late) == "UTN260302ABCDEF"
    assert rules.public_id_of(one, TemplateClass.MARKETING, late) == "UTB260302ABCDEF"


@pytest.mark.parametrize("cls", TemplateClass)
def test_native_numbers(cls: TemplateClass) -> None:
    assert TemplateClass.of_purpose(cls.purpose) is cls
    for number in (-1, 0, 4):
        with pytest.raises(ValueError, match="purpose"):
            TemplateClass.of_purpose(number)


plain = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=20)


@given(data=st.data(), count=st.integers(0, 9))
def test_rendering_is_replacing_each_variable_by_its_value(data: st.DataObject, count: int) -> None:
    order = data.draw(st.permutations(range(1, count + 1)))
    pieces = [data.draw(plain) for _ in range(count + 1)]
    values = [data.draw(st.text(st.characters(exclude_categories=["Cs"]))) for _ in range(count)]
    content = pieces[0]
    expected = pieces[0]
    for number, piece in zip(order, pieces[1:], strict=True):
        content += f"{{{number}}}{piece}"
        expected += values[number - 1] + piece
    compiled = compile_content(content)
    assert compiled.variable_count == count
    assert compiled.render(values) == expected
    for wrong in ([*values, "x"], values[:-1] if values else ["x"]):
        with pytest.raises(errors.ParamsMismatch):
            compiled.render(wrong)


def test_values_are_never_read_as_variables() -> None:
    assert (
        render("验证码{1}和{2}，{1}", ["{2}", "{0.__class__}%s"])
        == "验证码{2}和{0.__class__}%s，{2}"
    )
    assert render("100%{1}%s", ["x"]) == "100%x%s"


@pytest.mark.parametrize("value", ["1", "123456", "aB3xY9z"])
def test_otp_values(value: str) -> None:
    check_values(TemplateClass.OTP, [value])


@pytest.mark.parametrize("value", ["", "12345678", "12 34", "十", "\u0661\u0662", "1.5"])
def test_refused_otp_values(value: str) -> None:
    with pytest.raises(errors.ValueNotAllowed) as refused:
        check_values(TemplateClass.OTP, ["123456", value])
    assert refused.value.facts == {"position": 2}


def test_values_of_other_classes() -> None:
    check_values(TemplateClass.NOTICE, ["张三 & 李四", "", "10:30，http://a.cn/?b=1{1}"])
    for value in ("😀", "【银行】", "a\x00", "★"):
        with pytest.raises(errors.ValueNotAllowed):
            check_values(TemplateClass.MARKETING, [value])


def test_sensitive_words_advise_and_some_bar_values() -> None:
    hits = find_words("限时优惠，网贷贷款 CASINO")
    assert hits == (
        WordHit("限时", "marketing"),
        WordHit("优惠", "marketing"),
        WordHit("网贷", "loans"),
        WordHit("贷款", "loans"),
        WordHit("casino", "gambling"),
    )
    assert [hit.topic for hit in find_words("限时优惠贷款", TemplateClass.MARKETING)] == ["loans"]
    assert find_words("您的验证码是{1}") == ()
    check_words(["123456", "某某贷款公司", ""])
    with pytest.raises(errors.WordBlocked) as refused:
        check_words(["1", "去Casino玩"])
    assert refused.value.facts == {"position": 2, "word": "casino"}
    for locale in LOCALES:
        for topic in topics():
            assert Texts(locale).ui(f"words.topic.{topic}")
