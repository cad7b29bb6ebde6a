"""Nothing technical is all that a person of the operator reads."""

from __future__ import annotations

import pytest

from umcloud.doors.kit.values import Code, Lines
from umcloud.doors.office.ledger import KINDS
from umcloud.doors.office.words import deed_words, door_words, journal_name, journal_words
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.act import Door


@pytest.mark.parametrize("locale", LOCALES)
def test_doors_and_journals_have_a_name_in_every_language(locale: str) -> None:
    texts = Texts(locale)
    for kind in KINDS:
        shown = journal_words(kind)
        assert isinstance(shown, Lines)
        assert texts.ui(str(shown.first)) != kind
    assert all(texts.ui(door_words(door)) for door in Door)


def test_what_has_no_other_name_keeps_its_technical_one() -> None:
    assert isinstance(deed_words("account.registered"), Lines)
    assert deed_words("nobody.knows") == Code("nobody.knows")
    assert journal_words("unheard-of") == Code("unheard-of")
    assert journal_name("unheard-of") == "unheard-of"
