"""Nothing is sent under an agreement that the account has not accepted (P.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domains.agreements.test_publish import successor
from tests.domains.messaging.conftest import Moved, Sender
from umcloud.domains.agreements import queries as agreement_queries
from umcloud.domains.agreements import rules as agreement_rules
from umcloud.domains.agreements import service as agreements
from umcloud.domains.agreements.errors import ConsentNeeded
from umcloud.domains.agreements.model import Beginning
from umcloud.domains.messaging import facts
from umcloud.domains.messaging.pump import Pump
from umcloud.domains.messaging.screening import screen
from umcloud.infra.db import Database
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Act
from umcloud.kernel.ids import MemberId

NewSender = Callable[..., Awaitable[Sender]]
PASS = timedelta(microseconds=1)


async def consent(database: Database, act: Act, sender: Sender) -> None:
    """Accept the version in force, as the account's owner does in the portal."""
    async with database.transaction() as tx:
        version = await agreements.current(tx, now=act.now)
        [owner] = await tx.sql(
            "SELECT id FROM member WHERE account_id = :account", account=sender.account_id
        )
        await agreements.accept(
            tx,
            act,
            account_id=sender.account_id,
            member_id=MemberId(owner.id),
            version_id=version.id,
            acknowledged=set(agreement_rules.parse(version.text).emphasised),
            seconds_on_page=60,
            authority=True,
        )
        await facts.changed(tx, sender.account_id)


@pytest.mark.clause("P.2")
async def test_sending_stops_at_the_moment_of_effect_and_goes_on_with_consent(
    prepared: Database, moving: Pump, clock: Moved, new_sender: NewSender, act: Act
) -> None:
    sender = await new_sender()
    async with prepared.transaction() as tx:
        new = await agreements.publish(tx, act, new=successor(act, days=10))
    clock.now = new.effective_from - PASS
    assert (await moving.submit(sender.request("13800138000"))).accepted == 1
    # Nobody writes anything between the two: time alone stops it.
    clock.now = new.effective_from
    with pytest.raises(ConsentNeeded) as stopped:
        await moving.submit(sender.request("13800138000"))
    assert stopped.value.facts == {"version": "1.1"}
    with pytest.raises(ConsentNeeded):
        await moving.submit(sender.request("13800138000"))
    await consent(prepared, replace(act, now=clock.now), sender)
    assert (await moving.submit(sender.request("13800138000"))).accepted == 1


@pytest.mark.clause("P.2")
async def test_facts_carry_what_is_still_to_be_accepted_and_from_when(
    prepared: Database, new_sender: NewSender, act: Act
) -> None:
    sender = await new_sender()
    async with prepared.transaction() as tx:
        assert (await facts.load(tx, sender.account_id)).unaccepted == ()
        for locale in ("zh_CN", "en"):
            await agreements.publish(tx, act, new=successor(act, days=10, locale=locale))
        await agreements.publish(tx, act, new=successor(act, days=20, label="1.2"))
        ahead = (await facts.load(tx, sender.account_id)).unaccepted
    assert [(one.version, one.effective_from - act.now) for one in ahead] == [
        ("1.1", timedelta(days=10)),
        ("1.2", timedelta(days=20)),
    ]
    # Whoever slept through one version is asked for the one in force, and owes no other.
    late = replace(act, now=act.now + timedelta(days=20))
    await consent(prepared, late, sender)
    async with prepared.transaction() as tx:
        assert await agreement_queries.unaccepted(tx, sender.account_id) == ()


@pytest.mark.clause("P.2")
async def test_screening_compares_with_now_and_names_the_version_in_force(
    prepared: Database, new_sender: NewSender, now: datetime
) -> None:
    sender = await new_sender()
    async with prepared.transaction() as tx:
        known = await facts.load(tx, sender.account_id)
    turns = [Beginning(f"1.{n}", now + timedelta(days=10 * n), now) for n in (1, 2)]
    known = replace(known, unaccepted=tuple(turns))
    request = sender.request("13800138000")
    assert not screen(known, request, turns[0].effective_from - PASS).refused
    for days, version in ((10, "1.1"), (19, "1.1"), (20, "1.2"), (900, "1.2")):
        with pytest.raises(ConsentNeeded) as stopped:
            screen(known, request, now + timedelta(days=days))
        assert stopped.value.facts == {"version": version}


@pytest.mark.parametrize(("locale", "where"), [("zh_CN", "控制台"), ("en", "portal")])
def test_the_refusal_says_where_to_consent(locale: str, where: str) -> None:
    assert where in Texts(locale).refusal(ConsentNeeded(version="1.1"))
