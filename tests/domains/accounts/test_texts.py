from __future__ import annotations

import pytest

from umcloud.domains.accounts import errors
from umcloud.domains.accounts.model import Channel, FreezeReason, Role, Scope
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.refusals import Refusal

SAID: list[Refusal] = [
    errors.ContactMalformed(channel=Channel.PHONE),
    errors.CodeWrong(tries_left=1),
    errors.CodeTooSoon(seconds=60),
    errors.SignInLocked(minutes=15),
    errors.RoleMissing(needed=(Role.FINANCE, Role.OWNER)),
    errors.InvitationTooSoon(seconds=1),
    errors.InvitationExpired(hours=72),
    errors.InvitationContactTaken(channel=Channel.EMAIL),
    errors.AccountFrozen(reason=FreezeReason.THEFT),
    errors.KeyScopeMissing(scope=Scope.SEND),
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("refusal", SAID, ids=lambda refusal: refusal.code)
def test_refusals_are_whole_sentences(locale: str, refusal: Refusal) -> None:
    sentence = Texts(locale).refusal(refusal)
    assert "{" not in sentence
    assert sentence[-1] in "。."


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_of_accounts_has_a_sentence(locale: str) -> None:
    codes = {
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    }
    assert len(codes) > 20
    assert [code for code in codes if not Texts(locale).knows("refusals", code)] == []
