"""The accept path's statements on the message log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from umcloud.infra.hot import Prepared, ints, texts, uuids

LOCK_LANES = Prepared(
    "lock_lanes",
    "int2[]",
    "SELECT lane, last_id FROM lane_log WHERE lane = ANY($1) ORDER BY lane FOR NO KEY UPDATE",
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

STATEMENTS = (LOCK_LANES, READ_SENDERS, READ_KEYS, WRITE_LANES, WRITE_KEYS, WRITE_MESSAGES)


def lock_lanes_call(lanes: Iterable[int]) -> str:
    """Return the call that locks the lanes and tells their last ids."""
    return LOCK_LANES.call(ints(lanes))


def read_senders_call(pairs: list[tuple[int, int]]) -> str:
    """Return the call that tells the version of each account's facts."""
    return READ_SENDERS.call(ints(lane for lane, _ in pairs), uuids(acc for _, acc in pairs))


def read_keys_call(keys: list[tuple[int, int, str]]) -> str:
    """Return the call that tells which idempotency keys were used before."""
    return READ_KEYS.call(
        ints(lane for lane, _, _ in keys),
        uuids(account for _, account, _ in keys),
        texts([key for _, _, key in keys]),
    )


def write_lanes_call(last: dict[int, int]) -> str:
    """Return the call that moves the lanes' last ids forward."""
    return WRITE_LANES.call(ints(last), uuids(last.values()))


def notify_call() -> str:
    """Return the text that wakes the lines at commit."""
    return "NOTIFY accepted"


def messages_call(columns: list[list[Any]]) -> str:
    """Return the call that appends messages; columns in the order of WRITE_MESSAGES."""
    (
        lanes,
        ids,
        accounts,
        lines,
        classes,
        tos,
        sources,
        bodies,
        parts,
        segments,
        tpls,
        sigs,
        refs,
    ) = columns
    return WRITE_MESSAGES.call(
        ints(lanes),
        uuids(ids),
        uuids(accounts),
        ints(lines),
        texts(classes),
        texts(tos),
        texts(sources),
        texts(bodies),
        ints(parts),
        ints(segments),
        uuids(tpls),
        uuids(sigs),
        texts(refs),
    )
