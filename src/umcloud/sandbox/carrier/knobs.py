"""What can be set before the carrier starts (`CarrierConfig`) and while it runs (`Knobs`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from umcloud.kernel.moments import SHANGHAI


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the carrier behaves now. Shares are 0…1; delays are milliseconds."""

    latency_ms: float = 5.0
    """Until submit_sm is answered; `latency_jitter_ms` more or less, evenly spread."""
    latency_jitter_ms: float = 0.0
    receipt_delay_ms: float = 500.0
    receipt_jitter_ms: float = 0.0
    throttle_per_second: int = 0
    """Messages above it are answered THROTTLED; 0: no bound."""
    errors: Mapping[int, float] = field(default_factory=dict)
    """Share of submissions answered with that SMPP status."""
    undelivered: float = 0.0
    """Share of messages that no handset gets: UNDELIV, error 027."""
    receipt_loss: float = 0.0
    receipt_twice: float = 0.0
    garbage: float = 0.0
    """Share of submissions that are taken, but answered with senseless octets."""
    hang: bool = False
    """Read everything and say nothing, not even to enquire_link."""
    refuse_binds: bool = False
    validity_seconds: float = 300.0
    """A message for a handset in airplane mode expires after that."""

    def __post_init__(self) -> None:
        shares = (
            self.undelivered,
            self.receipt_loss,
            self.receipt_twice,
            self.garbage,
            sum(self.errors.values()),
            *self.errors.values(),
        )
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("a share lies between 0 and 1")
        delays = (
            self.latency_ms - self.latency_jitter_ms,
            self.receipt_delay_ms - self.receipt_jitter_ms,
            self.latency_jitter_ms,
            self.receipt_jitter_ms,
            self.throttle_per_second,
            self.validity_seconds,
        )
        if min(delays) < 0:
            raise ValueError("a delay, less its jitter, or a bound is never negative")
        if 0 in self.errors:
            raise ValueError("status 0 is no error")


@dataclass(frozen=True, slots=True)
class CarrierConfig:
    """Who may bind, how much is kept, and where the carrier writes down what arrived."""

    clients: Mapping[str, str]
    """Passwords by system id."""
    system_id: str = "sandbox"
    host: str = "127.0.0.1"
    port: int = 0
    window: int = 1000
    """Receipts a bind may leave unacknowledged."""
    inbound_window: int = 10_000
    acknowledge_seconds: float = 60.0
    """A receipt that is not acknowledged in that time is delivered again."""
    keep: int = 50
    """Messages kept a handset; 0: handsets keep nothing and no news is told (for benches)."""
    handsets_most: int = 1000
    ledger: Path | None = None
    """Append-only file of everything that arrived; read again at the start, see `ledger.py`."""
    ledger_token: re.Pattern[str] = field(default=re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,}"))
    """What in a text tells it from all others; the ledger has the last match."""
    zone: tzinfo = SHANGHAI
    seed: int = 1
