"""The accept path's statements on the message log."""

from __future__ import annotations

from umcloud.infra.hot import Prepared

LOCK_LANES = Prepared(
    "lock_lanes",
    "int2[]",
    "SELECT lane, last_id FROM lane_log WHERE lane = ANY($1) ORDER BY lane FOR NO KEY UPDATE",
)
# Locks and moves the lanes in one; a lane whose last id is not below is not in the answer.
ADVANCE_LANES = Prepared(
    "advance_lanes",
    "int2[], uuid[], uuid[]",
    "UPDATE lane_log l SET last_id = d.last_id FROM unnest($1, $2, $3) AS d(lane, first_id, "
    "last_id) WHERE l.lane = d.lane AND l.last_id < d.first_id RETURNING l.lane",
)
READ_SENDERS = Prepared(
    "read_senders",
    "int2[], uuid[]",
    "SELECT a.account_id, coalesce(s.version, 0) FROM unnest($1, $2) AS a(lane, account_id) "
    "LEFT JOIN sender s ON s.lane = a.lane AND s.account_id = a.account_id",
)
READ_KEYS = Prepared(
    "read_keys",
    "int2[], uuid[], text[]",
    "SELECT k.account_id, k.key, i.request_hash, i.session_id, i.answer::text "
    "FROM unnest($1, $2, $3) AS k(lane, account_id, key) CROSS JOIN LATERAL "
    "(SELECT * FROM idempotency i WHERE i.lane = k.lane AND i.account_id = k.account_id "
    "AND i.key = k.key OFFSET 0) i",
)
WRITE_LANES = Prepared(
    "write_lanes",
    "int2[], uuid[]",
    "UPDATE lane_log l SET last_id = d.id FROM unnest($1, $2) AS d(lane, id) WHERE l.lane = d.lane",
)
WRITE_KEYS = Prepared(
    "write_keys",
    "int2[], uuid[], text[], text[], uuid[], text[], timestamptz",
    "INSERT INTO idempotency (lane, account_id, key, request_hash, session_id, answer, at) "
    "SELECT lane, account_id, key, request_hash, session_id, answer::jsonb, $7 "
    "FROM unnest($1, $2, $3, $4, $5, $6) AS k(lane, account_id, key, request_hash, session_id, "
    "answer)",
)
WRITE_MESSAGES = Prepared(
    "write_messages",
    "int2[], uuid[], uuid[], int2[], text[], text[], text[], text[], int2[], int2[], uuid[], "
    "uuid[], text[]",
    "INSERT INTO message (lane, id, account_id, line, class, destination, source, text, parts, "
    "segments, template_id, signature_id, client_ref) "
    "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
)

NOTIFY = Prepared("notify_accepted", "", "NOTIFY accepted")

STATEMENTS = (
    LOCK_LANES,
    ADVANCE_LANES,
    READ_SENDERS,
    READ_KEYS,
    WRITE_LANES,
    WRITE_KEYS,
    WRITE_MESSAGES,
    NOTIFY,
)
