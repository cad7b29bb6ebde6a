from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.identity import errors, rules
from umcloud.domains.identity.model import DocumentKind, MediaType, Organisation
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.refusals import Refusal

USCC = "91110000600037341L"


@pytest.mark.clause("C3.2")
def test_an_organisation_is_read_in_its_canonical_form() -> None:
    read = rules.read_organisation(" 杭州示例科技 ", " 91110000600037341l ", "林一")
    assert read == Organisation("杭州示例科技", USCC, "林一")


@pytest.mark.clause("C3.2")
@pytest.mark.parametrize("position", range(18))
def test_any_one_wrong_character_of_the_code_is_found(position: int) -> None:
    wrong = "2" if USCC[position] != "2" else "3"
    code = USCC[:position] + wrong + USCC[position + 1 :]
    with pytest.raises(errors.UsccMalformed):
        rules.read_organisation("杭州示例科技", code, "林一")


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        read = rules.read_organisation("杭州示例科技", text, "林一")
    except errors.UsccMalformed:
        return
    assert len(read.uscc) == 18


@pytest.mark.parametrize(("name", "person"), [("", "林一"), ("示例\n科技", "林一"), ("示例", "林")])
def test_unprintable_names_are_refused(name: str, person: str) -> None:
    with pytest.raises(errors.NameMalformed):
        rules.read_organisation(name, USCC, person)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0rest", MediaType.JPEG),
        (b"\x89PNG\r\n\x1a\nrest", MediaType.PNG),
        (b"%PDF-1.7", MediaType.PDF),
    ],
)
def test_documents_are_known_by_their_first_bytes(content: bytes, media_type: MediaType) -> None:
    assert rules.media_type_of(content) is media_type


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>", b"PK\x03\x04"])
def test_other_documents_are_refused(content: bytes) -> None:
    with pytest.raises(errors.DocumentUnreadable):
        rules.media_type_of(content)


def test_four_mebibytes_and_no_more() -> None:
    whole = b"%PDF-".ljust(rules.DOCUMENT_MOST, b"x")
    assert rules.media_type_of(whole) is MediaType.PDF
    with pytest.raises(errors.DocumentTooLarge):
        rules.media_type_of(whole + b"x")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_has_a_sentence(locale: str) -> None:
    texts = Texts(locale)
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    ]
    assert len(classes) > 10
    assert [cls.code for cls in classes if not texts.knows("refusals", cls.code)] == []
    missing = errors.DocumentsMissing(missing=(DocumentKind.LICENCE,))
    assert "{" not in texts.refusal(missing)
