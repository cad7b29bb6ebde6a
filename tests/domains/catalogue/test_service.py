"""Publishing: once, whole, and never changed afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from umcloud.domains.catalogue import queries, rules, service, shipped
from umcloud.domains.catalogue.errors import PriceRetroactive
from umcloud.domains.catalogue.events import PriceVersionPublished
from umcloud.domains.catalogue.model import MessageClass
from umcloud.infra.bus import Event
from umcloud.infra.db import Database, Tx
from umcloud.kernel.act import Act

SHIPPED = 15 + 218


async def test_shipped_lists_are_published_once(tx: Tx, act: Act) -> None:
    heard: list[Event] = []

    async def listen(_tx: Tx, _act: Act, event: Event) -> None:
        heard.append(event)

    tx.bus.on_everything(listen)
    assert await service.publish_shipped(tx, act) == SHIPPED
    assert await service.publish_shipped(tx, act) == 0
    assert [type(event) for event in heard] == [PriceVersionPublished] * 2
    versions = await queries.price_versions(tx)
    assert len(versions) == SHIPPED
    price = rules.price_at(versions, cls=MessageClass.NOTICE, at=act.now)
    assert price.unit_price == Decimal("0.05")
    assert await queries.price_version(tx, price.id) == price


async def test_two_processes_that_start_together_publish_once(database: Database, act: Act) -> None:
    async def start() -> int:
        async with database.transaction() as tx:
            return await service.publish_shipped(tx, act)

    added = await asyncio.gather(start(), start(), start())
    assert sorted(added) == [0, 0, SHIPPED]


async def test_a_change_is_a_new_list_from_now_on(tx: Tx, act: Act) -> None:
    await service.publish_shipped(tx, act)
    dearer = replace(shipped.domestic()[0], unit_price=Decimal("0.06"), tier_below=None)
    with pytest.raises(PriceRetroactive):
        await service.publish(tx, act, prices=[dearer])
    soon = act.now + timedelta(days=7)
    (version,) = await service.publish(tx, act, prices=[replace(dearer, valid_from=soon)])
    versions = await queries.price_versions(tx)
    assert rules.price_at(versions, cls=MessageClass.OTP, at=act.now).unit_price == Decimal("0.05")
    assert rules.price_at(versions, cls=MessageClass.OTP, at=soon) == version


@pytest.mark.parametrize(
    "statement", ["UPDATE price_version SET unit_price = 1", "DELETE FROM price_version"]
)
async def test_the_table_refuses_changes(tx: Tx, act: Act, statement: str) -> None:
    await service.publish_shipped(tx, act)
    with pytest.raises(DBAPIError, match="never changed"):
        await tx.sql(statement)
