"""Statements against the books, both ways (I11), with planted faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domains.payments.channel import ACCOUNT, PaperChannel, line_for, notice_for
from umcloud.domains.audit.questions import Lately, new_faults
from umcloud.domains.payments import invariants, jobs, service
from umcloud.domains.payments.errors import StatementDiffers, StatementTooEarly
from umcloud.domains.payments.model import Notice, StatementLine
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.money import Money

DAY = date(2026, 3, 2)


@pytest.fixture
def tomorrow(act: Act) -> Act:
    return replace(act, now=act.now + timedelta(days=1))


async def recharged(tx: Tx, act: Act, *trades: str) -> list[Notice]:
    """Pay one payment by each of the trades; all after the first go to suspense."""
    payment = await service.start(
        tx,
        act,
        account_id=ACCOUNT,
        amount=Money.yuan("100"),
        channel=PaperChannel(),
        idempotency_key=trades[0],
    )
    notices = [notice_for(payment, trade=trade, at=act.now) for trade in trades]
    for notice in notices:
        await service.settle(tx, act, notice)
    return notices


async def import_lines(tx: Tx, act: Act, *lines: StatementLine, day: date = DAY) -> bool:
    taken = await service.import_statement(tx, act, channel="paper", day=day, lines=lines)
    return taken.replayed


async def test_books_that_agree_have_no_violation(tx: Tx, act: Act, tomorrow: Act) -> None:
    notices = await recharged(tx, act, "T1", "T2")
    assert await invariants.violations(tx, act.now) == []
    await import_lines(tx, tomorrow, *map(line_for, notices))
    assert await invariants.violations(tx, tomorrow.now) == []


async def lately(tx: Tx, act: Act) -> list[str]:
    """Return what is found where only what was just imported is compared."""
    return await new_faults(tx, invariants.QUESTIONS, Lately(act.now, 0, act.now))


async def test_money_that_the_statement_lacks_is_found(tx: Tx, act: Act, tomorrow: Act) -> None:
    (notice,) = await recharged(tx, act, "T1")
    (unlisted, suspended) = await recharged(tx, act, "T2", "T3")
    await import_lines(tx, tomorrow, line_for(notice))
    found = await invariants.violations(tx, tomorrow.now)
    assert await lately(tx, tomorrow) == found
    assert [unlisted.trade_number in found[0], suspended.trade_number in found[1]] == [True, True]
    assert len(found) == 2
    assert all("not in the statement" in line for line in found)


async def test_money_that_the_books_lack_is_found(tx: Tx, act: Act, tomorrow: Act) -> None:
    (notice,) = await recharged(tx, act, "T1")
    stray = replace(line_for(notice), trade_number="T9")
    await import_lines(tx, tomorrow, line_for(notice), stray)
    (found,) = await invariants.violations(tx, tomorrow.now)
    assert await lately(tx, tomorrow) == [found]
    assert found == (
        "I11: trade T9 (100000000 micros) is in the statement of paper and not in our books"
    )


async def test_another_amount_is_found_from_both_sides(tx: Tx, act: Act, tomorrow: Act) -> None:
    (notice,) = await recharged(tx, act, "T1")
    await import_lines(tx, tomorrow, replace(line_for(notice), amount=Money.yuan("99")))
    assert len(await invariants.violations(tx, tomorrow.now)) == 2
    assert len(await lately(tx, tomorrow)) == 2


async def test_a_statement_short_of_its_lines_is_found(tx: Tx, tomorrow: Act) -> None:
    await tx.sql(
        "INSERT INTO payment_statement (channel, day, lines, imported_at) "
        "VALUES ('paper', :day, 2, :at)",
        day=DAY,
        at=tomorrow.now,
    )
    (found,) = await invariants.violations(tx, tomorrow.now)
    assert "has not its 2 lines" in found
    assert await lately(tx, tomorrow) == [found]


async def test_a_statement_is_imported_once_and_not_before_its_day_ends(
    tx: Tx, act: Act, tomorrow: Act
) -> None:
    (notice,) = await recharged(tx, act, "T1")
    line = line_for(notice)
    with pytest.raises(StatementTooEarly):
        await import_lines(tx, act, line)
    assert not await import_lines(tx, tomorrow, line)
    assert await import_lines(tx, tomorrow, line)
    with pytest.raises(StatementDiffers):
        await import_lines(tx, tomorrow)


async def test_the_job_imports_every_ended_day_once(tx: Tx, act: Act) -> None:
    channel = PaperChannel()
    (notice,) = await recharged(tx, act, "T1")
    channel.statements[DAY] = [line_for(notice)]
    assert await jobs.import_statements(tx, act, channel) == []
    later = replace(act, now=act.now + timedelta(days=3))
    days = await jobs.import_statements(tx, later, channel)
    assert days == [DAY, date(2026, 3, 3), date(2026, 3, 4)]
    assert await jobs.import_statements(tx, later, channel) == []
    assert await invariants.violations(tx, later.now) == []
