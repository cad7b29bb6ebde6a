"""The statements by which a line writes down what became of messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from umcloud.domains.messaging.report_model import Ending, Orphan, Reported, Tried
from umcloud.infra.hot import Call, Prepared

_ONCE = " ON CONFLICT DO NOTHING"
_SUBMISSIONS = (
    "INSERT INTO submission (lane, id, part, attempt, state, carrier_id, error, line, at) "
    "SELECT s.*, $8, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7) AS s"
)
_SUBMISSION_TYPES = "int2[], uuid[], int2[], int2[], text[], text[], int4[], int2, timestamptz"
WRITE_SUBMISSIONS = Prepared("write_submissions", _SUBMISSION_TYPES, _SUBMISSIONS + _ONCE)
# Without ON CONFLICT a row costs less: it is looked for once, not twice. So a batch is taken to be
# new, and is written again by the other statements where something in it was not.
WRITE_NEW_SUBMISSIONS = Prepared("write_new_submissions", _SUBMISSION_TYPES, _SUBMISSIONS)
_RECEIPTS = (
    "INSERT INTO receipt (lane, id, part, state, code, carrier_at, at) "
    "SELECT r.*, $7 FROM unnest($1, $2, $3, $4, $5, $6) AS r"
)
_RECEIPT_TYPES = "int2[], uuid[], int2[], text[], text[], timestamptz[], timestamptz"
WRITE_RECEIPTS = Prepared("write_receipts", _RECEIPT_TYPES, _RECEIPTS + _ONCE)
WRITE_NEW_RECEIPTS = Prepared("write_new_receipts", _RECEIPT_TYPES, _RECEIPTS)
# Only for messages in several parts: what is known of each of them, this batch included.
READ_PARTS = Prepared(
    "read_parts",
    "int2[], uuid[]",
    "SELECT k.id, s.states, r.states FROM unnest($1, $2) AS k(lane, id) "
    "CROSS JOIN LATERAL (SELECT string_agg(part || ':' || state || ':' || coalesce(error, 0), ',' "
    "ORDER BY part, attempt) AS states FROM submission s "
    "WHERE s.lane = k.lane AND s.id = k.id OFFSET 0) s "
    "CROSS JOIN LATERAL (SELECT string_agg(part || ':' || state || ':' || code, ',' "
    "ORDER BY part) AS states FROM receipt r WHERE r.lane = k.lane AND r.id = k.id OFFSET 0) r",
)
_FINALS = (
    "INSERT INTO final (lane, id, account_id, class, segments, state, code, at) "
    "SELECT f.*, $8 FROM unnest($1, $2, $3, $4, $5, $6, $7) "
    "AS f(lane, id, account_id, class, segments, state, code)"
)
_FINAL_TYPES = "int2[], uuid[], uuid[], text[], int2[], text[], text[], timestamptz"
# The charge's outcome is the one thing that is unique: whoever wrote it writes the final, and
# `xmin` tells whether that was this very transaction. A repeat after any doubt adds nothing.
WRITE_FINALS = Prepared(
    "write_finals",
    _FINAL_TYPES,
    f"{_FINALS} CROSS JOIN LATERAL (SELECT FROM charge_outcome o WHERE o.lane = f.lane "
    "AND o.id = f.id AND o.xmin = pg_current_xact_id()::xid OFFSET 0) o",
)
# Where this transaction has written all the outcomes, by a statement that knows no conflict.
WRITE_NEW_FINALS = Prepared("write_new_finals", _FINAL_TYPES, _FINALS)
FIND_CARRIER_IDS = Prepared(
    "find_carrier_ids",
    "text[], int2",
    "SELECT k.carrier_id, s.part, s.lane, s.id, m.account_id, m.class, m.segments, m.parts "
    "FROM unnest($1) AS k(carrier_id) CROSS JOIN LATERAL (SELECT * FROM submission s "
    "WHERE s.carrier_id = k.carrier_id AND s.line = $2 ORDER BY s.id DESC LIMIT 1) s "
    "CROSS JOIN LATERAL (SELECT * FROM message m WHERE m.lane = s.lane AND m.id = s.id OFFSET 0) m",
)
WRITE_ORPHANS = Prepared(
    "write_orphans",
    "text[], text[], text[], timestamptz[], int2, timestamptz",
    "INSERT INTO orphan_receipt (carrier_id, state, code, carrier_at, line, at) "
    "SELECT r.*, $5, $6 FROM unnest($1, $2, $3, $4) AS r ON CONFLICT DO NOTHING",
)

STATEMENTS = (
    WRITE_SUBMISSIONS,
    WRITE_NEW_SUBMISSIONS,
    WRITE_RECEIPTS,
    WRITE_NEW_RECEIPTS,
    READ_PARTS,
    WRITE_FINALS,
    WRITE_NEW_FINALS,
    FIND_CARRIER_IDS,
    WRITE_ORPHANS,
)


def submissions_call(rows: Sequence[Tried], line: int, now: datetime, *, new: bool) -> Call:
    """Return the call that appends these tries; `new` ones raise where they are not."""
    return (WRITE_NEW_SUBMISSIONS if new else WRITE_SUBMISSIONS).call(
        [row.message.lane for row in rows],
        [row.message.id for row in rows],
        [row.part for row in rows],
        [row.attempt for row in rows],
        [row.state for row in rows],
        [row.carrier_id for row in rows],
        [row.error for row in rows],
        line,
        now,
    )


def receipts_call(rows: Sequence[Reported], now: datetime, *, new: bool) -> Call:
    """Return the call that appends these reports; of two for one part the first stands.

    `new` ones raise where they are not.
    """
    return (WRITE_NEW_RECEIPTS if new else WRITE_RECEIPTS).call(
        [row.message.lane for row in rows],
        [row.message.id for row in rows],
        [row.part for row in rows],
        [row.state for row in rows],
        [row.code for row in rows],
        [row.carrier_at for row in rows],
        now,
    )


def finals_call(rows: Sequence[Ending], now: datetime, *, new: bool) -> Call:
    """Return the call that appends finals where this transaction ended the charge.

    `new`: it has ended all of them.
    """
    return (WRITE_NEW_FINALS if new else WRITE_FINALS).call(
        [row.message.lane for row in rows],
        [row.message.id for row in rows],
        [row.message.account for row in rows],
        [row.message.cls for row in rows],
        [row.message.segments for row in rows],
        [row.state for row in rows],
        [row.code for row in rows],
        now,
    )


def orphans_call(rows: Sequence[Orphan], line: int, now: datetime) -> Call:
    """Return the call that keeps reports which belong to nothing we know."""
    return WRITE_ORPHANS.call(
        [row.carrier_id for row in rows],
        [row.state for row in rows],
        [row.code for row in rows],
        [row.carrier_at for row in rows],
        line,
        now,
    )
