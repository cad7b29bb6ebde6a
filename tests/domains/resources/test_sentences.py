"""Every refusal and event of the two slices is said in both languages, facts filled in."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import errors as signature_errors
from umcloud.domains.resources.signatures import events as signature_events
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    EvidenceKind,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.templates import errors as template_errors
from umcloud.domains.resources.templates import events as template_events
from umcloud.domains.resources.templates.model import TemplateClass
from umcloud.infra.bus import Event
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.refusals import Refusal

FACTS: dict[str, Any] = {
    "account_id": UUID(int=1),
    "certificate_type": CertificateType.LICENCE,
    "characters": "★",
    "cls": TemplateClass.OTP,
    "expected": 2,
    "given": 1,
    "is_default": True,
    "least": 2,
    "length": 21,
    "most": 4194304,
    "position": 1,
    "public_id": "SIG20260302ABCDEF",
    "reason": "证件不清晰",
    "revision": 1,
    "signature_id": UUID(int=2),
    "size": 5_000_000,
    "state": ReviewState.APPROVED,
    "template_id": UUID(int=3),
    "text": "优铭云",
    "title": "登录",
    "type": SignatureType.COMPANY,
    "variable": "{0}",
    "word": "casino",
    "words": ("验证码", "注册码"),
}


def classes_in(module: Any, base: type) -> list[Any]:
    return [
        found
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, base)
        and found.__module__ == module.__name__
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_refusals(locale: str) -> None:
    texts = Texts(locale)
    for module in (signature_errors, template_errors):
        found: list[type[Refusal]] = classes_in(module, Refusal)
        assert found
        for refusal in found:
            assert texts.refusal(refusal(**FACTS))


@pytest.mark.parametrize("locale", LOCALES)
def test_events(locale: str) -> None:
    texts = Texts(locale)
    for module in (signature_events, template_events):
        for event in classes_in(module, Event):
            if "name" in vars(event):
                facts = {field.name: FACTS[field.name] for field in fields(event)}
                assert texts.event(event(**facts).name, **facts)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "kind",
    [ReviewState, SignatureType, SignaturePurpose, CertificateType, EvidenceKind, TemplateClass],
)
def test_enums(locale: str, kind: type[Enum]) -> None:
    for member in kind:
        assert Texts(locale).ui(f"enum.{kind.__name__}.{member.name}")
