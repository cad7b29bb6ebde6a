"""Pure decisions about templates: what may be asked for and what may happen next."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.review.rules import ReviewRules
from umcloud.domains.resources.templates.errors import (
    ChangedMeanwhile,
    CodeWordMissing,
    ContentCharacters,
    ContentEmpty,
    ContentLength,
    MovedOn,
    NameMalformed,
    NotApproved,
    NotDisabled,
    NotEditable,
    NotInReview,
    NotStopped,
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


def check_rename(template: Template) -> None:
    """Refuse to rename what is disabled; else a name never touches the review (R-TPL-14)."""
    if template.state is ReviewState.DISABLED:
        raise NotEditable(state=template.state)


def needs_review(before: Template, draft: TemplateDraft) -> bool:
    """Tell whether an edit asks for another decision: another text always does (R-TPL-14).

    Other notes for the reviewer answer a refusal, so they do too then; a name never does.
    """
    if (draft.content, draft.unsubscribe) != (before.content, before.unsubscribe):
        return True
    notes = (draft.remark, draft.instruction) != (before.remark, before.instruction)
    return notes and before.state is ReviewState.REJECTED


def under_review(one: Template) -> dict[str, str]:
    """Return what a reviewer decides about, by field."""
    return {
        "name": one.name,
        "content": one.sent_content,
        "instruction": one.instruction,
        "remark": one.remark,
    }
