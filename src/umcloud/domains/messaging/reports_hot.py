"""The statements by which a line writes down what became of messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from umcloud.domains.messaging.report_model import Ending, Orphan, Reported, Tried
from umcloud.infra.hot import Call, Prepared

WRITE_SUBMISSIONS = Prepared(
    "write_submissions",
    "int2[], uuid[], int2[], int2[], text[], text[], int4[], int2, timestamptz",
    "INSERT INTO submission (lane, id, part, attempt, state, carrier_id, error, line, at) "
    "SELECT s.*, $8, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7) AS s ON CONFLICT DO NOTHING",
)
WRITE_RECEIPTS = Prepared(
    "write_receipts",
    "int2[], uuid[], int2[], text[], text[], timestamptz[], timestamptz",
    "INSERT INTO receipt (lane, id, part, state, code, carrier_at, at) "
    "SELECT r.*, $7 FROM unnest($1, $2, $3, $4, $5, $6) AS r ON CONFLICT DO NOTHING",
)
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
# The charge's outcome is the one thing that is unique: whoever wrote it writes the final, and
# `xmin` tells whether that was this very transaction. A repeat after any doubt adds nothing.
WRITE_FINALS = Prepared(
    "write_finals",
    "int2[], uuid[], uuid[], text[], int2[], text[], text[], timestamptz",
    "INSERT INTO final (lane, id, account_id, class, segments, state, code, at) "
    "SELECT f.*, $8 FROM unnest($1, $2, $3, $4, $5, $6, $7) "
    "AS f(lane, id, account_id, class, segments, state, code) "
    "CROSS JOIN LATERAL (SELECT FROM charge_outcome o WHERE o.lane = f.lane AND o.id = f.id "
    "AND o.xmin = pg_current_xact_id()::xid OFFSET 0) o",
)
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
    WRITE_RECEIPTS,
    READ_PARTS,
    WRITE_FINALS,
    FIND_CARRIER_IDS,
    WRITE_ORPHANS,
)


def submissions_call(rows: Sequence[Tried], line: int, now: datetime) -> Call:
    """Return the call that appends these tries."""
    return WRITE_SUBMISSIONS.call(
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


def receipts_call(rows: Sequence[Reported], now: datetime) -> Call:
    """Return the call that appends these reports; of two for one part the first stands."""
    return WRITE_RECEIPTS.call(
        [row.message.lane for row in rows],
        [row.message.id for row in rows],
        [row.part for row in rows],
        [row.state for row in rows],
        [row.code for row in rows],
        [row.carrier_at for row in rows],
        now,
    )


def finals_call(rows: Sequence[Ending], now: datetime) -> Call:
    """Return the call that appends finals where this transaction ended the charge."""
    return WRITE_FINALS.call(
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
