"""The list of who wants no more marketing, as the customer keeps it."""

from __future__ import annotations

import re

from tests.doors.portal.conftest import Customer, World
from umcloud.domains.audit import queries as audit
from umcloud.domains.optouts import queries
from umcloud.kernel.ids import AccountId

NUMBER = "13800138000"


async def test_a_number_is_entered_once_and_taken_off(world: World, member: Customer) -> None:
    assert "还没有号码退订" in await member.see("/opt-outs")
    wrong = await member.post("/opt-outs", {"number": "12"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    entered = await member.post("/opt-outs", {"number": NUMBER})
    assert entered.headers["location"] == "/opt-outs"
    again = await member.post("/opt-outs", {"number": f"+86{NUMBER}"})
    assert "这个号码已经在退订名单中" in again.text
    page = await member.see(f"/opt-outs?number={NUMBER}&lang=zh_CN")
    assert "138****8000" in page
    assert "手工添加" in page
    assert "86" + NUMBER not in page
    found = re.search(r"/opt-outs/opt_\w+", page)
    assert found
    one = await member.see(found.group(0))
    assert "138****8000" in one
    assert NUMBER not in one
    removed = await member.post(f"{found.group(0)}/remove", {}, page=found.group(0))
    assert removed.headers["location"] == "/opt-outs"
    await member.see(found.group(0), 404)
    gone = await member.post(f"{found.group(0)}/remove", {}, page="/opt-outs")
    assert gone.status_code == 404
    account = AccountId(await world.account_id())
    async with world.database.transaction() as tx:
        assert await queries.numbers(tx, account) == frozenset()
        records = await audit.latest(tx, name="optout.removed")
    assert [one.facts["number"] for one in records] == ["138****8000"]
    assert "移出退订名单" in await member.see("/account/log")


async def test_the_list_is_exported_with_masked_numbers(member: Customer) -> None:
    await member.post("/opt-outs", {"number": "13800138000"})
    exported = (await member.client.get("/opt-outs.csv?lang=en")).text
    assert "138****8000" in exported
    assert "13800138000" not in exported
    odd = (await member.client.get("/opt-outs.csv?lang=en&number=138")).text
    assert odd.count("\n") == 1
