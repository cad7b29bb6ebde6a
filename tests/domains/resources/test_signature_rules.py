from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umcloud.domains.resources.signatures import errors, rules
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.kernel.refusals import Refusal


def draft(
    text: str = "优铭云",
    kind: SignatureType = SignatureType.COMPANY,
    certificate: CertificateType = CertificateType.LICENCE,
    purpose: SignaturePurpose = SignaturePurpose.OWN,
) -> SignatureDraft:
    return SignatureDraft(text, kind, purpose, certificate)


@given(st.text("优铭云短信AZaz09_\u3007", min_size=2, max_size=20))
def test_allowed_texts(text: str) -> None:
    rules.check_text(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", errors.TextLength),
        ("优", errors.TextLength),
        ("优" * 21, errors.TextLength),
        ("【优铭云】", errors.TextCharacters),
        ("优铭云!", errors.TextCharacters),
        ("优 铭", errors.TextCharacters),
        ("优铭\n", errors.TextCharacters),
        ("カタカナ", errors.TextCharacters),
        ("𠮷野家", errors.TextCharacters),
        ("云😀", errors.TextCharacters),
        ("\uff35\uff2d", errors.TextCharacters),
        ("告警通知", errors.TextNeutral),
        ("尊敬的客户", errors.TextNeutral),
        ("Notice", errors.TextNeutral),
    ],
)
def test_refused_texts(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        rules.check_text(text)


@pytest.mark.parametrize("kind", SignatureType)
def test_the_certificate_must_fit_the_type(kind: SignatureType) -> None:
    fitting = rules.fitting_certificates(kind)
    assert fitting
    for certificate in CertificateType:
        one = draft(kind=kind, certificate=certificate)
        if certificate in fitting:
            rules.check_draft(one, has_certificate=True, has_authority=False)
        else:
            with pytest.raises(errors.CertificateMisfit):
                rules.check_draft(one, has_certificate=True, has_authority=False)


def test_only_the_own_licence_may_be_left_out() -> None:
    rules.check_draft(draft(), has_certificate=False, has_authority=False)
    mark = draft(kind=SignatureType.TRADEMARK, certificate=CertificateType.TRADEMARK)
    with pytest.raises(errors.EvidenceMissing):
        rules.check_draft(mark, has_certificate=False, has_authority=False)
    others = draft(purpose=SignaturePurpose.OTHERS)
    with pytest.raises(errors.EvidenceMissing):
        rules.check_draft(others, has_certificate=False, has_authority=True)
    with pytest.raises(errors.AuthorityMissing):
        rules.check_draft(others, has_certificate=True, has_authority=False)
    rules.check_draft(others, has_certificate=True, has_authority=True)


def test_files_are_known_by_their_first_bytes() -> None:
    assert rules.media_type_of(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert rules.media_type_of(b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert rules.media_type_of(b"%PDF-1.7") == "application/pdf"
    for other in (b"", b"GIF89a", b"MZ", b"<svg/>", b"\xff\xd8"):
        with pytest.raises(errors.EvidenceFormat):
            rules.media_type_of(other)
    limit = 4 * 1024 * 1024
    assert rules.media_type_of(b"%PDF-".ljust(limit)) == "application/pdf"
    with pytest.raises(errors.EvidenceTooLarge) as refused:
        rules.media_type_of(b"%PDF-".ljust(limit + 1))
    assert refused.value.facts == {"size": limit + 1, "most": limit}


def test_a_reason_is_said_and_not_a_novel() -> None:
    assert rules.REVIEW.reason_of("  证件不清晰 ") == "证件不清晰"
    for text in ("", "  ", "长" * 501):
        with pytest.raises(errors.ReasonMissing):
            rules.REVIEW.reason_of(text)
