"""Who listens to what: every cause and effect between slices, on one page.

Listeners run inside the announcing transaction (`infra.bus`), in the order in which they stand
here. Every process that changes anything wires its bus with this.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Protocol, cast

from umcloud.domains.accounts import events as account
from umcloud.domains.agreements import events as agreement
from umcloud.domains.audit import service as audit
from umcloud.domains.callbacks import events as callback
from umcloud.domains.catalogue import events as catalogue
from umcloud.domains.identity import events as identity
from umcloud.domains.messaging import events as line
from umcloud.domains.messaging import facts
from umcloud.domains.notifications import service as notifications
from umcloud.domains.optouts import events as optout
from umcloud.domains.orders import events as orders
from umcloud.domains.payments import events as payments
from umcloud.domains.resources.signatures import events as signature
from umcloud.domains.resources.templates import events as template
from umcloud.infra.bus import Bus, Event, Listener
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

#: What an account may send, or with what words, is no longer what it was (C4.2, R-SIG-16).
CHANGES_A_SENDER: tuple[type[Event], ...] = (
    account.AccountFrozen,
    account.AccountThawed,
    account.AccountClosed,
    account.TheftReported,
    identity.IdentityDrafted,
    identity.IdentitySubmitted,
    identity.IdentityApproved,
    identity.IdentityRefused,
    agreement.AgreementAccepted,
    signature.SignatureSubmitted,
    signature.SignatureTaken,
    signature.SignatureApproved,
    signature.SignatureRefused,
    signature.SignatureDisabled,
    signature.SignatureRestored,
    signature.SignatureStopped,
    signature.SignatureResumed,
    signature.SignatureDeleted,
    signature.DefaultSignatureChosen,
    template.TemplateSubmitted,
    template.TemplateRenamed,
    template.TemplateTaken,
    template.TemplateApproved,
    template.TemplateRefused,
    template.TemplateDisabled,
    template.TemplateRestored,
    template.TemplateStopped,
    template.TemplateResumed,
    template.TemplateDeleted,
    optout.OptedOut,
    optout.OptOutEntered,
    optout.OptOutRemoved,
)

#: What everybody sends at, through or under changed.
CHANGES_ALL_SENDERS: tuple[type[Event], ...] = (
    agreement.AgreementPublished,
    catalogue.PriceVersionPublished,
    line.LineAdded,
    line.LineStateChanged,
)

#: What the account's people read in their inbox, and whether a mail brings it too.
TOLD: dict[type[Event], bool] = {
    account.AccountRegistered: False,
    account.AccountFrozen: True,
    account.AccountThawed: True,
    account.AccountClosed: True,
    account.TheftReported: True,
    account.CredentialsReset: True,
    account.MemberJoined: True,
    account.KeyCreated: True,
    account.KeyRevoked: False,
    identity.IdentitySubmitted: False,
    identity.IdentityApproved: True,
    identity.IdentityRefused: True,
    signature.SignatureApproved: True,
    signature.SignatureRefused: True,
    signature.SignatureDisabled: True,
    signature.SignatureRestored: True,
    template.TemplateApproved: True,
    template.TemplateRefused: True,
    template.TemplateDisabled: True,
    template.TemplateRestored: True,
    payments.PaymentSettled: True,
    payments.PaymentClosed: False,
    orders.OrderPaid: True,
    orders.PackageVoided: True,
    callback.DeliveryGivenUp: False,
}

#: News for every account, and whether a mail brings it too.
TOLD_TO_ALL: dict[type[Event], bool] = {
    # R-BILL-02: a change of prices is announced before it is used.
    catalogue.PriceVersionPublished: True,
}

#: Told like the others, and by mail also to the person whom it concerns, an owner or not.
CONCERNS_ONE = frozenset({account.CredentialsReset})


class _OfAccount(Protocol):
    """An event that concerns one customer."""

    account_id: AccountId


def wire(bus: Bus, *, sealer: Sealer) -> Bus:
    """Fill the bus and return it."""
    bus.on_everything(audit.record)
    for event_type in CHANGES_A_SENDER:
        bus.on(event_type, _sender_changed)
    for event_type in CHANGES_ALL_SENDERS:
        bus.on(event_type, _all_senders_changed)
    for event_type, email in TOLD.items():
        bus.on(event_type, _teller(sealer, email=email))
    for event_type, email in TOLD_TO_ALL.items():
        bus.on(event_type, _crier(email=email))
    return bus


async def _sender_changed(tx: Tx, act: Act, event: Event) -> None:
    del act  # whoever it was: the version says that something changed, the audit log who did it
    await facts.changed(tx, cast("_OfAccount", event).account_id)


async def _all_senders_changed(tx: Tx, act: Act, event: Event) -> None:
    del act, event  # whatever it was, it concerns all
    await facts.changed_for_all(tx)


def _teller(sealer: Sealer, *, email: bool) -> Listener[Event]:
    async def tell(tx: Tx, act: Act, event: Event) -> None:
        known = {each.name: getattr(event, each.name) for each in fields(event)}
        concerns = known["member_id"] if type(event) in CONCERNS_ONE else None
        await notifications.notify(
            tx,
            act,
            account_id=known.pop("account_id"),
            event_name=event.name,
            facts=known,
            email=email,
            sealer=sealer,
            concerns=concerns,
        )

    return tell


def _crier(*, email: bool) -> Listener[Event]:
    async def tell(tx: Tx, act: Act, event: Event) -> None:
        known = {each.name: getattr(event, each.name) for each in fields(event)}
        await notifications.notify_everybody(
            tx, act, event_name=event.name, facts=known, email=email
        )

    return tell
