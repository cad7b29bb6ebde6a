"""What callbacks ask of the network; `infra.outbound.Outbound` is the real one."""

from __future__ import annotations

from typing import Protocol


class Guard(Protocol):
    """Judges where a host leads."""

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return open addresses; refuses callback.host_unknown, callback.address_forbidden."""
