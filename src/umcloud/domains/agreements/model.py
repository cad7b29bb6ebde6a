"""The agreements' words: a text and its clauses, a published version, a consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple, NewType
from uuid import UUID

from umcloud.kernel.ids import AccountId, MemberId

AgreementVersionId = NewType("AgreementVersionId", UUID)
ConsentId = NewType("ConsentId", UUID)


class AgreementKind(Enum):
    """Which document it is; so far there is the user agreement alone."""

    USER_AGREEMENT = "user-agreement"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `bold` is part of the agreement, for it is how the reader was warned."""

    text: str
    bold: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its id (`P`, `C1` … `C13`, `E`), heading and paragraphs."""

    id: str
    heading: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def emphasised(self) -> bool:
        """True where every paragraph is bold: such a clause is acknowledged on its own (P.1)."""
        return all(paragraph.bold for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class AgreementText:
    """A whole agreement in one language, as it is shown."""

    title: str
    version_line: str
    clauses: tuple[Clause, ...]

    @property
    def emphasised(self) -> tuple[str, ...]:
        """Ids of the clauses that must be acknowledged one by one, in the order of the text."""
        return tuple(clause.id for clause in self.clauses if clause.emphasised)


class Beginning(NamedTuple):
    """When a version begins to bind: all that is needed to say which one does."""

    version: str
    effective_from: datetime
    published_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementVersion:
    """A published text in one language; it never changes and stays readable for ever (P.2)."""

    id: AgreementVersionId
    kind: AgreementKind
    version: str
    locale: str
    sha256: bytes
    """Of the canonical text in UTF-8: 32 bytes."""
    effective_from: datetime
    published_at: datetime
    text: str
    """The canonical text; `rules.parse` gives its clauses."""

    @property
    def beginning(self) -> Beginning:
        """When it begins to bind."""
        return Beginning(self.version, self.effective_from, self.published_at)


@dataclass(frozen=True, slots=True)
class ShippedText:
    """A text that comes with the software, before it is published."""

    kind: AgreementKind
    version: str
    locale: str
    text: str
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """Everything a consent proves (P.1); the chain hash covers exactly these fields."""

    id: ConsentId
    account_id: AccountId
    member_id: MemberId
    version_id: AgreementVersionId
    kind: AgreementKind
    version: str
    locale: str
    sha256: bytes
    """Hash of the text that the person saw."""
    emphasised: tuple[str, ...]
    """Clauses that were shown in bold and had to be acknowledged."""
    acknowledged: tuple[str, ...]
    """Clauses that the person acknowledged one by one, in the order of the text."""
    seconds_on_page: int
    authority_confirmed: bool
    """E.1: the person declared the authority to bind the company."""
    ip: str | None
    user_agent: str | None
    door: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as kept: the facts and their place in the account's hash chain."""

    facts: ConsentFacts
    chain_seq: int
    """1, 2, 3 … within the account."""
    chain_hash: bytes
    """SHA-256 over the previous hash and the facts: 32 bytes."""


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first consent of an account that no longer fits its chain."""

    account_id: AccountId
    chain_seq: int
    what: str
    """`sequence` (a row is missing or surplus) or `hash` (a fact was changed)."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise of the agreement as the mission words it, and whether the code keeps it yet."""

    id: str
    sentence: Mapping[str, str] = field(hash=False)
    """By locale: `zh_CN`, `en`."""
    kept: bool
    note: str
    """For a promise that is not wholly kept: what is there and what is missing."""
