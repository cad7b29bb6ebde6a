"""What the portal's pages work with besides the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from starlette.requests import Request

from umcloud.domains.accounts.model import Channel
from umcloud.domains.accounts.ports import CodeSender, InvitationSender
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.messaging.model import SendAnswer, SendRequest
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.doors.kit.live import Closing
from umcloud.infra.sealing import Sealer


class Accepting(Protocol):
    """Whatever accepts messages: `messaging.pump.Pump`."""

    async def submit(self, request: SendRequest) -> SendAnswer:
        """Return the answer once it is durable."""
        ...


class Post(CodeSender, InvitationSender, Protocol):
    """Whatever brings codes and invitations to people: `notifications.codes.CodePost`."""

    def require_open(self, channel: Channel) -> None:
        """Refuse a channel by which nobody is reached, whoever it may be."""
        ...


@dataclass(frozen=True, slots=True)
class Collaborators:
    """Given by the wiring; kept in the application's state."""

    vault: Vault
    sealer: Sealer
    pump: Accepting
    channel: PaymentChannel
    sender: Post
    closing: Closing
    sandbox: bool
    links: Mapping[str, str]
    """Addresses: `portal` is its own; outside of it `api`, `phones`, `mailbox`, `clock` …"""


def collaborators(request: Request) -> Collaborators:
    """Return what the wiring gave."""
    return cast("Collaborators", request.app.state.collaborators)
