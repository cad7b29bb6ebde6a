"""What of an account may be sent with: one answer for the sending path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.signatures.model import SignatureFacts
from umcloud.domains.resources.templates import queries as templates
from umcloud.domains.resources.templates.model import TemplateFacts
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId


@dataclass(frozen=True, slots=True)
class ApprovedResources:
    """An account's approved signatures and templates at one moment.

    Stale from the next signature.* or template.* event of the account on.
    """

    signatures: Mapping[str, SignatureFacts]
    """By bare text."""
    templates: Mapping[str, TemplateFacts]
    """By public id."""
    default_signature: SignatureFacts | None
    """The one to use where a request names none (R-SIG-17)."""


async def approved_for(tx: Tx, account_id: AccountId) -> ApprovedResources:
    """Return what the account may send with now (R-SIG-16, R-TPL-14)."""
    by_text, default = await signatures.approved(tx, account_id)
    by_public_id = await templates.approved(tx, account_id)
    return ApprovedResources(by_text, by_public_id, default)
