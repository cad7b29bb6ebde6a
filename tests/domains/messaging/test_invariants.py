"""Each promise of the message log alarms when it is broken, and only that one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.messaging.invariants import QUESTIONS, violations
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_ONE, _TWO = (f"'00000000-0000-0000-0000-00000000000{n}'" for n in (1, 2))

#: Two messages of one account; the first was delivered, the second failed and was given back.
LOG = """
INSERT INTO carrier_line (number, name, host, port, system_id, password_sealed, source, "window",
    state, carries, priority)
    VALUES (1, 'test', 'localhost', 2775, 'x', '', '1069', 10, 'enabled', 'all', 1);
INSERT INTO message (lane, id, account_id, line, class, destination, source, text, parts, segments,
    template_id)
    SELECT 7, id, {one}, 1, 'otp', 'x', 'x', 'x', 1, 1, {one}
    FROM unnest(ARRAY[{one}, {two}]::uuid[]) AS m(id);
INSERT INTO charge (lane, id, account_id, wallet_id, bucket_id, amount, quantity, price_id,
    tax_code, refund_on_failure, journal_lane, journal_id)
    SELECT lane, id, account_id, {one}, {one}, 5, 1, {one}, 'sms.6', true, 7, {one} FROM message;
INSERT INTO submission (lane, id, part, attempt, line, state, carrier_id, at)
    SELECT lane, id, 1, 1, 1, 'submitted', id::text, '2026-03-02Z' FROM message;
INSERT INTO receipt (lane, id, part, state, code, at)
    SELECT lane, id, 1, CASE WHEN id = {one} THEN 'delivered' ELSE 'failed' END, '000',
    '2026-03-02Z' FROM message;
INSERT INTO charge_outcome (lane, id, kind, amount, reason, at) VALUES
    (7, {one}, 'settle', 0, 'report', '2026-03-02Z');
INSERT INTO charge_outcome (lane, id, kind, amount, reason, at, journal_lane, journal_id)
    VALUES (7, {two}, 'refund', 5, 'failed', '2026-03-02Z', 7, {two});
INSERT INTO final (lane, id, account_id, class, segments, state, code, at)
    SELECT lane, id, account_id, class, segments,
    CASE WHEN id = {one} THEN 'delivered' ELSE 'failed' END, '000', '2026-03-02Z' FROM message
"""


@dataclass(frozen=True)
class Fault:
    """A way to break the log, and the beginnings of what the audit must say."""

    deeds: str
    alarms: tuple[str, ...]


FAULTS = {
    "a message nobody was charged for": Fault(
        "DELETE FROM charge WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} was not charged",),
    ),
    "a charge for no message": Fault(
        "DELETE FROM message WHERE id = {one}",
        (f"I7: charge {_ONE[1:-1]} is for no message",),
    ),
    "a charge of another quantity": Fault(
        "UPDATE charge SET quantity = 2 WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} has 1 segments, 2 charged",),
    ),
    "a charge to somebody else": Fault(
        "UPDATE charge SET account_id = {two} WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} was charged to another account",),
    ),
    "money back for a delivered message": Fault(
        "UPDATE receipt SET state = 'delivered' WHERE id = {two}",
        (f"I8: charge {_TWO[1:-1]} was given back without",),
    ),
    "two ends": Fault(
        "INSERT INTO final (xid, lane, id, account_id, class, segments, state, code, at) "
        "SELECT '1', lane, id, account_id, class, 1, state, code, at FROM final WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} has ended 2 times",),
    ),
    "an end that its charge does not know": Fault(
        "DELETE FROM charge_outcome WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} has ended, but its charge has not",),
    ),
    "an end that the log does not know": Fault(
        "DELETE FROM final WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} has not ended, but its charge has",),
    ),
    "a message without a line": Fault(
        "UPDATE message SET line = 2 WHERE id = {one}",
        (f"I7: message {_ONE[1:-1]} has no line",),
    ),
}


@pytest.fixture
async def log(tx: Tx) -> Tx:
    """Return a transaction with a small, good log."""
    for statement in LOG.format(one=_ONE, two=_TWO).split(";"):
        await tx.sql(statement)
    return tx


async def test_a_good_log_has_no_violations(log: Tx, act: Act) -> None:
    assert await violations(log, act.now) == []


async def test_a_person_may_give_money_back(log: Tx, act: Act) -> None:
    await log.sql("DELETE FROM receipt")
    await log.sql("UPDATE charge_outcome SET reason = 'operator:goodwill' WHERE kind = 'refund'")
    assert await violations(log, act.now) == []


async def test_a_message_the_carrier_refused_may_be_given_back(log: Tx, act: Act) -> None:
    await log.sql("DELETE FROM receipt")
    await log.sql("UPDATE submission SET state = 'rejected', carrier_id = NULL, error = 11")
    assert await violations(log, act.now) == []


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_alarms(log: Tx, act: Act, name: str) -> None:
    fault = FAULTS[name]
    await log.sql(fault.deeds.format(one=_ONE, two=_TWO))
    for found in (
        await violations(log, act.now),
        await new_faults(log, QUESTIONS, Lately(_BEGINNING, 0, act.now)),
    ):
        assert len(found) == len(fault.alarms), found
        for line, alarm in zip(found, fault.alarms, strict=True):
            assert line.startswith(alarm)


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_older_than_the_window_is_left_to_the_night(
    log: Tx, act: Act, name: str
) -> None:
    await log.sql(FAULTS[name].deeds.format(one=_ONE, two=_TWO))
    later = (
        await log.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 9")
    ).scalar_one()
    since = Lately(act.now - timedelta(minutes=1), later, act.now)
    assert await new_faults(log, QUESTIONS, since) == []
    assert await violations(log, act.now) != []
