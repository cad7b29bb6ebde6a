"""What accounts need from others."""

from __future__ import annotations

from typing import Protocol

from umcloud.domains.accounts.model import CodeMessage, InvitationMessage
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act


class CodeSender(Protocol):
    """Brings a one-time code to a person; queues it in the transaction, never waits for delivery.

    `notifications.codes.CodePost` is the one that ships.
    """

    async def send(self, tx: Tx, act: Act, message: CodeMessage) -> None:
        """Queue the code; refuses where the channel is not open."""
        ...


class InvitationSender(Protocol):
    """Brings an invitation's link to a person, as `CodeSender` brings codes.

    `notifications.codes.CodePost` is the one that ships.
    """

    async def invite(self, tx: Tx, act: Act, message: InvitationMessage) -> None:
        """Queue the invitation; refuses where the channel is not open."""
        ...
