"""Asking for a one-time code and spending it (C4.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from umcloud.domains.accounts import events, rules
from umcloud.domains.accounts.model import (
    Channel,
    CodeMessage,
    Contact,
    OneTimeCode,
    Purpose,
)
from umcloud.domains.accounts.ports import CodeSender
from umcloud.domains.accounts.store import codes, people
from umcloud.domains.accounts.vault import Vault, same_secret
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.moments import shanghai_day
from umcloud.kernel.refusals import Refusal

#: Purposes for which a stranger gets no message; they are not told that they are a stranger.
_FOR_MEMBERS = frozenset({Purpose.SIGN_IN, Purpose.RESET})


def life_of(purpose: Purpose) -> timedelta:
    """Return how long a code of that purpose serves."""
    return rules.STAFF_CODE_LIFE if purpose is Purpose.STAFF else rules.CODE_LIFE


async def request_code(
    tx: Tx,
    act: Act,
    *,
    channel: Channel,
    target: str,
    purpose: Purpose,
    sender: CodeSender,
    vault: Vault,
) -> datetime:
    """Send six digits and return when they expire; the last code stops serving.

    Refuses: contact.malformed, code.too_soon (60 s), code.too_many (10 a day). For signing in and
    resetting, an unknown contact is answered alike, but nothing is sent.
    """
    contact = rules.read_contact(channel, target)
    last = await codes.take_turn(tx, contact, purpose)
    sent_on_day = rules.may_send_code(last, act.now)
    code = vault.new_code()
    await codes.replace(
        tx,
        OneTimeCode(
            contact=contact,
            purpose=purpose,
            code_mac=vault.code_mac(contact, purpose, code),
            tries=0,
            issued_at=act.now,
            day=shanghai_day(act.now),
            sent_on_day=sent_on_day,
            used_at=None,
        ),
    )
    life = life_of(purpose)
    if purpose not in _FOR_MEMBERS or await people.lock_member_by(tx, contact):
        minutes = life // timedelta(minutes=1)
        await sender.send(tx, act, CodeMessage(contact, purpose, code, act.locale, minutes))
    await tx.announce(act, events.CodeIssued(channel, purpose, rules.masked(contact)))
    return act.now + life


async def spend_code(
    tx: Tx, act: Act, *, contact: Contact, purpose: Purpose, code: str, vault: Vault
) -> Refusal | None:
    """Use the code up and return None; or count the wrong try and return why not.

    The refusal is returned, not raised: the count has to be committed (see `Verdict`).
    """
    sent = await codes.take_turn(tx, contact, purpose)
    mac = vault.code_mac(contact, purpose, code)
    matches = sent is not None and same_secret(sent.code_mac.hex(), mac.hex())
    refusal = rules.judge_code(sent, matches=matches, now=act.now, life=life_of(purpose))
    if refusal is None:
        await codes.mark_used(tx, contact, purpose, act.now)
        return None
    if sent is not None and not matches and sent.tries < rules.CODE_TRIES:
        await codes.count_try(tx, contact, purpose)
    await tx.announce(act, events.CodeRejected(purpose, rules.masked(contact), refusal.code))
    return refusal
