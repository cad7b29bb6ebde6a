"""Use cases of the audit log. Recording is a listener of everything, so it cannot be forgotten.

Nothing here announces: a record about recording would never end.
"""

from __future__ import annotations

from uuid import UUID

from umcloud.domains.audit import store
from umcloud.domains.audit.model import AuditRecord, BrokenLink, Fault
from umcloud.domains.audit.rules import GENESIS, facts_of, link_hash
from umcloud.infra.bus import Event
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import uuid7

_PAGE = 1_000
_LONGEST_AGENT = 300
_ENOUGH_FAULTS = 100


async def record(tx: Tx, act: Act, event: Event) -> None:
    """Write the event down in the announcing transaction (C13.1); wired to every event.

    Raises ForbiddenFactError (the deed is undone) where the event carries what must not be logged.
    """
    account_id: UUID | None = getattr(event, "account_id", None) or act.actor.account_id
    await store.append(
        tx,
        AuditRecord(
            id=uuid7(act.now),
            account_id=account_id,
            actor_kind=act.actor.kind,
            actor_id=act.actor.id,
            door=act.door,
            name=event.name,
            facts=facts_of(event),
            ip=act.ip,
            user_agent=act.user_agent[:_LONGEST_AGENT] if act.user_agent else None,
            request_id=act.request_id,
            at=act.now,
        ),
    )


async def seal(tx: Tx, act: Act, limit: int = _PAGE) -> int:
    """Chain up to `limit` unsealed records, oldest first; return how many were sealed.

    `act` is unused but kept: a deed has its circumstances. Sealers take turns on one lock, which
    the transaction's end releases. A record that commits late simply becomes a later link.
    """
    del act
    seq, digest = await store.lock_chain(tx)
    links = []
    for entry in await store.unsealed(tx, limit):
        seq += 1
        digest = link_hash(digest, seq, entry)
        links.append((entry.id, seq, digest))
    if links:
        await store.write_links(tx, links)
    return len(links)


async def verify(tx: Tx) -> list[BrokenLink]:
    """Walk the whole chain and return what does not hold, at most about a hundred links (I18).

    After a changed record the walk goes on from the stored hash, so each fault is named once.
    """
    head_seq, head_hash = await store.head(tx)
    broken: list[BrokenLink] = []
    seq, digest = 0, GENESIS
    while len(broken) < _ENOUGH_FAULTS:
        page = await store.sealed_after(tx, seq, _PAGE)
        if not page:
            break
        for entry in page:
            if entry.chain_seq is None or entry.chain_hash is None:
                raise RuntimeError("the query returns sealed records only")
            if entry.chain_seq != seq + 1:
                broken.append(BrokenLink(seq + 1, Fault.MISSING))
            elif link_hash(digest, entry.chain_seq, entry) != entry.chain_hash:
                broken.append(BrokenLink(entry.chain_seq, Fault.CHANGED, entry.id))
            seq, digest = entry.chain_seq, entry.chain_hash
    else:
        return broken
    if (seq, digest) != (head_seq, head_hash):
        broken.append(BrokenLink(seq + 1, Fault.CUT))
    return broken
