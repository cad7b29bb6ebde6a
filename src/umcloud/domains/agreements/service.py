"""Use cases: publish a version, say which binds, record a consent."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from umcloud.domains.agreements import rules, shipped, store
from umcloud.domains.agreements.errors import (
    AgreementNotFound,
    LanguagesDiffer,
    NotTheVersionInForce,
    PublishedTextIsFixed,
)
from umcloud.domains.agreements.events import AgreementAccepted, AgreementPublished
from umcloud.domains.agreements.model import (
    AgreementKind,
    AgreementText,
    AgreementVersion,
    AgreementVersionId,
    Consent,
    ConsentFacts,
    ConsentId,
    ShippedText,
)
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId, MemberId, uuid7

MAIN_LOCALE = "zh_CN"  # the text that prevails, and the one shown where a language is missing


async def publish(
    tx: Tx, act: Act, *, new: ShippedText, notice: timedelta = rules.NOTICE
) -> AgreementVersion:
    """Publish a text in one language and return it as kept; the same again returns the first.

    Refuses a text that cannot be shown clause by clause, a change of a published version, a
    language that differs from its sister in clauses, emphasis or date, and a successor whose
    notice would be too short (P.2).
    """
    text = rules.canonical(new.text)
    parsed = rules.parse(text)
    await store.lock_publishing(tx, new.kind)
    published = await store.versions(tx, new.kind)
    sisters = [version for version in published if version.version == new.version]
    for sister in sisters:
        if sister.locale == new.locale:
            if sister.sha256 != rules.text_hash(text):
                raise PublishedTextIsFixed(version=new.version, locale=new.locale)
            return sister
        twin = rules.parse(sister.text)
        same_clauses = [c.id for c in twin.clauses] == [c.id for c in parsed.clauses]
        same_date = sister.effective_from == new.effective_from
        if not (same_clauses and same_date and twin.emphasised == parsed.emphasised):
            raise LanguagesDiffer(version=new.version, locale=new.locale, other=sister.locale)
    # The first language of a version carries the notice; its sister binds at the same moment.
    rules.check_notice(
        act.now,
        new.effective_from,
        has_predecessor=bool(published) and not sisters,
        notice=notice,
    )
    kept = AgreementVersion(
        id=AgreementVersionId(uuid7(act.now)),
        kind=new.kind,
        version=new.version,
        locale=new.locale,
        sha256=rules.text_hash(text),
        effective_from=new.effective_from,
        published_at=act.now,
        text=text,
    )
    await store.add_version(tx, kept)
    await tx.announce(
        act,
        AgreementPublished(
            version_id=kept.id,
            kind=kept.kind.value,
            version=kept.version,
            locale=kept.locale,
            sha256=rules.show_hash(kept.sha256),
            effective_from=kept.effective_from,
        ),
    )
    return kept


async def publish_shipped(tx: Tx, act: Act) -> list[AgreementVersion]:
    """Publish the texts that come with the software; run at every start, changes nothing twice.

    A shipped successor never binds earlier than its notice allows, however late the operator
    installs it: its date moves to the end of the notice.
    """
    kept: list[AgreementVersion] = []
    for text in shipped.shipped_texts():
        published = await store.versions(tx, text.kind)
        sister = next((v for v in published if v.version == text.version), None)
        begins = text.effective_from
        if sister is not None:
            begins = sister.effective_from
        elif published:
            begins = max(begins, act.now + rules.NOTICE)
        new = ShippedText(text.kind, text.version, text.locale, text.text, begins)
        kept.append(await publish(tx, act, new=new))
    return kept


async def current(
    tx: Tx,
    *,
    kind: AgreementKind = AgreementKind.USER_AGREEMENT,
    locale: str = MAIN_LOCALE,
    now: datetime,
) -> AgreementVersion:
    """Return the text that binds at `now`, in the asked language where there is one.

    Otherwise in Chinese, which prevails. Refuses (AgreementNotFound) before any is in force.
    """
    published = await store.versions(tx, kind)
    label = rules.in_force((version.beginning for version in published), now)
    by_locale = {version.locale: version for version in published if version.version == label}
    if not by_locale:
        raise AgreementNotFound
    return by_locale.get(locale) or by_locale.get(MAIN_LOCALE) or next(iter(by_locale.values()))


async def check(  # P.1 E.1
    tx: Tx,
    act: Act,
    *,
    version_id: AgreementVersionId,
    acknowledged: AbstractSet[str],
    seconds_on_page: int,
    authority: bool,
) -> tuple[AgreementVersion, AgreementText, tuple[str, ...]]:
    """Refuse a consent as `accept` would, before there is anybody whose consent it is.

    Returns the version, its clauses and the acknowledged ones in the order of the text.
    """
    version = await store.version(tx, version_id)
    if version is None:
        raise AgreementNotFound
    label = rules.in_force(await store.beginnings(tx, version.kind), act.now)
    if version.version != label:
        raise NotTheVersionInForce(version=version.version, in_force=label or "")
    text = rules.parse(version.text)
    ticked = rules.check_consent(
        text,
        acknowledged=frozenset(acknowledged),
        authority=authority,
        seconds_on_page=seconds_on_page,
    )
    return version, text, ticked


async def accept(  # P.1 E.1
    tx: Tx,
    act: Act,
    *,
    account_id: AccountId,
    member_id: MemberId,
    version_id: AgreementVersionId,
    acknowledged: AbstractSet[str],
    seconds_on_page: int,
    authority: bool,
) -> Consent:
    """Record that a person consented for an account, as the next link of the account's chain.

    `acknowledged` are the ids of the clauses ticked one by one; `authority` is the declaration of
    E.1. Refuses a version that is not the one in force, a missing acknowledgement of an emphasised
    clause and a missing authority, and names what is missing. The same person consenting to the
    same text again gets the first record back. Call it in the transaction that registers the
    account: no consent, no account.
    """
    version, text, ticked = await check(
        tx,
        act,
        version_id=version_id,
        acknowledged=acknowledged,
        seconds_on_page=seconds_on_page,
        authority=authority,
    )
    await store.lock_chain(tx, account_id)
    before = await store.consents(tx, account_id)
    for consent in before:
        if consent.facts.member_id == member_id and consent.facts.version_id == version_id:
            return consent
    facts = ConsentFacts(
        id=ConsentId(uuid7(act.now)),
        account_id=account_id,
        member_id=member_id,
        version_id=version.id,
        kind=version.kind,
        version=version.version,
        locale=version.locale,
        sha256=version.sha256,
        emphasised=text.emphasised,
        acknowledged=ticked,
        seconds_on_page=seconds_on_page,
        authority_confirmed=authority,
        ip=act.ip,
        user_agent=act.user_agent,
        door=act.door.value,
        at=act.now,
    )
    seq = len(before) + 1
    previous = before[-1].chain_hash if before else rules.chain_genesis(account_id)
    consent = Consent(facts, seq, rules.chain_hash(previous, seq, facts))
    await store.add_consent(tx, consent)
    await tx.announce(act, _accepted(consent))
    return consent


def _accepted(consent: Consent) -> AgreementAccepted:
    facts = consent.facts
    return AgreementAccepted(
        account_id=facts.account_id,
        member_id=facts.member_id,
        consent_id=facts.id,
        version_id=facts.version_id,
        version=facts.version,
        sha256=rules.show_hash(facts.sha256),
        chain_seq=consent.chain_seq,
        chain_hash=rules.show_hash(consent.chain_hash),
    )


async def needs_consent(  # P.2
    tx: Tx,
    account_id: AccountId,
    now: datetime,
    *,
    kind: AgreementKind = AgreementKind.USER_AGREEMENT,
    locale: str = MAIN_LOCALE,
) -> AgreementVersion | None:
    """Return the version that the account must still consent to, None where it has.

    Consent in any language counts for the version; the answer comes in `locale`. Refuses
    (AgreementNotFound) before any version is in force.
    """
    label = rules.in_force(await store.beginnings(tx, kind), now)
    if label is not None and label in await store.accepted(tx, account_id, kind):
        return None
    return await current(tx, kind=kind, locale=locale, now=now)
