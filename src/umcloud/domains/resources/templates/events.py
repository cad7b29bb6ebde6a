"""What templates announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from umcloud.domains.resources.templates.model import TemplateClass
from umcloud.infra.bus import Event
from umcloud.kernel.ids import AccountId, TemplateId


@dataclass(frozen=True, slots=True)
class TemplateEvent(Event):
    """What every event about a template tells; `title` is its name."""

    account_id: AccountId
    template_id: TemplateId
    public_id: str
    title: str
    cls: TemplateClass


@dataclass(frozen=True, slots=True)
class TemplateSubmitted(TemplateEvent):
    """The customer created it or changed its content; it waits for review."""

    name: ClassVar[str] = "template.submitted"

    revision: int


@dataclass(frozen=True, slots=True)
class TemplateRenamed(TemplateEvent):
    """Name, remark or instruction changed; the review stands as it stood (R-TPL-14)."""

    name: ClassVar[str] = "template.renamed"


@dataclass(frozen=True, slots=True)
class TemplateTaken(TemplateEvent):
    """A reviewer took it from the queue."""

    name: ClassVar[str] = "template.taken"


@dataclass(frozen=True, slots=True)
class TemplateApproved(TemplateEvent):
    """It may be used from now on."""

    name: ClassVar[str] = "template.approved"


@dataclass(frozen=True, slots=True)
class TemplateRefused(TemplateEvent):
    """The reviewer refused it."""

    name: ClassVar[str] = "template.refused"

    reason: str


@dataclass(frozen=True, slots=True)
class TemplateDisabled(TemplateEvent):
    """The operator withdrew an approved one (R-REV-05)."""

    name: ClassVar[str] = "template.disabled"

    reason: str


@dataclass(frozen=True, slots=True)
class TemplateRestored(TemplateEvent):
    """The operator let a disabled one be used again."""

    name: ClassVar[str] = "template.restored"


@dataclass(frozen=True, slots=True)
class TemplateStopped(TemplateEvent):
    """The customer put an approved one out of use."""

    name: ClassVar[str] = "template.stopped"

    reason: str


@dataclass(frozen=True, slots=True)
class TemplateResumed(TemplateEvent):
    """The customer uses a stopped one again."""

    name: ClassVar[str] = "template.resumed"


@dataclass(frozen=True, slots=True)
class TemplateDeleted(TemplateEvent):
    """The customer deleted it for good."""

    name: ClassVar[str] = "template.deleted"
