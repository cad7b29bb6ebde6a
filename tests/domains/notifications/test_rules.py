from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.accounts.model import FreezeReason, MemberState
from umcloud.domains.notifications import errors, rules
from umcloud.domains.notifications.model import MailState
from umcloud.infra.i18n import LOCALES, MissingTextError, Texts
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Refusal

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.text(),
            st.integers().map(Money),
            st.datetimes(timezones=st.just(UTC)),
            st.dates(),
            st.lists(st.integers(), max_size=3).map(tuple),
        ),
    )
)
def test_facts_come_back_from_json_as_they_were(facts: dict[str, object]) -> None:
    at_rest = json.loads(json.dumps(rules.pack(facts)))
    assert rules.unpack(at_rest, Texts("en")) == facts


def test_choices_are_written_in_the_readers_language() -> None:
    packed = rules.pack({"reason": FreezeReason.THEFT, "rate": Decimal("0.045")})
    assert rules.unpack(packed, Texts("en")) == {"reason": "reported stolen", "rate": "0.045"}
    assert rules.unpack(packed, Texts("zh_CN"))["reason"] == "账户被盗"
    unsaid = {"state": {"choice": "Unheard.OF"}}
    assert rules.unpack(unsaid, Texts("en")) == {"state": "OF"}
    with pytest.raises(TypeError):
        rules.pack({"share": 0.5})


def test_words_have_a_title_or_do_without() -> None:
    frozen = rules.pack({"reason": FreezeReason.ARREARS, "note": ""})
    words = rules.words(Texts("zh_CN"), "account.frozen", frozen)
    assert words.title == "账户已冻结"
    assert "欠费" in words.body
    assert rules.words(Texts("en"), "mail.given_up", {}).title.startswith("A mail")
    with pytest.raises(MissingTextError):
        rules.words(Texts("en"), "nothing.of_that_name", {})


def test_pauses_grow_and_end() -> None:
    waits = [rules.next_try(attempts, NOON) for attempts in range(1, 7)]
    assert waits[0] == NOON + timedelta(seconds=30)
    assert waits[4] == NOON + timedelta(hours=6)
    assert waits[5] is None
    known = [wait for wait in waits if wait]
    assert known == sorted(known)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_and_state_has_words(locale: str) -> None:
    texts = Texts(locale)
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal:
            assert texts.knows("refusals", value.code)
    for state in (*MailState, *MemberState):
        assert texts.say(state) != state.value
    assert texts.day(date(2026, 3, 2)) == "2026-03-02"
