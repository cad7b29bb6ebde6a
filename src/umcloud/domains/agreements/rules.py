"""Pure decisions about texts and consents: canonical form, reading, hashes, the chain."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from umcloud.domains.agreements.errors import (
    AuthorityNotConfirmed,
    ClausesNotAcknowledged,
    ConsentNeeded,
    NoticeTooShort,
    PageTimeImpossible,
    TextUnreadable,
    UnknownClauses,
)
from umcloud.domains.agreements.model import (
    AgreementText,
    Beginning,
    ChainBreak,
    Clause,
    Consent,
    ConsentFacts,
    Paragraph,
)
from umcloud.kernel.ids import AccountId
from umcloud.kernel.moments import require_utc

#: A new version is announced at least this long before it binds (P.2); the default of a policy
#: that whoever publishes may lengthen or shorten.
NOTICE = timedelta(days=7)

_HEADING = re.compile(r"## (?P<id>P|C[1-9][0-9]?|E) (?P<heading>\S.*)")
_GENESIS = b"umcloud consent chain 1\n"


def canonical(text: str) -> str:
    """Return the one form of a text that is hashed, kept and shown.

    Unicode NFC, line feeds, no blanks at line ends, exactly one line feed at the end: a copy that
    went through another editor or system still gives the same hash, and any changed word another.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n") + "\n"


def text_hash(text: str) -> bytes:
    """Return the SHA-256 (32 bytes) of the canonical form in UTF-8."""
    return hashlib.sha256(canonical(text).encode()).digest()


def show_hash(digest: bytes) -> str:
    """Return a hash for people and for the audit log: hex in groups of eight.

    So it can be read aloud, and no run of digits in it is ever taken for a phone number and masked.
    """
    return digest.hex("-", -4)


def parse(text: str) -> AgreementText:
    """Return the title and clauses of a text.

    The form is a small part of Markdown: `# title`, a version line, then `## C1 heading` and
    paragraphs parted by blank lines, a bold one wrapped in `**`. Raises TextUnreadable with the
    reason and the offending block where it is anything else.
    """
    blocks = [block for block in canonical(text).split("\n\n") if block.strip()]
    if len(blocks) < 3 or not blocks[0].startswith("# "):
        raise TextUnreadable(reason="no_title", block=blocks[0][:40] if blocks else "")
    clauses: list[Clause] = []
    for block in blocks[2:]:
        if block.startswith("#"):
            clauses.append(_clause(block.strip(), clauses))
        elif not clauses:
            raise TextUnreadable(reason="text_before_first_clause", block=block[:40])
        else:
            last = clauses[-1]
            clauses[-1] = Clause(last.id, last.heading, (*last.paragraphs, _paragraph(block)))
    for clause in clauses:
        if not clause.paragraphs:
            raise TextUnreadable(reason="empty_clause", block=clause.id)
    found = AgreementText(blocks[0][2:].strip(), blocks[1].strip(), tuple(clauses))
    if not found.emphasised:
        raise TextUnreadable(reason="nothing_emphasised", block=found.title)
    return found


def _clause(block: str, before: Sequence[Clause]) -> Clause:
    match = _HEADING.fullmatch(block)
    if match is None or any(clause.id == match["id"] for clause in before):
        raise TextUnreadable(reason="bad_heading", block=block[:40])
    return Clause(match["id"], match["heading"], ())


def _paragraph(block: str) -> Paragraph:
    text = block.strip()
    bold = len(text) > len("****") and text.startswith("**") and text.endswith("**")
    inner = text[2:-2] if bold else text
    if "**" in inner or "\n" in inner:
        # Half-bold paragraphs would leave open what was emphasised; one line is one paragraph.
        raise TextUnreadable(reason="bad_paragraph", block=text[:40])
    return Paragraph(inner, bold)


def check_notice(
    now: datetime, effective_from: datetime, *, has_predecessor: bool, notice: timedelta
) -> None:
    """Refuse a successor that would bind before its notice has run (P.2)."""
    if has_predecessor and effective_from < now + notice:
        raise NoticeTooShort(notice_days=notice // timedelta(days=1), earliest=now + notice)


def in_force(beginnings: Iterable[Beginning], now: datetime) -> str | None:
    """Return the version label (`1.0`) that binds at `now`, in whatever language; None before any.

    The moment of effect itself already belongs to the new version.
    """
    begun = [one for one in beginnings if one.effective_from <= now]
    if not begun:
        return None
    return max(begun, key=lambda one: (one.effective_from, one.published_at)).version


def unaccepted(  # P.2
    beginnings: Iterable[Beginning], accepted: AbstractSet[str]
) -> tuple[Beginning, ...]:
    """Return the versions behind the last accepted one, each once, in the order in which they bind.

    Whoever never accepted any owes them all. A version that was skipped is not owed: consent to
    its successor covers what is in force.
    """
    ahead: dict[str, Beginning] = {}
    for one in sorted(beginnings, key=lambda one: (one.effective_from, one.published_at)):
        if one.version in accepted:
            ahead.clear()
        else:
            ahead.setdefault(one.version, one)
    return tuple(ahead.values())


def check_covered(ahead: Sequence[Beginning], now: datetime) -> None:  # P.2
    """Refuse (ConsentNeeded, naming the version) where one of `unaccepted` is in force."""
    if ahead and ahead[0].effective_from <= now:
        raise ConsentNeeded(version=in_force(ahead, now))


def check_consent(
    text: AgreementText, *, acknowledged: frozenset[str], authority: bool, seconds_on_page: int
) -> tuple[str, ...]:
    """Return the acknowledged clauses in the order of the text, or refuse, naming what is missing.

    Every emphasised clause needs its own acknowledgement (P.1) and the person must declare the
    authority to bind the company (E.1). A tick for a clause that the text does not have is
    refused, for then the person saw another text than the one recorded.
    """
    ids = [clause.id for clause in text.clauses]
    if seconds_on_page < 0:
        raise PageTimeImpossible(seconds=seconds_on_page)
    unknown = sorted(acknowledged - set(ids))
    if unknown:
        raise UnknownClauses(clauses=tuple(unknown))
    missing = [clause for clause in text.emphasised if clause not in acknowledged]
    if missing:
        raise ClausesNotAcknowledged(missing=tuple(missing))
    if not authority:
        raise AuthorityNotConfirmed(clause="E.1")
    return tuple(clause for clause in ids if clause in acknowledged)


def consent_payload(facts: ConsentFacts) -> dict[str, object]:
    """Return the facts as JSON values, complete and in fixed notations; the chain covers them."""
    return {
        "account_id": str(facts.account_id),
        "acknowledged": list(facts.acknowledged),
        "at": require_utc(facts.at).isoformat(timespec="microseconds"),
        "authority_confirmed": facts.authority_confirmed,
        "door": facts.door,
        "emphasised": list(facts.emphasised),
        "id": str(facts.id),
        "ip": facts.ip,
        "kind": facts.kind.value,
        "locale": facts.locale,
        "member_id": str(facts.member_id),
        "seconds_on_page": facts.seconds_on_page,
        "sha256": facts.sha256.hex(),
        "user_agent": facts.user_agent,
        "version": facts.version,
        "version_id": str(facts.version_id),
    }


def chain_genesis(account_id: AccountId) -> bytes:
    """Return the hash before an account's first consent; it binds the chain to the account."""
    return hashlib.sha256(_GENESIS + account_id.bytes).digest()


def chain_hash(previous: bytes, chain_seq: int, facts: ConsentFacts) -> bytes:
    """Return SHA-256(previous ‖ chain_seq as 8 bytes, big end first ‖ facts as JSON).

    The JSON has sorted keys, no blanks and plain UTF-8, so that anybody can recompute it from an
    export with a few lines in any language.
    """
    body = json.dumps(
        consent_payload(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(previous + chain_seq.to_bytes(8, "big") + body.encode()).digest()


def verify_chain(account_id: AccountId, consents: Sequence[Consent]) -> ChainBreak | None:  # I18
    """Return the first break of one account's chain, None where it is whole.

    `consents` are all consents of the account, in the order of `chain_seq`. Rows cut off the end
    leave no trace here: the audit chain, which holds each hash from the event, shows those.
    """
    previous = chain_genesis(account_id)
    for expected, consent in enumerate(consents, start=1):
        if consent.chain_seq != expected:
            return ChainBreak(account_id, expected, "sequence")
        if consent.facts.account_id != account_id:
            return ChainBreak(account_id, expected, "hash")
        previous = chain_hash(previous, expected, consent.facts)
        if previous != consent.chain_hash:
            return ChainBreak(account_id, expected, "hash")
    return None
