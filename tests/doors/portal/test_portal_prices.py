"""The prices that customers read: in force and announced, searched, exported (R-BILL-02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.doors.portal.conftest import NOON, Customer, World
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.catalogue import shipped


async def _announce(world: World) -> None:
    """Publish that Hong Kong costs more in three days."""
    (old,) = (one for one in shipped.international() if one.destination == "852")
    new = replace(old, unit_price=Decimal("0.987"), valid_from=NOON + timedelta(days=3))
    async with world.database.transaction() as tx:
        await catalogue.publish(tx, replace(world.act, now=NOON), prices=[new])


async def test_every_price_in_force_is_listed(member: Customer) -> None:
    page = await member.see("/costs/prices?lang=en")
    assert "¥0.0500" in page
    assert "10,000 – 99,999" in page
    assert "Mainland China" in page
    assert "New prices were published" not in page
    following = page.partition('rel="next" href="')[2].partition('"')[0]
    assert "Nigeria" not in page
    assert "Nigeria" in await member.see(following.replace("&amp;", "&"))


async def test_prices_are_found_by_name_dial_code_and_number(member: Customer) -> None:
    for text in ("Hong", "香港", "hk", "852", "%2B852 5123 4567", "0085251234567"):
        page = await member.see(f"/costs/prices?lang=en&text={text}")
        assert "Hong Kong" in page, text
        assert "Bolivia" not in page, text
    page = await member.see("/costs/prices?lang=en&cls=marketing")
    assert "¥0.0550" in page
    assert "¥0.0500" not in page
    assert "Nothing" in await member.see("/costs/prices?lang=en&text=9999999")


async def test_what_is_announced_stands_beside_what_holds(world: World, member: Customer) -> None:
    await _announce(world)
    page = await member.see("/costs/prices?lang=en")
    assert "1 price changes, the first on 2026-03-05" in page
    changing = await member.see("/costs/prices?lang=en&when=changing")
    assert "Hong Kong" in changing
    assert "¥0.9870" in changing
    assert changing.count("2026-03-05") == 2
    assert "Dearer" in changing
    assert "Bolivia" not in changing


async def test_the_list_is_exported_as_it_is_filtered(world: World, member: Customer) -> None:
    await _announce(world)
    every = (await member.client.get("/costs/prices.csv?lang=en")).text.splitlines()
    assert len(every) > 200
    assert every[0].lstrip("\ufeff").startswith("Kind,Country or region,Dial code,")
    heading, row = (await member.client.get("/costs/prices.csv?lang=en&text=852")).text.splitlines()
    assert "Next, ¥ a segment" in heading
    assert "Hong Kong, China" in row
    assert "0.9870" in row
