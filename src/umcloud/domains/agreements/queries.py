"""Read models: consents for the screens, evidence for whoever must be shown proof."""

from __future__ import annotations

from umcloud.domains.agreements import rules, store
from umcloud.domains.agreements.model import (
    AgreementKind,
    AgreementVersion,
    AgreementVersionId,
    Beginning,
    ChainBreak,
    Consent,
)
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId

_ACCOUNTS_A_PAGE = 500
_HOW = (
    "text_sha256 = SHA-256 of the text in UTF-8. chain_hash = SHA-256 of the previous chain_hash "
    "(32 bytes; the genesis for the first), chain_seq (8 bytes, big end first) and `facts` as JSON "
    "with sorted keys, no blanks, UTF-8."
)


async def versions(
    tx: Tx, kind: AgreementKind = AgreementKind.USER_AGREEMENT
) -> list[AgreementVersion]:
    """Return every text ever published, oldest first: old ones stay readable (P.2)."""
    return await store.versions(tx, kind)


async def version(tx: Tx, version_id: AgreementVersionId) -> AgreementVersion | None:
    """Return one published text, whether it binds or not; None where there is none."""
    return await store.version(tx, version_id)


async def unaccepted(  # P.2
    tx: Tx, account_id: AccountId, kind: AgreementKind = AgreementKind.USER_AGREEMENT
) -> tuple[Beginning, ...]:
    """Return the published versions that the account has yet to accept, in order of effect.

    Some may bind later only; `rules.check_covered` tells what they mean at a moment.
    """
    return rules.unaccepted(
        await store.beginnings(tx, kind), await store.accepted(tx, account_id, kind)
    )


async def consents(tx: Tx, account_id: AccountId) -> list[Consent]:
    """Return an account's consents, oldest first."""
    return await store.consents(tx, account_id)


async def evidence(tx: Tx, account_id: AccountId) -> dict[str, object]:
    """Return, as JSON values, all that proves an account's consents (P.1).

    Facts, chain hashes, the full texts and how to recompute the hashes without this software;
    `chain` says `whole` or names the first break.
    """
    found = await store.consents(tx, account_id)
    broken = rules.verify_chain(account_id, found)
    texts: dict[str, object] = {}
    for version_id in sorted({consent.facts.version_id for consent in found}):
        text = await store.version(tx, version_id)
        if text is not None:  # the foreign key keeps it; None would show as a missing text
            texts[str(version_id)] = {
                "kind": text.kind.value,
                "version": text.version,
                "locale": text.locale,
                "effective_from": text.effective_from.isoformat(),
                "published_at": text.published_at.isoformat(),
                "text_sha256": rules.text_hash(text.text).hex(),
                "text": text.text,
            }
    return {
        "format": "umcloud-consent-evidence/1",
        "account_id": str(account_id),
        "genesis": rules.chain_genesis(account_id).hex(),
        "chain": "whole" if broken is None else f"broken at {broken.chain_seq}: {broken.what}",
        "how": _HOW,
        "consents": [
            {
                "chain_seq": consent.chain_seq,
                "chain_hash": consent.chain_hash.hex(),
                "facts": rules.consent_payload(consent.facts),
            }
            for consent in found
        ],
        "texts": texts,
    }


async def broken_chains(tx: Tx) -> list[ChainBreak]:  # I18
    """Return the first break of every account whose consents no longer verify; [] where all do."""
    found: list[ChainBreak] = []
    last: AccountId | None = None
    while page := await store.chains(tx, last, _ACCOUNTS_A_PAGE):
        for account_id, consents_of_it in page.items():
            broken = rules.verify_chain(account_id, consents_of_it)
            found += [broken] if broken else []
            last = account_id
    return found
