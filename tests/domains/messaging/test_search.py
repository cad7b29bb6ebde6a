"""The operator's search through everybody's messages, lane by lane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from umcloud.domains.messaging import queries, status_search
from umcloud.domains.messaging.model import MessageView, Status
from umcloud.domains.messaging.queries import SearchFilter
from umcloud.infra.db import Tx
from umcloud.infra.partitions import ensure_days
from umcloud.kernel.ids import AccountId, floor_of
from umcloud.kernel.moments import shanghai_day

MESSAGES = 60


@pytest.fixture
async def log(tx: Tx, now: datetime) -> list[UUID]:
    """Return the ids of messages of many lanes and two days, newest first."""
    await ensure_days(tx, shanghai_day(now) - timedelta(days=1), 2)
    ids = []
    for number in range(MESSAGES):
        moment = now - timedelta(minutes=30 * number)
        message_id = UUID(int=floor_of(moment).int + number)
        ids.append(message_id)
        lane = number * 37 % 256
        await tx.sql(
            "INSERT INTO message (lane, id, account_id, line, class, destination, source, text, "
            "parts, segments, template_id) VALUES (:lane, :id, :owner, 1, 'notice', :number, "
            "'1069', 'text', 1, 1, :owner)",
            lane=lane,
            id=message_id,
            owner=UUID(int=lane),
            number=f"86138{number % 4:08}",
        )
        if number % 3 == 0:
            await tx.sql(
                "INSERT INTO receipt (lane, id, part, state, code, at) "
                "VALUES (:lane, :id, 0, 'failed', '1', :at)",
                lane=lane,
                id=message_id,
                at=moment,
            )
    return ids


async def everything(tx: Tx, wanted: SearchFilter, size: int) -> list[UUID]:
    """Return what paging through the search finds."""
    found: list[UUID] = []
    while True:
        before = found[-1] if found else None
        page: Sequence[MessageView] = await queries.search(tx, wanted, before=before, limit=size)
        found += [one.id for one in page]
        if len(page) < size:
            return found


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_pages_of_all_lanes_leave_nothing_out(tx: Tx, log: list[UUID], size: int) -> None:
    assert await everything(tx, SearchFilter(), size) == log


async def test_filters_hold_in_every_lane(tx: Tx, log: list[UUID], now: datetime) -> None:
    failed, rest = log[::3], [one for place, one in enumerate(log) if place % 3]
    assert await everything(tx, SearchFilter(status=Status.FAILED), 7) == failed
    assert await everything(tx, SearchFilter(status=Status.ACCEPTED), 7) == rest
    assert await everything(tx, SearchFilter(status=Status.DELIVERED), 7) == []
    yesterday = SearchFilter(until=now - timedelta(hours=12))
    assert await everything(tx, yesterday, 7) == log[25:]
    lately = SearchFilter(since=now - timedelta(hours=12), status=Status.FAILED)
    assert await everything(tx, lately, 7) == failed[:9]
    numbered = SearchFilter(destination="8613800000001")
    assert await everything(tx, numbered, 7) == log[1::4]


async def test_a_search_by_status_looks_only_so_far_back(
    tx: Tx, log: list[UUID], now: datetime
) -> None:
    wanted = SearchFilter(since=now - timedelta(days=2), status=Status.FAILED)
    until = now + timedelta(seconds=1)
    assert await status_search.horizon(tx, wanted, until=until) is None
    edge = await status_search.horizon(tx, wanted, until=until, looked=20)
    assert edge is not None
    newer = [one for one in log if one >= floor_of(edge)]
    assert 0 < len(newer) <= 20
    found: list[UUID] = []
    rounds = 0
    while edge is not None:
        edge = await status_search.horizon(tx, wanted, until=until, looked=20)
        part = SearchFilter(since=edge or wanted.since, until=until, status=Status.FAILED)
        found += await everything(tx, part, 7)
        until, rounds = edge or until, rounds + 1
    assert found == log[::3]
    assert rounds > 2


@pytest.mark.usefixtures("log")
async def test_an_account_s_search_counts_its_own_messages(tx: Tx, now: datetime) -> None:
    mine = AccountId(UUID(int=37))
    wanted = SearchFilter(account_id=mine, since=now - timedelta(days=2), status=Status.FAILED)
    assert await status_search.horizon(tx, wanted, until=now, looked=2) is None
