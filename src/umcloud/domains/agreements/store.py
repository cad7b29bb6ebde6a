"""SQL in, model out: published versions and consents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select

from umcloud.domains.agreements.model import (
    AgreementKind,
    AgreementVersion,
    AgreementVersionId,
    Beginning,
    Consent,
    ConsentFacts,
    ConsentId,
)
from umcloud.domains.agreements.tables import agreement_version, consent
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, MemberId


def _version(row: Row[Any]) -> AgreementVersion:
    return AgreementVersion(
        id=AgreementVersionId(row.id),
        kind=AgreementKind(row.kind),
        version=row.version,
        locale=row.locale,
        sha256=bytes(row.sha256),
        effective_from=row.effective_from,
        published_at=row.published_at,
        text=row.text,
    )


def _consent(row: Row[Any]) -> Consent:
    facts = ConsentFacts(
        id=ConsentId(row.id),
        account_id=AccountId(row.account_id),
        member_id=MemberId(row.member_id),
        version_id=AgreementVersionId(row.version_id),
        kind=AgreementKind(row.kind),
        version=row.version,
        locale=row.locale,
        sha256=bytes(row.sha256),
        emphasised=tuple(row.emphasised),
        acknowledged=tuple(row.acknowledged),
        seconds_on_page=row.seconds_on_page,
        authority_confirmed=row.authority_confirmed,
        ip=row.ip,
        user_agent=row.user_agent,
        door=row.door,
        at=row.at,
    )
    return Consent(facts, row.chain_seq, bytes(row.chain_hash))


async def versions(tx: Tx, kind: AgreementKind) -> list[AgreementVersion]:
    """Return every published version of one kind in every language, oldest first."""
    rows = await tx.all(
        select(agreement_version)
        .where(agreement_version.c.kind == kind.value)
        .order_by(agreement_version.c.effective_from, agreement_version.c.locale)
    )
    return [_version(row) for row in rows]


async def beginnings(tx: Tx, kind: AgreementKind) -> list[Beginning]:
    """Return when each version of one kind begins, without its text: cheap enough to ask often."""
    columns = agreement_version.c
    rows = await tx.all(
        select(columns.version, columns.effective_from, columns.published_at).where(
            columns.kind == kind.value
        )
    )
    return [Beginning(row.version, row.effective_from, row.published_at) for row in rows]


async def version(tx: Tx, version_id: AgreementVersionId) -> AgreementVersion | None:
    """Return one published version, None where there is none of that id."""
    row = await tx.one_or_none(
        select(agreement_version).where(agreement_version.c.id == version_id)
    )
    return _version(row) if row else None


async def lock_publishing(tx: Tx, kind: AgreementKind) -> None:
    """Let one publisher of this kind in at a time, until the transaction ends."""
    await tx.sql(
        "SELECT pg_advisory_xact_lock(hashtextextended('agreement:' || :kind, 0))", kind=kind.value
    )


async def add_version(tx: Tx, new: AgreementVersion) -> None:
    """Append a published version."""
    await tx.execute(
        insert(agreement_version).values(
            id=new.id,
            kind=new.kind.value,
            version=new.version,
            locale=new.locale,
            sha256=new.sha256,
            effective_from=new.effective_from,
            published_at=new.published_at,
            text=new.text,
        )
    )


async def lock_chain(tx: Tx, account_id: AccountId) -> None:
    """Let one writer of this account's chain in at a time, until the transaction ends.

    Other accounts go on: there is a chain for each account, hence no common tail to queue for.
    """
    await tx.sql(
        "SELECT pg_advisory_xact_lock(hashtextextended('consent:' || :account, 0))",
        account=str(account_id),
    )


async def consents(tx: Tx, account_id: AccountId) -> list[Consent]:
    """Return an account's consents in the order of its chain."""
    rows = await tx.all(
        select(consent).where(consent.c.account_id == account_id).order_by(consent.c.chain_seq)
    )
    return [_consent(row) for row in rows]


async def accepted(tx: Tx, account_id: AccountId, kind: AgreementKind) -> frozenset[str]:
    """Return the versions to which anybody consented for the account, in whatever language."""
    rows = await tx.all(
        select(consent.c.version)
        .where(consent.c.account_id == account_id)
        .where(consent.c.kind == kind.value)
    )
    return frozenset(row.version for row in rows)


async def add_consent(tx: Tx, new: Consent) -> None:
    """Append a consent to its account's chain."""
    facts = new.facts
    await tx.execute(
        insert(consent).values(
            id=facts.id,
            account_id=facts.account_id,
            member_id=facts.member_id,
            version_id=facts.version_id,
            kind=facts.kind.value,
            version=facts.version,
            locale=facts.locale,
            sha256=facts.sha256,
            emphasised=list(facts.emphasised),
            acknowledged=list(facts.acknowledged),
            seconds_on_page=facts.seconds_on_page,
            authority_confirmed=facts.authority_confirmed,
            ip=facts.ip,
            user_agent=facts.user_agent,
            door=facts.door,
            at=facts.at,
            chain_seq=new.chain_seq,
            chain_hash=new.chain_hash,
        )
    )


async def chains(tx: Tx, after: AccountId | None, accounts: int) -> dict[AccountId, list[Consent]]:
    """Return the chains of the next so many accounts in id order; {} behind the last."""
    ids = select(consent.c.account_id).distinct().order_by(consent.c.account_id).limit(accounts)
    if after is not None:
        ids = ids.where(consent.c.account_id > after)
    rows = await tx.all(
        select(consent)
        .where(consent.c.account_id.in_(ids))
        .order_by(consent.c.account_id, consent.c.chain_seq)
    )
    found: dict[AccountId, list[Consent]] = {}
    for row in rows:
        found.setdefault(AccountId(row.account_id), []).append(_consent(row))
    return found
