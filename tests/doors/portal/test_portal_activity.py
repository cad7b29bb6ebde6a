"""The operation log is narrowed by person, subject and day, and leaves as a file."""

from __future__ import annotations

import re

import pytest

from tests.doors.portal.conftest import Customer, World
from tests.doors.portal.operator import Operator
from tests.doors.portal.test_portal_corrections import signature

LOG = "/account/log"


@pytest.fixture
async def busy(world: World, member: Customer) -> Customer:
    """Return a customer for whom a person and the operator have done things."""
    await Operator(world).refuse_signature(await signature(member), "看不清")
    return member


def names(page: str) -> set[str]:
    return set(re.findall(r"\b(?:account|signature|agreement|sign_in)\.[a-z_]+", page))


async def test_it_is_narrowed_by_what_and_who(world: World, busy: Customer) -> None:
    every = names(await busy.see(f"{LOG}?lang=en"))
    assert {"signature.submitted", "signature.refused", "account.registered"} <= every
    signatures = names(await busy.see(f"{LOG}?what=signatures"))
    assert signatures == {"signature.submitted", "signature.taken", "signature.refused"}
    async with world.database.transaction() as tx:
        mine = (await tx.sql("SELECT id FROM member")).scalar_one()
    own = names(await busy.see(f"{LOG}?what=signatures&who={mine}"))
    assert own == {"signature.submitted"}
    assert names(await busy.see(f"{LOG}?what=signatures&who=key")) == set()
    # Somebody else's id is no choice, and so narrows nothing.
    assert names(await busy.see(f"{LOG}?who=00000000-0000-0000-0000-000000000007")) == every


async def test_it_is_narrowed_by_day(busy: Customer) -> None:
    assert names(await busy.see(f"{LOG}?since=2026-03-03")) == set()
    assert names(await busy.see(f"{LOG}?until=2026-03-01")) == set()
    assert names(await busy.see(f"{LOG}?since=2026-03-02&until=2026-03-02"))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_the_same_leaves_as_a_file(busy: Customer, language: str) -> None:
    await busy.see(f"{LOG}?lang={language}")
    answer = await busy.client.get(f"{LOG}.csv?what=signatures")
    assert answer.headers["content-type"].startswith("text/csv")
    heading, *rows = answer.text.strip().splitlines()
    assert heading.count(",") == 6
    assert len(rows) == 3
    assert "signature.refused" in answer.text
    assert "account.registered" not in answer.text
