"""The next version of the prices: prepared by one, compared and published by another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.catalogue import drafting, service
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue.model import (
    MAINLAND,
    DraftLine,
    DraftState,
    MessageClass,
    PriceDraftId,
    PriceVersion,
)
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere, status_of
from umcloud.doors.kit.fields import Day, LongText, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact
from umcloud.doors.kit.values import Badge, Key, named
from umcloud.doors.office.prices import (
    DRAFT_TONES,
    changes_table,
    names,
    source_words,
    version_path,
)
from umcloud.doors.office.standing import PRICING, id_in_path, may, only_staff
from umcloud.kernel.ids import show
from umcloud.kernel.moments import day_begins, shanghai_day
from umcloud.kernel.refusals import Refusal

DOMESTIC = (MessageClass.OTP, MessageClass.NOTICE, MessageClass.MARKETING)
#: “No more tiers” after a quantity, “not offered” after a destination.
NONE = "-"
_LINE = re.compile(
    r"(?P<key>[0-9][0-9,]*|1-CA)\s+(?:[¥￥]?(?P<price>[0-9]{1,6}(?:\.[0-9]{1,8})?)|-)"
)
_MOST_QUANTITY = 2_000_000_000

NEXT = FormSpec(
    "next-prices",
    submit="office.next.submit",
    fields=(
        Day(name="begins_on", label="office.next.begins", help="office.next.begins.help"),
        Text(name="source", label="office.next.source", help="office.next.source.help"),
        *(
            LongText(
                name=cls.value,
                label=f"office.class.{cls.value}",
                help="office.next.tiers.help",
                rows=7,
            )
            for cls in DOMESTIC
        ),
        LongText(
            name=MessageClass.INTERNATIONAL.value,
            label="office.next.international",
            help="office.next.international.help",
            placeholder="office.next.international.hint",
            required=False,
            max_length=8000,
            rows=7,
        ),
    ),
)
BLAMED = {"price.too_soon": "begins_on", "price.before_coming": "begins_on"}


class LineUnreadableError(ValueError):
    """A line of a list cannot be read; `number` counts from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _read(text: str) -> list[tuple[int, str, Decimal | None]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fit = _LINE.fullmatch(line.strip())
        if fit is None:
            raise LineUnreadableError(number)
        price = Decimal(fit["price"]) if fit["price"] else None
        found.append((number, fit["key"].replace(",", ""), price))
    return found


def read_tiers(cls: MessageClass, text: str) -> list[DraftLine]:
    """Return tiers typed as “from price”, one a line; a last line “from -” ends the list."""
    rows = _read(text)
    lines = []
    for place, (number, start, price) in enumerate(rows):
        following = rows[place + 1][1] if place + 1 < len(rows) else None
        bounds = [int(one) for one in (start, following) if one and one.isdigit()]
        rising = bounds == sorted(set(bounds)) and bounds[0:1] and bounds[-1] < _MOST_QUANTITY
        if not rising or not start.isdigit() or (price is None and following is not None):
            raise LineUnreadableError(number)
        if price is not None:
            below = int(following) if following else None
            lines.append(DraftLine(cls, MAINLAND, int(start), below, price))
    return lines


def read_destinations(text: str) -> list[DraftLine]:
    """Return changed destinations typed as “code price”, one a line; “code -” closes one."""
    lines: dict[str, DraftLine] = {}
    for number, code, price in _read(text):
        if code in lines:
            raise LineUnreadableError(number)
        lines[code] = DraftLine(MessageClass.INTERNATIONAL, code, 1, None, price)
    return list(lines.values())


def written(tiers: Sequence[PriceVersion]) -> str:
    """Return tiers as they would be typed."""
    lines = [f"{one.tier_from} {one.price.normalize():f}" for one in tiers if one.unit_price]
    if tiers and tiers[-1].tier_below is not None:
        lines.append(f"{tiers[-1].tier_below} {NONE}")
    return "\n".join(lines)


@only_staff(*PRICING)
async def new(request: Request) -> Response:
    """Show the prices that will hold, to be changed."""
    context = context_of(request)
    async with context.transaction() as tx:
        every = await catalogue.price_versions(tx)
    first = drafting.earliest(context.act.now)
    latest = max((one.valid_from for one in every), default=context.act.now)
    begins_on = max(first, shanghai_day(latest))
    holding = drafting.in_force(every, day_begins(begins_on))
    known = {cls.value: written([one for one in holding if one.cls is cls]) for cls in DOMESTIC}
    form = blank_form(request, NEXT, begins_on=begins_on.isoformat(), **known)
    return await _new(request, form)


async def _new(request: Request, form: Form) -> Response:
    earliest = drafting.earliest(context_of(request).act.now)
    return await render(request, "office/version_new.html", form=form, earliest=earliest)


@only_staff(*PRICING)
async def prepared(request: Request) -> Response:
    """Keep the next version for a colleague, and show what it changes."""
    context, form = context_of(request), await read_form(request, NEXT)
    lines = _lines(form) if form.ok else []
    if form.ok:
        with form.keeping_refusals(BLAMED):
            async with context.transaction() as tx:
                draft = await service.prepare(
                    tx,
                    context.act,
                    begins_on=form["begins_on"],
                    source=form.text("source"),
                    lines=lines,
                )
            return redirect_with_flash(request, _path(draft.id), "office.next.prepared")
    return await _new(request, form)


def _lines(form: Form) -> list[DraftLine]:
    lines: list[DraftLine] = []
    for cls in MessageClass:
        try:
            text = form.text(cls.value)
            lines += read_tiers(cls, text) if cls in DOMESTIC else read_destinations(text)
        except LineUnreadableError as error:
            form.fail(cls.value, "office.next.unreadable", line=error.number)
    return lines


def _path(draft_id: PriceDraftId) -> str:
    return f"/published/drafts/{show('prc', draft_id)}"


@only_staff(*StaffRole)
async def draft(request: Request) -> Response:
    """Show a prepared version beside what would hold without it."""
    return await _draft(request)


async def _draft(request: Request, refusal: Refusal | None = None) -> Response:
    context = context_of(request)
    draft_id = PriceDraftId(id_in_path(request, "prc"))
    async with context.transaction() as tx:
        found = await catalogue.draft(tx, draft_id)
        every, people = await catalogue.price_versions(tx), await names(tx)
    if found is None:
        raise NothingHere
    without = [one for one in every if one.list_id != found.id]
    changes = drafting.compare(found.lines, without, day_begins(found.begins_on))
    badge = Badge(named(found.state), DRAFT_TONES[found.state])
    facts = [
        Fact(Key("office.staff.state"), badge),
        Fact(Key("office.prices.from"), day_begins(found.begins_on)),
        Fact(Key("office.prices.source"), source_words(found.source)),
        Fact(Key("office.versions.prepared_by"), people.get(found.prepared_by)),
        Fact(Key("office.versions.prepared"), found.prepared_at),
        Fact(
            Key("office.versions.decided_by"),
            people.get(found.decided_by) if found.decided_by else None,
        ),
        Fact(Key("office.versions.decided"), found.decided_at),
    ]
    is_open = found.state is DraftState.PREPARED and may(request, *PRICING)
    return await render(
        request,
        "office/draft.html",
        status=status_of(refusal) if refusal else 200,
        facts=facts,
        badge=badge,
        refusal=refusal,
        path=_path(found.id),
        published=version_path(found.id) if found.state is DraftState.PUBLISHED else "",
        is_open=is_open,
        waits=found.state is DraftState.PREPARED,
        is_own=found.prepared_by == context.person.person_id,
        begins=day_begins(found.begins_on),
        # The same links where the page answers a deed that was refused.
        table=replace(changes_table(request, changes), path=context.url(_path(found.id))),
    )


@only_staff(*PRICING)
async def publish(request: Request) -> Response:
    """Publish what a colleague prepared."""
    context, draft_id = context_of(request), PriceDraftId(id_in_path(request, "prc"))
    try:
        async with context.transaction() as tx:
            await service.publish_draft(tx, context.act, draft_id=draft_id)
    except Refusal as refusal:
        return await _draft(request, refusal)
    return redirect_with_flash(request, version_path(draft_id), "office.next.published")


@only_staff(*PRICING)
async def withdraw(request: Request) -> Response:
    """Say that a prepared version will not be published."""
    context, draft_id = context_of(request), PriceDraftId(id_in_path(request, "prc"))
    try:
        async with context.transaction() as tx:
            await service.withdraw(tx, context.act, draft_id=draft_id)
    except Refusal as refusal:
        return await _draft(request, refusal)
    return redirect_with_flash(request, "/published/versions", "office.next.withdrawn")


ROUTES = [
    Route("/published/next", new),
    Route("/published/next", prepared, methods=["POST"]),
    Route("/published/drafts/{id}", draft),
    Route("/published/drafts/{id}/publish", publish, methods=["POST"]),
    Route("/published/drafts/{id}/withdraw", withdraw, methods=["POST"]),
]
