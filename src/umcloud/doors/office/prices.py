"""The published prices: what holds, what is coming, and each version beside the one before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.catalogue import drafting
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import (
    DraftState,
    MessageClass,
    PriceChange,
    PriceDraft,
    PriceVersion,
    Turn,
)
from umcloud.domains.notifications import queries as notifications
from umcloud.domains.notifications.model import Announcement
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Option
from umcloud.doors.kit.render import render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.table import (
    Column,
    Empty,
    Filter,
    Table,
    TableSpec,
    fill_listed,
    read_query,
)
from umcloud.doors.kit.values import Badge, Code, Key, Lines, Tone, UnitPrice
from umcloud.doors.office.published import TABS
from umcloud.doors.office.standing import PRICING, id_in_path, may, only_staff
from umcloud.infra.db import Tx
from umcloud.kernel.ids import show


class Time(Enum):
    """Where a price stands now."""

    HOLDS = "holds"
    COMING = "coming"
    OVER = "over"


TIME_TONES = {Time.HOLDS: Tone.GOOD, Time.COMING: Tone.WAITING, Time.OVER: Tone.IDLE}
TURN_TONES = {
    Turn.SAME: Tone.IDLE,
    Turn.DEARER: Tone.ATTENTION,
    Turn.CHEAPER: Tone.GOOD,
    Turn.OPENED: Tone.INFO,
    Turn.CLOSED: Tone.BAD,
}
DRAFT_TONES = {
    DraftState.PREPARED: Tone.ATTENTION,
    DraftState.PUBLISHED: Tone.GOOD,
    DraftState.WITHDRAWN: Tone.IDLE,
}
#: The published lists that shipped prices name first in their source.
_RULES = {
    "R-PRICE-01": "office.prices.source.domestic",
    "R-PRICE-05": "office.prices.source.international",
}
_RULE = re.compile(r"R-PRICE-[0-9]{2}")
CLASSES = tuple(Option(one.value, Key(f"office.class.{one.value}")) for one in MessageClass)
CLASS_FILTER = Filter("cls", "office.prices.class", kind="choice", options=CLASSES)


@dataclass(frozen=True, slots=True)
class Shown:
    """A published price and where it stands."""

    row: PriceVersion
    time: Time


@dataclass(frozen=True, slots=True)
class Version:
    """Prices that were published together."""

    id: UUID
    begins: datetime
    recorded_at: datetime
    source: str
    prices: int
    time: Time
    by: str | None


def version_path(list_id: UUID) -> str:
    """Return where a version's page is."""
    return f"/published/versions/{show('prc', list_id)}"


def source_words(source: str) -> object:
    """Return what a price is taken from in words, with its reference beneath; or as typed."""
    known = _RULE.match(source)
    if known is None or known[0] not in _RULES:
        return source
    return Lines(Key(_RULES[known[0]]), source)


def _class(row: PriceVersion | PriceChange) -> object:
    words = Key(f"office.class.{row.cls.value}")
    return Lines(words, f"{row.destination} {row.countries}".strip()) if row.destination else words


def _tier(row: PriceVersion | PriceChange) -> str:
    start = f"{row.tier_from:,}"
    return f"{start}+" if row.tier_below is None else f"{start} – {row.tier_below - 1:,}"


def _price(amount: Any) -> object:
    if amount is None:
        return Badge(Key("office.prices.not_offered"), Tone.IDLE)
    return UnitPrice(amount)


def time_badge(time: Time) -> Badge:
    """Return where a price stands as word and colour."""
    return Badge(Key(f"office.prices.{time.value}"), TIME_TONES[time])


PRICES = TableSpec(
    name="prices",
    columns=(
        Column("cls", "office.prices.class", value=lambda one: _class(one.row)),
        Column("tier_from", "office.prices.tier", value=lambda one: _tier(one.row), numeric=True),
        Column(
            "unit_price",
            "office.prices.price",
            value=lambda one: _price(one.row.unit_price),
            numeric=True,
        ),
        Column("time", "office.prices.time", value=lambda one: time_badge(one.time)),
        Column(
            "charge_on",
            "office.prices.when",
            value=lambda one: Key(f"office.prices.on.{one.row.charge_on.value}"),
        ),
        Column("valid_from", "office.prices.from", value=lambda one: one.row.valid_from),
        Column("valid_to", "office.prices.to", value=lambda one: one.row.valid_to, optional=True),
        Column(
            "source",
            "office.prices.source",
            value=lambda one: source_words(one.row.source),
            wide=True,
        ),
        Column(
            "tax_code",
            "office.prices.tax",
            value=lambda one: Code(one.row.tax_code),
            optional=True,
        ),
        Column(
            "recorded_at",
            "office.prices.recorded",
            value=lambda one: one.row.recorded_at,
            optional=True,
        ),
    ),
    filters=(
        CLASS_FILTER,
        Filter(
            "time",
            "office.prices.time",
            kind="choice",
            options=tuple(Option(one.value, Key(f"office.prices.{one.value}")) for one in Time),
        ),
    ),
    empty=Empty("office.prices.none", "office.prices.none.text", "tag"),
    page_size=50,
    detail=lambda one: version_path(one.row.list_id),
)
VERSIONS = TableSpec(
    name="versions",
    columns=(
        Column("begins", "office.prices.from"),
        Column("time", "office.prices.time", value=lambda one: time_badge(one.time)),
        Column(
            "source", "office.prices.source", value=lambda one: source_words(one.source), wide=True
        ),
        Column("prices", "office.versions.prices"),
        Column("recorded_at", "office.prices.recorded"),
        Column("by", "office.versions.by"),
    ),
    empty=Empty("office.prices.none", "office.prices.none.text", "tag"),
    detail=lambda one: version_path(one.id),
)
CHANGES = TableSpec(
    name="changes",
    columns=(
        Column("cls", "office.prices.class", value=_class),
        Column("tier_from", "office.prices.tier", value=_tier, numeric=True),
        Column(
            "before", "office.changes.before", value=lambda row: _price(row.before), numeric=True
        ),
        Column("after", "office.changes.after", value=lambda row: _price(row.after), numeric=True),
        Column(
            "turn",
            "office.changes.turn",
            value=lambda row: Badge(Key(f"office.changes.{row.turn.value}"), TURN_TONES[row.turn]),
        ),
    ),
    filters=(
        CLASS_FILTER,
        Filter(
            "turn",
            "office.changes.turn",
            kind="choice",
            options=tuple(Option(one.value, Key(f"office.changes.{one.value}")) for one in Turn),
        ),
    ),
    empty=Empty("office.prices.none", "office.prices.none.text", "tag"),
    page_size=50,
)


def changes_table(request: Request, changes: Sequence[PriceChange]) -> Table:
    """Return a comparison as a table with filters."""
    query = read_query(request, CHANGES)
    rows = [
        row
        for row in changes
        if query["cls"] in (None, row.cls.value) and query["turn"] in (None, row.turn.value)
    ]
    return fill_listed(request, CHANGES, query, rows)


def _standing(every: Sequence[PriceVersion], now: datetime) -> list[Shown]:
    holding = {one.id for one in drafting.in_force(every, now)}

    def time_of(row: PriceVersion) -> Time:
        if row.id in holding:
            return Time.HOLDS
        return Time.COMING if row.valid_from > now else Time.OVER

    return [Shown(row, time_of(row)) for row in every]


@only_staff(*StaffRole)
async def prices(request: Request) -> Response:
    """List every published price, with what it is taken from."""
    context, query = context_of(request), read_query(request, PRICES)
    async with context.transaction() as tx:
        every = await catalogue.price_versions(tx)
    found = sorted(
        (
            one
            for one in _standing(every, context.act.now)
            if query["cls"] in (None, one.row.cls.value) and query["time"] in (None, one.time.value)
        ),
        key=lambda one: (
            list(MessageClass).index(one.row.cls),
            one.row.destination,
            one.row.tier_from,
            one.row.valid_from,
            one.row.id,
        ),
    )
    table = fill_listed(request, PRICES, query, found)
    return await render(request, "office/prices.html", tabs=TABS, table=table)


async def names(tx: Tx) -> Mapping[UUID, str]:
    """Return the names of the operator's people."""
    return {cast("UUID", one.id): one.name for one in await accounts.staff_members(tx)}


def _versions(
    every: Sequence[PriceVersion],
    drafts: Sequence[PriceDraft],
    people: Mapping[UUID, str],
    now: datetime,
) -> list[Version]:
    published_by = {cast("UUID", one.id): one.decided_by for one in drafts}
    lists: dict[UUID, list[Shown]] = {}
    for one in _standing(every, now):
        lists.setdefault(one.row.list_id, []).append(one)
    found = []
    for list_id, mine in lists.items():
        times = {one.time for one in mine}
        first, by = mine[0].row, published_by.get(list_id)
        found.append(
            Version(
                id=list_id,
                begins=min(one.row.valid_from for one in mine),
                recorded_at=first.recorded_at,
                source=first.source,
                prices=len(mine),
                time=next(time for time in Time if time in times),
                by=people.get(by) if by else None,
            )
        )
    return sorted(found, key=lambda one: (one.recorded_at, one.begins, one.id), reverse=True)


@only_staff(*StaffRole)
async def versions(request: Request) -> Response:
    """List the versions, newest first, and above them what waits for a second person."""
    context, query = context_of(request), read_query(request, VERSIONS)
    async with context.transaction() as tx:
        every = await catalogue.price_versions(tx)
        drafts, people = await catalogue.drafts(tx), await names(tx)
    rows = _versions(every, drafts, people, context.act.now)
    return await render(
        request,
        "office/versions.html",
        tabs=TABS,
        table=fill_listed(request, VERSIONS, query, rows),
        drafts=[
            (one, show("prc", one.id), people.get(one.prepared_by, "?"))
            for one in drafts
            if one.state is DraftState.PREPARED
        ],
        may_prepare=may(request, *PRICING),
    )


@only_staff(*StaffRole)
async def version(request: Request) -> Response:
    """Show a version beside what would hold without it."""
    context, list_id = context_of(request), id_in_path(request, "prc")
    async with context.transaction() as tx:
        every = await catalogue.price_versions(tx)
        drafts, people = await catalogue.drafts(tx), await names(tx)
        news = await notifications.announced(tx, "price.published", "list_id", str(list_id))
    mine = [one for one in every if one.list_id == list_id]
    if not mine:
        raise NothingHere
    recorded_at, begins = mine[0].recorded_at, min(one.valid_from for one in mine)
    before = [one for one in every if one.recorded_at <= recorded_at and one.list_id != list_id]
    standing = next(
        one for one in _versions(every, drafts, people, context.act.now) if one.id == list_id
    )
    draft = next((one for one in drafts if cast("UUID", one.id) == list_id), None)
    facts = [
        Fact(Key("office.prices.time"), time_badge(standing.time)),
        Fact(Key("office.prices.from"), begins),
        Fact(Key("office.prices.source"), source_words(standing.source)),
        Fact(Key("office.versions.prices"), standing.prices),
        Fact(Key("office.prices.recorded"), recorded_at),
        Fact(Key("office.versions.prepared_by"), people.get(draft.prepared_by) if draft else None),
        Fact(Key("office.versions.by"), standing.by),
        Fact(Key("office.versions.told"), _told(news)),
    ]
    return await render(
        request,
        "office/version.html",
        facts=facts,
        badge=time_badge(standing.time),
        table=changes_table(request, drafting.compare(mine, before, begins)),
    )


def _told(news: Announcement | None) -> object:
    """Return how many customers have read of it so far, and when the last was told."""
    if news is None:
        return None
    if news.ended_at is None:
        return Lines(news.told, Key("office.versions.telling"))
    return Lines(news.told, news.ended_at)


ROUTES = [
    Route("/published/prices", prices),
    Route("/published/versions", versions),
    Route("/published/versions/{id}", version),
]
