"""Writing down what became of messages, and ending their charges, in one transaction a batch.

Everything may be repeated after any doubt: rows have natural keys, and a message ends exactly
once because its charge does (I7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from umcloud.domains.charging import hot as charging
from umcloud.domains.charging.model import OutcomeKind, StoredCharge
from umcloud.domains.messaging import reports_hot as hot
from umcloud.domains.messaging.report_model import (
    ATTEMPTS_MOST,
    DELIVERED,
    FAILED,
    NO_ANSWER,
    OTP,
    REJECTED,
    SUBMITTED,
    UNKNOWN,
    Ending,
    Orphan,
    PartState,
    Reported,
    Sent,
    Tried,
)
from umcloud.infra.hot import BEGIN, COMMIT, Call, HotConnection, Rows
from umcloud.kernel.ids import uuid7

STATEMENTS = (*hot.STATEMENTS, *charging.STATEMENTS)

_STATES = {
    "DELIVRD": DELIVERED,
    "UNDELIV": FAILED,
    "EXPIRED": FAILED,
    "REJECTD": FAILED,
    "DELETED": FAILED,
    "UNKNOWN": UNKNOWN,
}


@dataclass(slots=True)
class News:
    """What a line heard since its last transaction."""

    tried: list[Tried] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)


def state_of(word: str) -> str | None:
    """Return our state for a report's word; None for one that is not the end (ENROUTE, ACCEPTD).

    Words: SMPP 3.4, 5.2.28 and appendix B.
    """
    return _STATES.get(word)


def is_over(cls: str, tries: Sequence[str]) -> bool:
    """Tell whether a part is not sent again, by how its tries ended.

    An answer, once given, stands. Without one an OTP is not repeated, everything else is until
    `ATTEMPTS_MOST` tries: a second code confuses, a second notice is better than none.
    """
    if SUBMITTED in tries or REJECTED in tries:
        return True
    return bool(tries) and (cls == OTP or len(tries) >= ATTEMPTS_MOST)


def end_of(message: Sent, parts: Sequence[PartState]) -> Ending | None:
    """Return how a message ends, None while a part still waits; the worst part decides.

    A message is rejected when the carrier took none of its parts: that one is never charged
    (R-BILL-01). One that arrived in pieces has failed.
    """
    worst: dict[str, str] = {}
    for part in parts:
        if part.report is not None:
            worst.setdefault(part.report, part.code)
        elif not is_over(message.cls, part.tries) or SUBMITTED in part.tries:
            return None
        elif REJECTED in part.tries:
            worst.setdefault(REJECTED, rejection_code(part.error))
        else:
            worst.setdefault(UNKNOWN, NO_ANSWER)
    if len(parts) < message.parts:
        return None
    if len(worst) > 1 and REJECTED in worst:
        return Ending(message, FAILED, worst.get(FAILED, worst[REJECTED]))
    state = next(s for s in (REJECTED, FAILED, UNKNOWN, DELIVERED) if s in worst)
    return Ending(message, state, worst[state])


def rejection_code(status: int) -> str:
    """Return the code of a message that the carrier refused to take, by its SMPP status."""
    return f"submit:{status}"


class RepeatedError(Exception):
    """Something of what was taken to be new had been written before; nothing was written now."""


async def record(
    connection: HotConnection, news: News, *, line: int, now: datetime, new: bool = False
) -> int:
    """Write the news down, end the messages that are complete, commit; return how many ended.

    The receipts may be acknowledged when this returns. It may be called again with the same news
    after any error; an open transaction is undone first. With `new`, which costs less, nothing of
    it may have been written before: RepeatedError, then.
    """
    calls = [BEGIN]
    if news.tried:
        calls.append(hot.submissions_call(news.tried, line, now, new=new))
    if news.reported:
        calls.append(hot.receipts_call(news.reported, now, new=new))
    if news.orphans:
        calls.append(hot.orphans_call(news.orphans, line, now))
    endings, long = _endings(news)
    try:
        if long:
            ids = list(long)
            calls.append(hot.READ_PARTS.call([long[id_].lane for id_ in ids], ids))
            endings.update(_long_endings(long, (await connection.run(calls))[-1]))
            calls = []
        return await _end(connection, calls, list(endings.values()), now, new=new)
    except psycopg.errors.UniqueViolation as error:
        await _undo(connection)
        if new:
            raise RepeatedError from error
        raise
    except BaseException:
        await _undo(connection)
        raise


async def end(connection: HotConnection, endings: Sequence[Ending], *, now: datetime) -> int:
    """End these messages in one transaction and return how many there were.

    Those that had ended before stay as they were. The connection has STATEMENTS prepared.
    """
    try:
        return await _end(connection, [BEGIN], endings, now, new=False)
    except BaseException:
        await _undo(connection)
        raise


async def find(
    connection: HotConnection, carrier_ids: Sequence[str], *, line: int
) -> dict[str, tuple[Sent, int]]:
    """Return the message and part that the carrier means by each id, where the log knows it."""
    call = hot.FIND_CARRIER_IDS.call(list(carrier_ids), line)
    (rows,) = await connection.run([call])
    found = {}
    for row in rows:
        carrier_id, part, *message = row
        found[carrier_id] = (Sent(*message), part)
    return found


async def _undo(connection: HotConnection) -> None:
    if not connection.closed:
        try:
            await connection.rollback()
        except (psycopg.Error, OSError):
            await connection.close()


def _endings(news: News) -> tuple[dict[int, Ending], dict[int, Sent]]:
    """Return the ends of messages in one part, and the longer ones, which the log decides."""
    endings: dict[int, Ending] = {}
    long: dict[int, Sent] = {}
    for message, _, state, code, _ in news.reported:
        if message.parts > 1:
            long[message.id] = message
        elif message.id not in endings:
            endings[message.id] = Ending(message, state, code)
    for row in news.tried:
        message = row.message
        if row.state == SUBMITTED or message.id in endings:
            continue
        if message.parts > 1:
            long[message.id] = message
        elif row.state == REJECTED:
            endings[message.id] = Ending(message, REJECTED, rejection_code(row.error or 0))
        elif is_over(message.cls, [UNKNOWN] * row.attempt):
            endings[message.id] = Ending(message, UNKNOWN, NO_ANSWER)
    return endings, long


def _long_endings(long: dict[int, Sent], rows: Rows) -> dict[int, Ending]:
    endings = {}
    for id_, submissions, receipts in rows:
        message = long[id_]
        ending = end_of(message, read_parts(submissions, receipts))
        if ending is not None:
            endings[message.id] = ending
    return endings


def read_parts(submissions: str | None, receipts: str | None) -> list[PartState]:
    """Return the parts from `part:state:error` and `part:state:code` lists, comma-separated."""
    parts: dict[str, PartState] = {}
    empty = PartState([], 0, None, "")
    for piece in (submissions or "").split(",") if submissions else ():
        part, state, error = piece.split(":")
        known = parts.get(part, empty)
        parts[part] = known._replace(tries=[*known.tries, state], error=int(error) or known.error)
    for piece in (receipts or "").split(",") if receipts else ():
        part, state, code = piece.split(":", 2)
        parts[part] = parts.get(part, empty)._replace(report=state, code=code)
    return list(parts.values())


async def _end(
    connection: HotConnection,
    before: Sequence[Call],
    endings: Sequence[Ending],
    now: datetime,
    *,
    new: bool,
) -> int:
    """Make the calls before, end the charges and write the finals, then commit."""
    if not endings:
        await connection.run([*before, COMMIT])
        return 0
    # One order for all writers, so that none waits for another in a circle.
    ordered = sorted(endings, key=lambda ending: (ending.message.lane, ending.message.id))
    suspects = [e for e in ordered if e.state in {REJECTED, FAILED}]
    refunds: dict[int, tuple[StoredCharge | None, str]] = {}
    calls = [*before]
    if suspects:
        refunds = await _refundable(connection, calls, suspects)
        calls = []
    stand = [e.message for e in ordered if e.message.id not in refunds]
    if stand:
        lanes = [message.lane for message in stand]
        ids = [message.id for message in stand]
        calls.append(charging.settle_call(lanes, ids, now, all_open=new))
    for reason in (REJECTED, FAILED):
        charges = [charge for charge, why in refunds.values() if why == reason and charge]
        if charges:
            journal = min(charge.lane for charge in charges), uuid7(now).int
            calls += charging.refund_calls(charges, journal, now, reason)
    new = new and all(charge for charge, _ in refunds.values())
    await connection.run([*calls, hot.finals_call(ordered, now, new=new), COMMIT])
    return len(ordered)


async def _refundable(
    connection: HotConnection, before: Sequence[Call], suspects: Sequence[Ending]
) -> dict[int, tuple[StoredCharge | None, str]]:
    """Make the calls before and lock the wallets; return the charges to give back, with the reason.

    They are found by their messages' ids. None stands for a charge that was given back before: it
    must not be settled either.
    """
    pairs = sorted({(e.message.lane, e.message.account) for e in suspects})
    lock = charging.LOCK_WALLETS.call([p[0] for p in pairs], [p[1] for p in pairs])
    read = charging.READ_CHARGES.call(
        [e.message.lane for e in suspects], [e.message.id for e in suspects]
    )
    *_, rows = await connection.run([*before, lock, read])
    states = {e.message.id: e.state for e in suspects}
    refunds: dict[int, tuple[StoredCharge | None, str]] = {}
    for charge in charging.read_charges(rows):
        state = states[charge.id]
        if charge.ended is OutcomeKind.REFUND:
            refunds[charge.id] = (None, state)
        elif charge.ended is None and (state == REJECTED or charge.refund_on_failure):
            # R-BILL-01: only segments that were handed over are paid. Where the price is due on
            # delivery, a failed report gives the money back too.
            refunds[charge.id] = (charge, state)
    return refunds
