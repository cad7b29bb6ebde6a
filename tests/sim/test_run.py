"""A short simulation holds; and a cloud with a planted fault is found out."""

from __future__ import annotations

import pytest
from sim.__main__ import Result, read_course, run

from tests.conftest import Copies
from umcloud.kernel.money import Money

SPENT = "seconds went into"


async def simulate(url: str, *arguments: str) -> Result:
    return await run(url, read_course(arguments))


@pytest.mark.timeout(180)
async def test_a_month_holds_and_reaches_the_end_of_packages(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await simulate(database_url, "--short")
    printed = capsys.readouterr().out
    assert (result.days, result.faults) == (30, []), printed
    figures = dict(line.rsplit(maxsplit=1) for line in printed.splitlines() if "…" in line)
    expected = ("delivered", "failed", "rejected", "unknown", "at their end", "closed unpaid")
    assert all(int(figures[f"… {end}"]) > 0 for end in expected), printed
    (unused,) = [line for line in printed.splitlines() if line.startswith("expired unused")]
    assert Money.yuan(unused.split()[-1]) > Money(0), printed


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("fault", "named"),
    [("charge", "was not charged"), ("micro", "in the books, expected")],
)
async def test_a_planted_fault_is_found_the_same_evening(
    database_url: str, capsys: pytest.CaptureFixture[str], fault: str, named: str
) -> None:
    result = await simulate(database_url, "--days", "12", "--accounts", "4", "--broken", fault)
    printed = capsys.readouterr().out
    assert any(named in found for found in result.faults), printed
    assert f"seed 1, day {result.days} (2026-03-0" in printed
    deed = f"a fault is planted: {fault}"
    assert printed.count(deed) == 1
    assert printed.index(deed) < printed.index("messages accepted")


@pytest.mark.timeout(90)
async def test_the_same_seed_is_the_same_run(
    copies: Copies, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for _ in range(2):
        url = copies.make()
        await simulate(url, "--days", "4", "--accounts", "4")
        copies.drop(url)
        printed.append(capsys.readouterr().out.partition(SPENT)[0])
    assert "messages accepted" in printed[0]
    assert printed[0] == printed[1]
