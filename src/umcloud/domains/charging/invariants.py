"""What must always be true of charges; `umcloud audit` prints each exception.

Outcomes are new with the end of their message, which is new by its transaction; charges and
journals by their ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from umcloud.domains.audit.questions import (
    MOMENTS,
    MOST,
    OLDEST,
    Lately,
    Piece,
    Question,
    all_of,
    by_id,
    new_of,
    stretch,
)
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import ChargeOn, PriceVersion
from umcloud.domains.ledger.model import CNY
from umcloud.infra.db import Tx
from umcloud.kernel.ids import PriceId
from umcloud.kernel.moments import unix_ms
from umcloud.kernel.money import priced

NEAR = timedelta(minutes=2)
"""How far by its id a charge is from its journal, but where a clock was set."""
FAR = timedelta(days=1)
EVER = timedelta(days=36_500)

# Charges are looked for around the stretch in which their journals are judged.
_I6 = """
WITH paid AS (
    SELECT lane, journal_id, wallet_id, sum(amount) AS amount FROM {charges} AS c
    WHERE journal_id >= :first AND journal_id < :last {only} GROUP BY lane, journal_id, wallet_id
), booked AS (
    SELECT e.lane, e.journal_id, e.wallet_id, e.amount
    FROM {entries} AS e JOIN {journals} AS j ON j.lane = e.journal_lane AND j.id = e.journal_id
    WHERE j.kind = 'charge' {only}
)
SELECT 'journal ' || journal_id || ' takes ' || -coalesce(b.amount, 0) || ' from wallet '
    || wallet_id || ', its charges sum to ' || coalesce(p.amount, 0) AS fault, journal_id
FROM paid p FULL JOIN booked b USING (lane, journal_id, wallet_id)
WHERE coalesce(p.amount, 0) <> -coalesce(b.amount, 0)
"""
# What a journal gives back was charged up to weeks before.
_I6_REFUNDS = """
WITH booked AS MATERIALIZED (
    SELECT e.lane, e.journal_lane, e.journal_id, e.wallet_id, e.amount
    FROM {entries} AS e JOIN {journals} AS j ON j.lane = e.journal_lane AND j.id = e.journal_id
    WHERE j.kind = 'refund' {only}
), given AS (
    SELECT o.lane, o.journal_id, c.wallet_id, sum(o.amount) AS amount
    FROM (SELECT DISTINCT journal_id FROM booked) AS j
    CROSS JOIN LATERAL (SELECT * FROM charge_outcome AS o
        WHERE o.journal_id = j.journal_id AND o.kind = 'refund' AND o.id >= :low OFFSET 0) AS o
    CROSS JOIN LATERAL (
        SELECT wallet_id FROM charge c WHERE c.lane = o.lane AND c.id = o.id OFFSET 0) AS c
    GROUP BY o.lane, o.journal_id, c.wallet_id
)
SELECT 'journal ' || journal_id || ' gives ' || coalesce(b.amount, 0) || ' to wallet '
    || wallet_id || ', its refunds sum to ' || coalesce(g.amount, 0) AS fault, journal_id
FROM given g FULL JOIN booked b USING (lane, journal_id, wallet_id)
WHERE coalesce(g.amount, 0) <> coalesce(b.amount, 0)
"""
# A journal and what it gives back are one transaction, so what is new of one is new of both.
_I6_REFUNDS_LATELY = """
WITH given AS (
    SELECT o.lane, o.journal_lane, o.journal_id, c.wallet_id, sum(o.amount) AS amount
    FROM {outcomes} AS o CROSS JOIN LATERAL (
        SELECT wallet_id FROM charge c WHERE c.lane = o.lane AND c.id = o.id OFFSET 0) AS c
    WHERE o.kind = 'refund' GROUP BY o.lane, o.journal_lane, o.journal_id, c.wallet_id
), booked AS (
    SELECT e.lane, e.journal_id, e.wallet_id, e.amount
    FROM (SELECT DISTINCT journal_lane, journal_id FROM given
        UNION SELECT lane, id FROM {journals} AS j WHERE kind = 'refund') AS j
    CROSS JOIN LATERAL (SELECT * FROM entry e
        WHERE e.journal_lane = j.journal_lane AND e.journal_id = j.journal_id OFFSET 0) AS e
)
SELECT 'journal ' || journal_id || ' gives ' || coalesce(b.amount, 0) || ' to wallet '
    || wallet_id || ', its refunds sum to ' || coalesce(g.amount, 0)
FROM given g FULL JOIN booked b USING (lane, journal_id, wallet_id)
WHERE coalesce(g.amount, 0) <> coalesce(b.amount, 0)
"""
_I6_SPLIT = """
SELECT 'charge ' || c.id || ' is ' || c.amount || ', its buckets paid another sum'
FROM {charges} AS c WHERE c.draws IS NOT NULL AND c.amount <>
    (SELECT sum((d ->> 1)::bigint) FROM jsonb_array_elements(c.draws) AS d)
"""
_I8_TWICE = """
SELECT 'charge ' || id || ' has ended ' || count(*) || ' times' FROM {outcomes} AS o
GROUP BY lane, id HAVING count(*) > 1
"""
_I8_STRAY = """
SELECT 'outcome of charge ' || o.id || ', which is not there' FROM {outcomes} AS o
WHERE NOT EXISTS (SELECT FROM charge c WHERE c.lane = o.lane AND c.id = o.id OFFSET 0)
"""
_I8_MORE = """
SELECT 'charge ' || c.id || ' gave back more than it took'
FROM {outcomes} AS o CROSS JOIN LATERAL (
    SELECT id, amount FROM charge c WHERE c.lane = o.lane AND c.id = o.id OFFSET 0) AS c
WHERE o.amount > c.amount
"""
_I8_UNBOOKED = """
SELECT 'refund of charge ' || o.id || ' has no journal' FROM {outcomes} AS o
WHERE o.kind = 'refund' AND NOT EXISTS (SELECT FROM journal j
    WHERE j.lane = o.journal_lane AND j.id = o.journal_id AND j.kind = 'refund' OFFSET 0)
"""

# All charges, in as few groups as there are different answers: prices × segments.
_RATED = """
SELECT c.price_id, w.currency, c.quantity, c.amount, c.tax_code, c.refund_on_failure,
    count(*) AS charges, min(c.id::text) AS example
FROM {charges} AS c JOIN wallet w ON w.lane = c.lane AND w.id = c.wallet_id
GROUP BY c.price_id, w.currency, c.quantity, c.amount, c.tax_code, c.refund_on_failure
"""


_CHARGES, _OUTCOMES = stretch("charge", lane=None), stretch("charge_outcome", lane=None)
_OUTCOMES_LATELY = f"""(SELECT o.* FROM final AS f CROSS JOIN LATERAL (
    SELECT * FROM charge_outcome AS o WHERE o.lane = f.lane AND o.id = f.id OFFSET 0) AS o
WHERE f.xid >= CAST(:xid AS xid8) AND f.id >= :oldest
UNION SELECT * FROM {_OUTCOMES} AS new)"""  # noqa: S608 - our own words
_JOURNALS, _ENTRIES = stretch("journal"), stretch("entry", "journal_id", None)


async def _booked(tx: Tx, first: int, last: int) -> list[str]:
    """Return the journals from one millisecond up to another that take what nobody was charged."""
    return await _suspected(tx, _I6, first, last, (NEAR, FAR))


async def _given(tx: Tx, first: int, last: int) -> list[str]:
    """Return the journals of that stretch that give back another sum than their outcomes."""
    return await _suspected(tx, _I6_REFUNDS, first, last, (OLDEST, EVER))


async def _suspected(
    tx: Tx, statement: str, first: int, last: int, around: tuple[timedelta, timedelta]
) -> list[str]:
    # Where a clock was set a journal's charges are further away: look again before the alarm.
    near, far = around
    suspected = await _differing(tx, statement, (first, last), near, None)
    only = [journal for _, journal in suspected]
    found = suspected and await _differing(tx, statement, (first, last), far, only)
    return [fault for fault, _ in found]


async def _differing(
    tx: Tx,
    statement: str,
    between: tuple[int, int],
    around: timedelta,
    only: list[UUID] | None,
) -> list[tuple[str, UUID]]:
    (first, last), reach = between, around // timedelta(milliseconds=1)
    asked = statement.format(
        charges=stretch("charge", lane=None, low="low", up="high"),
        entries=_ENTRIES,
        journals=_JOURNALS,
        only="" if only is None else "AND journal_id = ANY(CAST(:only AS uuid[]))",
    )
    given: dict[str, object] = {
        "first": MOMENTS.bound(first),
        "last": MOMENTS.bound(last),
        "low": MOMENTS.bound(max(first - reach, 0)),
        "high": MOMENTS.bound(min(last + reach, MOMENTS.end)),
        "only": only,
    }
    wanted = {word: value for word, value in given.items() if f":{word}" in asked}
    rows = await tx.sql(f"{asked.rstrip()} LIMIT {MOST}", **wanted)
    return [(row.fault, row.journal_id) for row in rows]


async def _rated_again(tx: Tx, first: int, last: int) -> list[str]:
    versions: dict[PriceId, PriceVersion | None] = {}
    found = []
    rated = _RATED.format(charges=_CHARGES)
    bounds = {"first": MOMENTS.bound(first), "last": MOMENTS.bound(last)}
    for row in (await tx.sql(rated, **bounds)).all():
        price_id = PriceId(row.price_id)
        if price_id not in versions:
            versions[price_id] = await catalogue.price_version(tx, price_id)
        version = versions[price_id]
        charges = f"I13: charge {row.example} and {row.charges - 1} alike"
        if version is None:
            found.append(f"{charges} name price {price_id}, which is not there")
            continue
        amount = priced(version.price, row.quantity).micros if row.currency == CNY else row.quantity
        if row.amount != amount:
            found.append(f"{charges} cost {row.amount}, by their price {amount}")
        if row.tax_code != version.tax_code:
            found.append(f"{charges} have tax code {row.tax_code}, by their price another")
        if row.refund_on_failure != (version.charge_on is ChargeOn.DELIVERY):
            found.append(f"{charges} differ from their price in when the money is due")
    return found[:MOST]


def _between(ask: Callable[[Tx, int, int], Awaitable[list[str]]], code: str, key: str) -> Question:
    """Return a question about what lies between two milliseconds, by id."""

    async def of_piece(tx: Tx, piece: Piece) -> list[str]:
        return await ask(tx, piece.first, piece.last)

    async def of_new(tx: Tx, lately: Lately) -> list[str]:
        return await ask(tx, unix_ms(lately.since), MOMENTS.end)

    return Question(code, key, of_piece, of_new, MOMENTS)


def _ended(code: str, key: str, statement: str) -> Question:
    return by_id(
        code,
        key,
        statement.format(outcomes=_OUTCOMES),
        lately=statement.format(outcomes=_OUTCOMES_LATELY),
    )


_NEW_REFUNDS = _I6_REFUNDS_LATELY.format(outcomes=_OUTCOMES_LATELY, journals=_JOURNALS)
QUESTIONS = (
    _between(_booked, "I6", "booked"),
    replace(_between(_given, "I6", "refunds booked"), lately=new_of(_NEW_REFUNDS)),
    by_id("I6", "split", _I6_SPLIT.format(charges=_CHARGES)),
    by_id("I8", "one outcome", _I8_TWICE.format(outcomes=_OUTCOMES)),
    _ended("I8", "charge of an outcome", _I8_STRAY),
    _ended("I8", "no more than taken", _I8_MORE),
    _ended("I8", "refund journal", _I8_UNBOOKED),
    _between(_rated_again, "", "price"),
)
violations = all_of(QUESTIONS)
