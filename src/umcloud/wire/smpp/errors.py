"""Who broke the protocol: we (`LocalProtocolError`) or they (`RemoteProtocolError`)."""

from __future__ import annotations

from umcloud.wire.smpp import codes


class LocalProtocolError(Exception):
    """We were asked to send what SMPP cannot carry, or at a moment when it may not be sent.

    `status` is what a peer would have answered, so a caller can treat it as a refusal.
    """

    def __init__(self, reason: str, status: int = codes.SYSTEM_ERROR) -> None:
        super().__init__(reason)
        self.status = status


class RemoteProtocolError(Exception):
    """The peer sent what cannot be read; `status` is the refusal that it deserves.

    `fatal`: the length itself is senseless, so nobody knows where the next PDU begins.
    """

    def __init__(self, reason: str, status: int, *, fatal: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.fatal = fatal
