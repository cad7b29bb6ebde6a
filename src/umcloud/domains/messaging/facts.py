"""What the hot path must know of an account, loaded once and proved current at every batch.

Each change that matters (account state, verification, consent, signature, template, price, line)
raises `sender.version` in its own transaction; a batch compares the version it screened with to
the one in the database, under the lane's lock, and screens again where they differ. So nothing
is ever sent by facts that had already changed when it was accepted (C4.2, R-SIG-16). What time
alone changes is in the facts with its moment: prices, and versions of the agreement (P.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import AccountState
from umcloud.domains.agreements import queries as agreements
from umcloud.domains.agreements.model import Beginning
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import MessageClass
from umcloud.domains.identity import queries as identity
from umcloud.domains.identity.model import Level
from umcloud.domains.messaging.errors import AccountStopped, NotVerified
from umcloud.domains.messaging.prices import PriceBook
from umcloud.domains.optouts import queries as optouts
from umcloud.domains.resources.approved import approved_for
from umcloud.domains.resources.signatures.model import SignatureFacts
from umcloud.domains.resources.templates.rendering import CompiledTemplate, compile_content
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId, lane_of
from umcloud.kernel.refusals import Refusal


@dataclass(frozen=True, slots=True)
class UsableTemplate:
    """An approved template, prepared."""

    id: int
    cls: MessageClass
    compiled: CompiledTemplate
    international: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A carrier line that may take a message, with the source number it sends from."""

    line: int
    source: str


@dataclass(slots=True)
class SenderFacts:
    """Everything that screening asks about one account."""

    account_id: AccountId
    lane: int
    version: int
    stopped: Refusal | None
    """Why nothing may be sent at all, if so."""
    unaccepted: Sequence[Beginning]
    """Versions of the agreement that stop the account when they begin, first to begin first."""
    signatures: Mapping[str, SignatureFacts]
    default_signature: SignatureFacts | None
    templates: Mapping[str, UsableTemplate]
    prices: PriceBook
    domestic: Route | None
    international: Route | None
    opted_out: frozenset[str] = frozenset()
    """Numbers that want no more marketing of this account."""


async def load(tx: Tx, account_id: AccountId) -> SenderFacts:
    """Return the account's facts as of this transaction."""
    lane = lane_of(account_id)
    version = await _version(tx, lane, account_id)
    approved = await approved_for(tx, account_id)
    templates = {
        public_id: UsableTemplate(
            facts.id.int,
            MessageClass(facts.cls.value),
            compile_content(facts.content),
            facts.international,
        )
        for public_id, facts in approved.templates.items()
    }
    return SenderFacts(
        account_id=account_id,
        lane=lane,
        version=version,
        stopped=await _stopped(tx, account_id),
        unaccepted=await agreements.unaccepted(tx, account_id),
        signatures=approved.signatures,
        default_signature=approved.default_signature,
        templates=templates,
        prices=PriceBook(await catalogue.price_versions(tx)),
        domestic=await _route(tx, "domestic"),
        international=await _route(tx, "international"),
        opted_out=await optouts.numbers(tx, account_id),
    )


async def _version(tx: Tx, lane: int, account_id: AccountId) -> int:
    row = (
        await tx.sql(
            "SELECT version FROM sender WHERE lane = :lane AND account_id = :account",
            lane=lane,
            account=account_id,
        )
    ).one_or_none()
    return int(row.version) if row else 0


async def _stopped(tx: Tx, account_id: AccountId) -> Refusal | None:
    account = await accounts.account(tx, account_id)
    if account is None or account.state is not AccountState.ACTIVE:
        return AccountStopped(state=account.state.value if account else "absent")
    if await identity.level(tx, account_id) is not Level.ORGANISATION:  # C3.3
        return NotVerified()
    return None


async def _route(tx: Tx, kind: str) -> Route | None:
    row = (
        await tx.sql(
            "SELECT number, source FROM carrier_line WHERE state = 'enabled' "
            "AND carries IN (:kind, 'all') ORDER BY priority, number LIMIT 1",
            kind=kind,
        )
    ).one_or_none()
    return Route(row.number, row.source) if row else None


async def hold_still(tx: Tx, account_id: AccountId) -> None:
    """Let no batch with messages of the account be accepted until this transaction ends.

    One that comes meanwhile waits, and then sees what was changed. To be asked for before any
    wallet is locked, as the batches do.
    """
    await tx.sql(
        "SELECT FROM lane_log WHERE lane = :lane FOR NO KEY UPDATE", lane=lane_of(account_id)
    )


async def changed(tx: Tx, account_id: AccountId) -> None:
    """Say, in the changing transaction, that the account's facts are no longer what they were."""
    await tx.sql(
        "INSERT INTO sender (lane, account_id, version) VALUES (:lane, :account, 1) "
        "ON CONFLICT (lane, account_id) DO UPDATE SET version = sender.version + 1",
        lane=lane_of(account_id),
        account=account_id,
    )


async def changed_for_all(tx: Tx) -> None:
    """Say so for every account: prices, lines or the agreement changed."""
    await tx.sql("UPDATE sender SET version = version + 1")
