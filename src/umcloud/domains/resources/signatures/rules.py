"""Pure decisions about signatures: what may be asked for and what may happen next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from umcloud.domains.resources.review.rules import ReviewRules
from umcloud.domains.resources.signatures.errors import (
    AuthorityMissing,
    CertificateMisfit,
    ChangedMeanwhile,
    DescriptionLength,
    EvidenceFormat,
    EvidenceMissing,
    EvidenceTooLarge,
    MovedOn,
    NotApproved,
    NotDisabled,
    NotEditable,
    NotInReview,
    NotStopped,
    NotWaiting,
    ReasonMissing,
    TextCharacters,
    TextLength,
    TextNeutral,
    UnderReview,
)
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    Evidence,
    Signature,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.kernel.ids import SignatureId
from umcloud.kernel.moments import shanghai_day

#: R-SIG-01. The update interface and older pages say 12; the current page and the form say 20.
SHORTEST: Final = 2
LONGEST: Final = 20
LONGEST_DESCRIPTION: Final = 500
MOST_EVIDENCE_BYTES: Final = 4 * 1024 * 1024

#: R-SIG-02. Only characters of the basic plane: others take two places in a short message.
_FOREIGN = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff\u3007A-Za-z0-9_]")

#: R-SIG-04: words that name nobody, in the forms most often asked for.
_NEUTRAL: Final = frozenset({
    "告警通知", "报警通知", "系统通知", "温馨提示", "友情提示", "尊敬的客户", "尊敬的用户",
    "尊敬的会员", "亲爱的用户", "客服中心", "客户服务", "短信通知", "通知", "提醒", "公告",
    "验证码", "会员通知", "活动通知", "重要通知", "官方通知", "notice", "alert", "alarm", "test",
    "测试", "测试签名",
})  # fmt: skip

#: The first bytes of the formats that R-SIG-10 admits.
_FORMATS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)

_FITTING: Final[Mapping[SignatureType, frozenset[CertificateType]]] = {
    SignatureType.COMPANY: frozenset({CertificateType.LICENCE}),
    SignatureType.APP: frozenset({CertificateType.APP_CONSOLE}),
    SignatureType.WEBSITE: frozenset({CertificateType.SITE_FILING}),
    SignatureType.PUBLIC_ACCOUNT: frozenset({CertificateType.PUBLIC_ACCOUNT_CONSOLE}),
    SignatureType.TRADEMARK: frozenset({CertificateType.TRADEMARK}),
    # Both numbers are described as org code or credit code certificates.
    SignatureType.INSTITUTION: frozenset({CertificateType.INSTITUTION, CertificateType.LICENCE}),
}

#: The states' rules (`review.rules`), refusing in this slice's words.
REVIEW: Final = ReviewRules(
    not_editable=NotEditable,
    moved_on=MovedOn,
    under_review=UnderReview,
    not_waiting=NotWaiting,
    not_in_review=NotInReview,
    not_approved=NotApproved,
    not_disabled=NotDisabled,
    not_stopped=NotStopped,
    changed_meanwhile=ChangedMeanwhile,
    reason_missing=ReasonMissing,
)


def public_id_of(signature_id: SignatureId, now: datetime) -> str:
    """Return `SIG`, the customer's day and six hex characters of the id's random end."""
    return f"SIG{shanghai_day(now):%Y%m%d}{signature_id.int & 0xFFFFFF:06X}"


def check_text(text: str) -> None:
    """Refuse a text that cannot be a signature (R-SIG-01, 02, 04)."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise TextLength(length=len(text), least=SHORTEST, most=LONGEST)
    foreign = sorted(set(_FOREIGN.findall(text)))
    if foreign:
        raise TextCharacters(characters="".join(foreign))
    if text.lower() in _NEUTRAL:
        raise TextNeutral


def fitting_certificates(signature_type: SignatureType) -> frozenset[CertificateType]:
    """Return the certificates that can prove a signature of this type."""
    return _FITTING[signature_type]


def check_draft(draft: SignatureDraft, *, has_certificate: bool, has_authority: bool) -> None:
    """Refuse a draft that the reviewer could only refuse (R-SIG-01 to 11).

    The customer's own licence may be left out: real-name verification has it on file.
    """
    check_text(draft.text)
    if len(draft.description) > LONGEST_DESCRIPTION:
        raise DescriptionLength(most=LONGEST_DESCRIPTION)
    if draft.certificate_type not in _FITTING[draft.type]:
        raise CertificateMisfit(type=draft.type, certificate_type=draft.certificate_type)
    own_licence = (
        draft.purpose is SignaturePurpose.OWN and draft.certificate_type is CertificateType.LICENCE
    )
    if not has_certificate and not own_licence:
        raise EvidenceMissing
    if draft.purpose is SignaturePurpose.OTHERS and not has_authority:
        raise AuthorityMissing


def media_type_of(content: bytes) -> str:
    """Return what the file's first bytes say it is; refuse other formats and over 4 MB."""
    if len(content) > MOST_EVIDENCE_BYTES:
        raise EvidenceTooLarge(size=len(content), most=MOST_EVIDENCE_BYTES)
    for head, media_type in _FORMATS:
        if content.startswith(head):
            return media_type
    raise EvidenceFormat


def under_review(one: Signature, files: Iterable[Evidence]) -> dict[str, str]:
    """Return what a reviewer decides about, by field: files by id, choices by name."""
    return {
        "text": one.text,
        "type": one.type.name,
        "purpose": one.purpose.name,
        "certificate_type": one.certificate_type.name,
        "description": one.description,
        **{file.kind.value: str(file.id) for file in files},
    }
