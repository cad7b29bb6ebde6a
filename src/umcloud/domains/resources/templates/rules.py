"""Pure decisions about templates: what may be asked for and what may happen next."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from umcloud.domains.resources.review import EDITABLE, LONGEST_REASON, ReviewState
from umcloud.domains.resources.templates.errors import (
    ChangedMeanwhile,
    CodeWordMissing,
    ContentCharacters,
    ContentEmpty,
    ContentLength,
    NameMalformed,
    NotApproved,
    NotEditable,
    NotInReview,
    NotWaiting,
    ReasonMissing,
    RemarkLength,
    UnderReview,
    UnsubscribeMissing,
)
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.domains.resources.templates.rendering import GARBLING, compile_content
from umcloud.kernel.ids import TemplateId
from umcloud.kernel.moments import shanghai_day

SHORTEST_NAME: Final = 2
#: D-04: the page says 12, the interface 32; whoever may write 12 may write 32.
LONGEST_NAME: Final = 32
#: D-05: the update interface says 600; the product rule and the send limit say 500.
LONGEST_CONTENT: Final = 500
LONGEST_REMARK: Final = 128
LONGEST_INSTRUCTION: Final = 500

#: R-TPL-07.
CODE_WORDS: Final = ("验证码", "注册码", "校验码", "动态码")

#: The wording put behind a marketing text whose writer only ticked a box (D-07).
USUAL_UNSUBSCRIBE: Final = "拒收请回复R"

_NAME = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\u3007A-Za-z0-9_]+")
_VARIABLE = re.compile(r"\{[0-9]+\}")
_WORDY = re.compile(r"[^\W_]")
#: R-TPL-09 and D-07: TD, T and the interface's R, before or behind the word for unsubscribing.
_UNSUBSCRIBE = re.compile(
    r"(?:(?:退订|拒收)[请,，:： ]*(?:回复?|发送?)?\s*(?:TD|T|R)"
    r"|(?:TD|T|R)\s*(?:退订|拒收)"
    r"|(?:reply|send|text)\s+(?:TD|T|R)\s+to\s+(?:unsubscribe|opt\s+out))"
    r"[。.!！)）]?$",
    re.IGNORECASE,
)


def public_id_of(template_id: TemplateId, cls: TemplateClass, now: datetime) -> str:
    """Return `UT`, the class letter, the customer's day and six hex characters of the id."""
    return f"UT{cls.letter}{shanghai_day(now):%y%m%d}{template_id.int & 0xFFFFFF:06X}"


def check_draft(draft: TemplateDraft) -> int:
    """Return the number of variables; refuse what the reviewer could only refuse."""
    check_labels(draft.name, draft.remark, draft.instruction)
    return check_content(draft)


def check_labels(name: str, remark: str, instruction: str) -> None:
    """Refuse names and notes out of bounds (R-TPL-02)."""
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME or not _NAME.fullmatch(name):
        raise NameMalformed(least=SHORTEST_NAME, most=LONGEST_NAME)
    for text, most in ((remark, LONGEST_REMARK), (instruction, LONGEST_INSTRUCTION)):
        if len(text) > most:
            raise RemarkLength(most=most)


def check_content(draft: TemplateDraft) -> int:
    """Return the number of variables of a content that may be sent (R-TPL-03 to 09)."""
    content = draft.content + draft.unsubscribe
    if len(content) > LONGEST_CONTENT:
        raise ContentLength(length=len(content), most=LONGEST_CONTENT)
    garbling = sorted(set(GARBLING.findall(content)))
    if garbling:
        raise ContentCharacters(characters="".join(c for c in garbling if c.isprintable()))
    compiled = compile_content(content)
    if not _WORDY.search(_VARIABLE.sub("", draft.content)):
        raise ContentEmpty
    if draft.cls is TemplateClass.OTP and not any(word in content for word in CODE_WORDS):
        raise CodeWordMissing(words=CODE_WORDS)
    domestic_marketing = draft.cls is TemplateClass.MARKETING and not draft.international
    if domestic_marketing and not ends_with_unsubscribe(content):
        raise UnsubscribeMissing
    return compiled.variable_count


def ends_with_unsubscribe(content: str) -> bool:
    """Tell whether the text ends by saying how to unsubscribe (R-TPL-09)."""
    return _UNSUBSCRIBE.search(content) is not None


def settled_unsubscribe(draft: TemplateDraft) -> str:
    """Return the wording to put behind the content: none twice, and none in other classes."""
    if draft.cls is not TemplateClass.MARKETING or ends_with_unsubscribe(draft.content):
        return ""
    return draft.unsubscribe


def check_edit(template: Template) -> None:
    """Refuse to change the content of what is approved or disabled (R-TPL-14)."""
    if template.state not in EDITABLE:
        raise NotEditable(state=template.state)


def check_rename(template: Template) -> None:
    """Refuse to rename what is disabled; else a name never touches the review (R-TPL-14)."""
    if template.state is ReviewState.DISABLED:
        raise NotEditable(state=template.state)


def check_take(template: Template) -> None:
    """Refuse to take what does not wait."""
    if template.state is not ReviewState.WAITING:
        raise NotWaiting(state=template.state)


def check_decision(template: Template, revision: int) -> None:
    """Refuse to decide what is not in review, or not in the revision the reviewer saw."""
    if template.state is not ReviewState.IN_REVIEW:
        raise NotInReview(state=template.state)
    if template.revision != revision:
        raise ChangedMeanwhile


def check_approved(template: Template) -> None:
    """Refuse a deed that only approved templates allow."""
    if template.state is not ReviewState.APPROVED:
        raise NotApproved(state=template.state)


def check_delete(template: Template) -> None:
    """Refuse to delete what is in review (R-TPL-15)."""
    if template.state is ReviewState.IN_REVIEW:
        raise UnderReview


def reason_of(text: str) -> str:
    """Return the reason without surrounding blanks; refuse none and too long a one."""
    reason = text.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise ReasonMissing(most=LONGEST_REASON)
    return reason
