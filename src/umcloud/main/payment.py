"""Which payment company an installation is connected to."""

from __future__ import annotations

import httpx

from umcloud.infra.settings import LOOPBACK, Settings
from umcloud.providers.payment.keys import sandbox_keys
from umcloud.providers.payment.sandbox_pay import NAME, SandboxPay


def channel(
    found: Settings, http: httpx.AsyncClient, *, return_path: str = "/"
) -> SandboxPay | None:
    """Return the channel; None where none is switched on, as outside the sandbox.

    `return_path` is the page of the portal to which the customer comes back from paying.
    """
    if not found.sandbox:
        return None
    keys = sandbox_keys(found.home)
    return SandboxPay(
        gateway_url=f"http://{LOOPBACK}:{found.world_port}/gateway",
        notify_url=f"{found.public_url}/payments/notify/{NAME}",
        return_url=f"{found.public_url}{return_path}",
        key=keys.platform,
        gateway_key=keys.gateway_public,
        http=http,
    )
