"""Becoming a customer: the account, its consent and its wallet, together or not at all."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import Channel, Registered, Verdict
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.model import AgreementVersionId
from umcloud.domains.ledger import service as ledger
from umcloud.domains.ledger.model import CNY
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act


async def register(  # P.1 E.1
    tx: Tx,
    act: Act,
    *,
    channel: Channel,
    target: str,
    code: str,
    password: str,
    organisation: str,
    version_id: AgreementVersionId,
    acknowledged: AbstractSet[str],
    seconds_on_page: int,
    authority: bool,
    vault: Vault,
    name: str = "",
) -> Verdict[Registered]:
    """Open an account that has consented to the agreement in force and owns a wallet in CNY.

    A person without a `name` of their own goes by the organisation's. The verdict refuses
    code.wrong, code.expired, code.exhausted: commit it, for the try counts. Raised, with nothing
    to keep: agreements.*, contact.*, name.malformed, password.*. The consent is judged first: a
    forgotten tick costs no code.
    """
    await agreements.check(
        tx,
        act,
        version_id=version_id,
        acknowledged=acknowledged,
        seconds_on_page=seconds_on_page,
        authority=authority,
    )
    verdict = await accounts.register(
        tx,
        act,
        channel=channel,
        target=target,
        code=code,
        password=password,
        name=name.strip() or organisation,
        organisation=organisation,
        vault=vault,
    )
    if verdict.value is None:
        return verdict
    account_id = verdict.value.account.id
    await agreements.accept(
        tx,
        act,
        account_id=account_id,
        member_id=verdict.value.owner.id,
        version_id=version_id,
        acknowledged=acknowledged,
        seconds_on_page=seconds_on_page,
        authority=authority,
    )
    await ledger.open_wallet(tx, act, account_id=account_id, currency=CNY)
    return verdict
