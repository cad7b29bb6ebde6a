"""Use cases of the audit log. Recording is a listener of everything, so it cannot be forgotten.

Nothing here announces: a record about recording would never end.
"""

from __future__ import annotations

from uuid import UUID

from umcloud.domains.audit import store
from umcloud.domains.audit.model import AuditRecord, BrokenLink, Fault
from umcloud.domains.audit.rules import facts_of, link_hash
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


async def verify(tx: Tx, first: int = 1, last: int | None = None) -> list[BrokenLink]:
    """Walk the chain from link `first` up to `last`; return what does not hold, about 100 (I18).

    Without `last` the walk goes to the end and compares it with the head. After a changed record
    it goes on from the stored hash, so each fault is named once.
    """
    broken: list[BrokenLink] = []
    seq, digest = await store.link_before(tx, first)
    known, seq = seq == first - 1, first - 1
    while len(broken) < _ENOUGH_FAULTS:
        page = await store.sealed_after(tx, seq, _PAGE, last)
        if not page:
            break
        for entry in page:
            if entry.chain_seq is None or entry.chain_hash is None:
                raise RuntimeError("the query returns sealed records only")
            if entry.chain_seq != seq + 1:
                broken.append(BrokenLink(seq + 1, Fault.MISSING))
            elif known and link_hash(digest, entry.chain_seq, entry) != entry.chain_hash:
                broken.append(BrokenLink(entry.chain_seq, Fault.CHANGED, entry.id))
            seq, digest, known = entry.chain_seq, entry.chain_hash, True
    else:
        return broken
    if last is not None:
        if seq < last - 1:
            broken.append(BrokenLink(seq + 1, Fault.MISSING))
    elif (seq, digest) != await store.head(tx):
        broken.append(BrokenLink(seq + 1, Fault.CUT))
    return broken
