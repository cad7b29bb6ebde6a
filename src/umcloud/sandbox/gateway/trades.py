"""The gateway's trades, kept in an append-only file of JSON lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

PAID = "TRADE_SUCCESS"
CLOSED = "TRADE_CLOSED"


class Trade(msgspec.Struct, frozen=True):
    """One decided payment. Times are written as the gateway writes them, in Shanghai."""

    trade_no: str
    out_trade_no: str
    total_amount: str
    subject: str
    buyer_id: str
    buyer_logon_id: str
    status: str
    decided_at: str
    notify_url: str
    notify_id: str


class _Line(msgspec.Struct, omit_defaults=True):
    """A line of the file: a trade, or that a notice was acknowledged or given up."""

    trade: Trade | None = None
    ended: str | None = None


def buyer_id(logon: str) -> str:
    """Return the gateway's id of a buyer: the same for the same sign-in name."""
    return f"2088{int.from_bytes(sha256(logon.encode()).digest()[:8]) % 10**12:012d}"


def masked(logon: str) -> str:
    """Return a sign-in name as the gateway tells it to merchants: `ban***@example.com`."""
    name, at, host = logon.partition("@")
    return f"{name[:3]}***{at}{host}"


class TradeBook:
    """All trades and the notices that still have to be delivered."""

    def __init__(self, path: Path) -> None:
        """Read the file, or begin it. A line cut short by a crash is dropped."""
        self._path = path
        self._trades: list[Trade] = []
        self._ended: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        for line in self._lines():
            if line.trade:
                self._trades.append(line.trade)
            if line.ended:
                self._ended.add(line.ended)

    def _lines(self) -> Iterator[_Line]:
        if not self._path.exists():
            return
        whole = self._path.read_bytes()
        complete = whole[: whole.rfind(b"\n") + 1]
        if len(complete) < len(whole):
            with self._path.open("r+b") as file:
                file.truncate(len(complete))
        for line in complete.splitlines():
            yield msgspec.json.decode(line, type=_Line)

    def _append(self, line: _Line) -> None:
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def add(self, bill: dict[str, Any], *, status: str, logon: str, at: str) -> Trade:
        """Decide on a bill: write a trade with a number of its own and return it."""
        number = f"{''.join(c for c in at if c.isdigit())}{len(self._trades) + 1:010d}"
        trade = Trade(
            trade_no=number,
            out_trade_no=bill["out_trade_no"],
            total_amount=bill["total_amount"],
            subject=bill["subject"],
            buyer_id=buyer_id(logon),
            buyer_logon_id=masked(logon),
            status=status,
            decided_at=at,
            notify_url=bill["notify_url"],
            notify_id=f"n{number}",
        )
        self._append(_Line(trade=trade))
        self._trades.append(trade)
        return trade

    def end_notice(self, notify_id: str) -> None:
        """Write that the notice was acknowledged, or given up after the last try."""
        self._append(_Line(ended=notify_id))
        self._ended.add(notify_id)

    def undelivered(self) -> list[Trade]:
        """Return the trades whose notices are still to be delivered."""
        return [trade for trade in self._trades if trade.notify_id not in self._ended]

    def of_bill(self, number: str) -> Trade | None:
        """Return the bill's trade: the first paid one, else the last one."""
        found = [trade for trade in self._trades if trade.out_trade_no == number]
        paid = [trade for trade in found if trade.status == PAID]
        return paid[0] if paid else found[-1] if found else None

    def newest(self, limit: int) -> list[Trade]:
        """Return the last trades, newest first (the sandbox's page)."""
        return self._trades[: -limit - 1 : -1]

    def paid_on(self, day: date) -> list[Trade]:
        """Return the paid trades of the Shanghai day in the order they were made."""
        prefix = day.isoformat()
        return [t for t in self._trades if t.status == PAID and t.decided_at.startswith(prefix)]
