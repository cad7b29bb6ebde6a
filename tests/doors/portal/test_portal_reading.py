"""What colleagues who only read are offered, and the statement as a file."""

from __future__ import annotations

import pytest

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_corrections import template
from tests.doors.portal.test_portal_team import Office
from umcloud.domains.accounts.model import Role


@pytest.fixture
async def team(world: World, member: Customer) -> Office:
    return Office(world, member, [])


async def test_packages_are_offered_to_whom_may_buy(team: Office) -> None:
    viewer = await team.colleague(Role.VIEWER)
    form = 'action="/costs/packages"'
    assert form in await team.owner.see("/costs/packages")
    read = await viewer.see("/costs/packages?lang=en")
    assert form not in read
    assert "takes the role of owner or finance" in read
    for client in team.clients:
        await client.aclose()


async def test_who_only_reads_sees_no_empty_place_for_deleting(world: World, team: Office) -> None:
    path = f"/templates/{await template(team.owner, Operator(world))}"
    viewer = await team.colleague(Role.VIEWER)
    assert "Dangerous" in await team.owner.see(f"{path}?lang=en")
    assert "Dangerous" not in await viewer.see(f"{path}?lang=en")
    for client in team.clients:
        await client.aclose()


async def test_the_statement_is_a_file_too_and_narrowed_by_day(
    world: World, member: Customer
) -> None:
    await member.post("/costs/recharge", {"amount": "100"})
    await Operator(world).settle()
    for days, lines in (("", 2), ("&since=2026-01-01", 2), ("&until=2026-01-01", 1)):
        exported = (await member.client.get(f"/costs/statement.csv?lang=en{days}")).text
        assert exported.count("\n") == lines, (days, exported)
        assert ("Recharge" in exported) == (lines == 2)
    assert "Recharge" in await member.see("/costs/statement?lang=en&since=2026-01-01")
