"""What other gateways do, measured by us with the same kind of load on the same kind of machine.

Debian 12, 2 vCPU, 24 GiB, 2026-11-22; medians of 3 runs over loopback, carrier simulator and load
generator in C on the same two cores (they took 0.28 core at most), 46 octets of GSM 7-bit text.
Kannel 1.4.5 with spool store and receipts, 32 connections; it has no balances and charges nothing.
Jasmin 0.11.0 with receipts and a balance, 16 connectors; the best of its runs with receipts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """Messages a second."""

    name: str
    accept: float
    end_to_end: float
    """First request to the last receipt handed on."""


PEERS = (
    Peer("Kannel 1.4.5 (C, no billing)", 4047, 2131),
    Peer("Jasmin 0.11.0 (Python, billing)", 1641, 360),
)
