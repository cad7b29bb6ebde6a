"""Following the message log as a carrier line does: in order, from a cursor a lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from umcloud.domains.messaging.report_model import Sent
from umcloud.domains.messaging.reports import is_over
from umcloud.infra.db import Tx
from umcloud.infra.hot import Call, HotConnection, Prepared, Rows

# LATERAL with bounds on both sides: only the partitions and rows that are new are touched, and
# the rows come in order without a sort. `last_id` and the rows are of one snapshot, so a lane
# that gave fewer rows than asked for has been read up to its `last_id`.
_COLUMNS = "m.id, m.account_id, m.class, m.destination, m.source, m.text, m.segments"
_FOLLOW = (
    "FROM unnest($2, $3) AS c(lane, id) "
    "JOIN lane_log l ON l.lane = c.lane AND l.last_id > c.id "
    "LEFT JOIN LATERAL (SELECT * FROM message m WHERE m.lane = l.lane AND m.id > c.id "
    "AND m.id <= l.last_id AND m.line = $1 ORDER BY m.lane, m.id LIMIT $4) m ON true LIMIT $4"
)
READ_LOG = Prepared(
    "read_log",
    "int2, int2[], uuid[], int8",
    f"SELECT c.lane, l.last_id, {_COLUMNS}, NULL::text {_FOLLOW}",
)
READ_BACKLOG = Prepared(
    "read_backlog",
    "int2, int2[], uuid[], int8",
    f"SELECT c.lane, l.last_id, {_COLUMNS}, "  # noqa: S608 - our own words
    "(SELECT string_agg(s.part || ':' || s.state, ',' ORDER BY s.part, s.attempt) "
    f"FROM submission s WHERE s.lane = m.lane AND s.id = m.id) {_FOLLOW}",
)
READ_CURSORS = Prepared(
    "read_cursors",
    "int2",
    "SELECT l.lane, coalesce(c.id, '00000000-0000-0000-0000-000000000000'::uuid), l.last_id "
    "FROM lane_log l LEFT JOIN line_cursor c ON c.line = $1 AND c.lane = l.lane",
)
WRITE_CURSORS = Prepared(
    "write_cursors",
    "int2, int2[], uuid[]",
    "INSERT INTO line_cursor (line, lane, id) SELECT $1, lane, id FROM unnest($2, $3) AS "
    "c(lane, id) ON CONFLICT (line, lane) DO UPDATE SET id = excluded.id "
    "WHERE line_cursor.id < excluded.id",
)
STATEMENTS = (READ_LOG, READ_BACKLOG, READ_CURSORS, WRITE_CURSORS)


class Logged(NamedTuple):
    """A message to be sent, as the log has it."""

    message: Sent
    destination: str
    source: str
    text: str
    tries: dict[int, list[str]]
    """How the tries of its parts ended before this line was started, by part."""


@dataclass(frozen=True, slots=True)
class LineConfig:
    """A carrier line's row."""

    number: int
    name: str
    host: str
    port: int
    system_id: str
    password_sealed: bytes
    window: int
    per_second: int | None
    state: str


class Follower:
    """Reads one line's messages from the log, each once, in order within a lane."""

    def __init__(self, line: int) -> None:
        self._line = line
        self.cursors: dict[int, int] = {}
        """By lane: everything up to here has been read."""
        self._backlog: dict[int, int] = {}
        self._first = 0

    async def begin(self, connection: HotConnection) -> None:
        """Start from the checkpoint; what lies between it and now may have been sent before."""
        (rows,) = await connection.run([READ_CURSORS.call(self._line)])
        for lane, cursor, last in rows:
            self.cursors[lane] = cursor
            if cursor < last:
                self._backlog[lane] = last

    async def read(self, connection: HotConnection, limit: int) -> list[Logged]:
        """Return the next messages, at most `limit`; parts that are over are named in `tries`."""
        lanes = list(self._backlog or self.cursors)
        # Where many wait, the lane that comes first gets all: so each begins in turn.
        self._first = (self._first + 1) % len(lanes)
        lanes = lanes[self._first :] + lanes[: self._first]
        statement = READ_BACKLOG if self._backlog else READ_LOG
        cursors = [self.cursors[lane] for lane in lanes]
        (rows,) = await connection.run([statement.call(self._line, lanes, cursors, limit)])
        found = self._take(rows, whole=len(rows) < limit)
        for lane, until in list(self._backlog.items()):
            if self.cursors[lane] >= until:
                del self._backlog[lane]
        return found

    @property
    def behind(self) -> bool:
        """Whether what was left behind by an earlier process is still being read."""
        return bool(self._backlog)

    def _take(self, rows: Rows, *, whole: bool) -> list[Logged]:
        found = []
        cursors = self.cursors
        for lane, last, id_, account, cls, destination, source, text, size, tries in rows:
            if (whole or id_ is None) and last > cursors[lane]:
                cursors[lane] = last
            if id_ is None:
                continue
            cursors[lane] = max(cursors[lane], id_)
            message = Sent(lane, id_, account, cls, size, 1)
            found.append(Logged(message, destination, source, text, _tries(tries)))
        return found


_NONE: dict[int, list[str]] = {}


def _tries(written: str | None) -> dict[int, list[str]]:
    if not written:
        return _NONE
    tries: dict[int, list[str]] = {}
    for piece in written.split(","):
        part, state = piece.split(":")
        tries.setdefault(int(part), []).append(state)
    return tries


def parts_left(logged: Logged) -> list[tuple[int, int]]:
    """Return the (part, attempts so far) that are still to be sent; tries as in the log."""
    left = []
    for part in range(1, logged.message.parts + 1):
        tries = logged.tries.get(part, [])
        if not is_over(logged.message.cls, tries):
            left.append((part, len(tries)))
    return left


def checkpoint_call(line: int, cursors: Mapping[int, int]) -> Call:
    """Return the call that notes, by lane, up to where everything has its final submission."""
    return WRITE_CURSORS.call(line, list(cursors), list(cursors.values()))


async def line_configs(tx: Tx) -> Sequence[LineConfig]:
    """Return all carrier lines."""
    rows = await tx.sql(
        "SELECT number, name, host, port, system_id, password_sealed, "
        '"window", per_second, state FROM carrier_line ORDER BY number'
    )
    return [
        LineConfig(
            row.number,
            row.name,
            row.host,
            row.port,
            row.system_id,
            bytes(row.password_sealed),
            row.window,
            row.per_second,
            row.state,
        )
        for row in rows
    ]
