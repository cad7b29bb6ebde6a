"""Two customers, a line, and handsets that write."""

from __future__ import annotations

from tests.domains.inbound.conftest import sent

__all__ = ["sent"]
