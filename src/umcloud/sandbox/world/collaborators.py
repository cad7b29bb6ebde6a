"""What the pages look into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from umcloud.doors.kit.live import Closing
from umcloud.infra.clock import Clock
from umcloud.infra.db import Database
from umcloud.sandbox.carrier import Carrier
from umcloud.sandbox.gateway.app import Gateway
from umcloud.sandbox.mailbox.store import Mailbox


@dataclass(frozen=True, slots=True)
class Outside:
    """The simulated world, as one process runs it."""

    database: Database
    clock: Clock
    carrier: Carrier
    mailbox: Mailbox
    gateway: Gateway
    closing: Closing
    portal_url: str


def outside(request: Request) -> Outside:
    """Return the world of this application."""
    return cast("Outside", request.app.state.outside)
