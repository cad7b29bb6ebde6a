"""What a template is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from umcloud.domains.resources.review.model import Reviewed
from umcloud.kernel.ids import TemplateId


class TemplateClass(Enum):
    """What a template is for (R-TPL-01); it decides price, hours and frequency."""

    OTP = "otp"
    NOTICE = "notice"
    MARKETING = "marketing"

    @property
    def purpose(self) -> int:
        """Return the native interface's number: 1, 2 or 3."""
        return _PURPOSES.index(self)

    @property
    def letter(self) -> str:
        """Return the letter in public ids: A, N or B."""
        return _LETTERS[self]

    @staticmethod
    def of_purpose(purpose: int) -> TemplateClass:
        """Return the class of a native number; ValueError where there is none."""
        found = _PURPOSES[purpose] if 0 < purpose < len(_PURPOSES) else None
        if found is None:
            raise ValueError("no such purpose")
        return found


_PURPOSES = (None, TemplateClass.OTP, TemplateClass.NOTICE, TemplateClass.MARKETING)
_LETTERS = {TemplateClass.OTP: "A", TemplateClass.NOTICE: "N", TemplateClass.MARKETING: "B"}


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """What the customer writes into the form."""

    cls: TemplateClass
    name: str
    """For the customer's own use; never sent."""
    content: str
    remark: str = ""
    instruction: str = ""
    """What the variables will hold, for the reviewer."""
    unsubscribe: str = ""
    """Marketing only: the wording put behind a content that does not end with one itself."""
    international: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(Reviewed):
    """A template and where its review stands.

    Its public id is `UT` + class letter + yymmdd + 6 hex characters.
    """

    id: TemplateId
    cls: TemplateClass
    name: str
    content: str
    remark: str
    instruction: str
    unsubscribe: str
    international: bool
    variable_count: int

    @property
    def sent_content(self) -> str:
        """Return what is sent, variables included: the content and the unsubscribe wording."""
        return self.content + self.unsubscribe


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What sending needs to know of an approved template."""

    id: TemplateId
    public_id: str
    cls: TemplateClass
    content: str
    """What is sent, unsubscribe wording included; hand it to `rules.compile_content`."""
    variable_count: int
    international: bool


@dataclass(frozen=True, slots=True)
class WordHit:
    """A sensitive word found in a text."""

    word: str
    topic: str
    """Such as gambling; `locale` has a sentence for each."""
