"""The review pages: evidence left, decision right, the next item by itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts.model import StaffRole
from umcloud.domains.identity import service as identity
from umcloud.domains.identity.model import DocumentId, MediaType
from umcloud.domains.resources.review.model import LONGEST_REASON
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere, status_of
from umcloud.doors.kit.fields import Choice, Hidden, LongText, Option
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form
from umcloud.doors.kit.render import redirect, redirect_with_flash, render
from umcloud.doors.kit.story import Tab
from umcloud.doors.kit.values import Key
from umcloud.doors.office.events import EvidenceViewed
from umcloud.doors.office.review.accounts import AccountsQueue
from umcloud.doors.office.review.queue import Case, Queue, Waiting, Withdrawable
from umcloud.doors.office.review.signatures import SignaturesQueue
from umcloud.doors.office.review.templates import TemplatesQueue
from umcloud.doors.office.standing import (
    DECISIONS,
    age_words,
    id_in_path,
    may,
    office_of,
    only_staff,
)
from umcloud.infra.db import Tx
from umcloud.infra.i18n import DEFAULT_LOCALE, LOCALES, Texts
from umcloud.kernel.ids import show
from umcloud.kernel.refusals import Refusal

QUEUES: dict[str, Queue] = {
    queue.name: queue for queue in (AccountsQueue(), SignaturesQueue(), TemplatesQueue())
}
SHOWN = 30
OTHER = "other"

DECISION = FormSpec("decision", fields=(Hidden(name="revision", required=False),))
REFUSAL = FormSpec(
    "refusal",
    submit="office.review.refuse.send",
    fields=(
        Hidden(name="revision", required=False),
        Choice(name="reason", label="office.review.reason", look="radio"),
        LongText(
            name="note",
            label="office.review.note",
            help="office.review.note.help",
            required=False,
            max_length=300,
        ),
    ),
)
WITHDRAWAL = FormSpec(
    "withdrawal",
    submit="office.review.disable.submit",
    fields=(
        LongText(
            name="reason",
            label="office.review.disable.reason",
            help="office.review.disable.reason.help",
            max_length=LONGEST_REASON,
            rows=3,
        ),
    ),
)


def refusal_spec(queue: Queue) -> FormSpec:
    """Return the form with this queue's canned reasons."""
    canned = tuple(
        Option(str(number), Key(f"office.reason.{queue.name}.{number}"))
        for number in range(1, queue.reasons + 1)
    )
    return REFUSAL.with_options("reason", (*canned, Option(OTHER, Key("office.reason.other"))))


def _queue(request: Request) -> Queue:
    found = QUEUES.get(request.path_params["queue"])
    if found is None:
        raise NothingHere
    return found


async def tabs(tx: Tx) -> list[Tab]:
    """Return the three queues with their lengths."""
    return [
        Tab(Key(f"office.review.{name}"), f"/reviews/{name}", await queue.length(tx))
        for name, queue in QUEUES.items()
    ]


@only_staff(*DECISIONS)
async def first(request: Request) -> Response:
    """Lead to the queue that has waited longest, or the first; who reviews nothing, to the list."""
    context = context_of(request)
    if not may(request, StaffRole.REVIEWER):
        return redirect(request, "/reviews/decisions")
    oldest: list[tuple[datetime, str]] = []
    async with context.transaction() as tx:
        for name, queue in QUEUES.items():
            oldest += [
                (one.since, name) for one in await queue.waiting(tx, context.act.now, limit=1)
            ]
    name = min(oldest)[1] if oldest else "accounts"
    return RedirectResponse(context.url(f"/reviews/{name}"), 303)


@only_staff(StaffRole.REVIEWER)
async def queue_page(request: Request) -> Response:
    """Show the first item that no colleague has taken; an empty place where there is none."""
    context, queue = context_of(request), _queue(request)
    async with context.transaction() as tx:
        waiting = await queue.waiting(tx, context.act.now, SHOWN)
        if not waiting:
            return await render(
                request, "office/review_empty.html", tabs=await tabs(tx), queue=queue
            )
    return redirect(request, _path(queue, _following(waiting, context.person.person_id).id))


def _path(queue: Queue, item: UUID) -> str:
    return f"/reviews/{queue.name}/{show(queue.prefix, item)}"


def _following(waiting: list[Waiting], me: UUID) -> Waiting:
    free = [one for one in waiting if one.taken_by in (None, me)]
    return (free or waiting)[0]


@only_staff(StaffRole.REVIEWER)
async def item_page(request: Request) -> Response:
    """Show an item: evidence, decision, queue."""
    return await _item(request)


async def _item(
    request: Request,
    *,
    refusal: Refusal | None = None,
    form: Form | None = None,
    withdrawal: Form | None = None,
) -> Response:
    context, queue = context_of(request), _queue(request)
    item = id_in_path(request, queue.prefix)
    async with context.transaction() as tx:
        case = await queue.case(tx, context.texts, item)
        if case is None:
            raise NothingHere
        waiting = await queue.waiting(tx, context.act.now, SHOWN)
        tab_list = await tabs(tx)
        colleague = await _colleague(tx, case, context.person.person_id)
    status = status_of(refusal) if refusal else 200
    if any(each and each.errors for each in (form, withdrawal)):
        status = 422
    return await render(
        request,
        "office/review.html",
        status=status,
        tabs=tab_list,
        queue=queue,
        case=case,
        path=_path(queue, item),
        colleague=colleague,
        refusal=refusal,
        withdrawal=withdrawal or blank_form(request, WITHDRAWAL),
        form=form or blank_form(request, refusal_spec(queue), revision=str(case.revision)),
        waiting=[
            (one, _path(queue, one.id), age_words(context.texts, context.act.now - one.since))
            for one in waiting
        ],
        others=any(one.id != item for one in waiting),
    )


async def _colleague(tx: Tx, case: Case, me: UUID) -> str | None:
    if case.taken_by in (None, me):
        return None
    people = {staff.id: staff.name for staff in await accounts.staff_members(tx)}
    return next((name for id_, name in people.items() if id_ == case.taken_by), "?")


async def _go_on(request: Request, queue: Queue, done: UUID, key: str, title: str) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        waiting = await queue.waiting(tx, context.act.now, SHOWN)
    left = [one for one in waiting if one.id != done]
    path = f"/reviews/{queue.name}"
    if left:
        path = _path(queue, _following(left, context.person.person_id).id)
    return redirect_with_flash(request, path, key, title=title)


@only_staff(StaffRole.REVIEWER)
async def take(request: Request) -> Response:
    """Take an item into review, and stay with it."""
    context, queue = context_of(request), _queue(request)
    item = id_in_path(request, queue.prefix)
    try:
        async with context.transaction() as tx:
            await queue.take(tx, context.act, item)
    except Refusal as refusal:
        return await _item(request, refusal=refusal)
    return redirect(request, _path(queue, item))


@only_staff(StaffRole.REVIEWER)
async def approve(request: Request) -> Response:
    """Approve what was on the screen, and show the next item."""
    context, queue = context_of(request), _queue(request)
    item, form = id_in_path(request, queue.prefix), await read_form(request, DECISION)
    try:
        async with context.transaction() as tx:
            title = await _title(tx, queue, context.texts, item)
            await queue.approve(tx, context.act, item, _revision(form))
    except Refusal as refusal:
        return await _item(request, refusal=refusal)
    return await _go_on(request, queue, item, "office.review.approved", title)


@only_staff(StaffRole.REVIEWER)
async def refuse(request: Request) -> Response:
    """Refuse what was on the screen, with a reason in the customer's language."""
    context, queue = context_of(request), _queue(request)
    item = id_in_path(request, queue.prefix)
    form = await read_form(request, refusal_spec(queue))
    if form.ok and form.text("reason") == OTHER and not form.text("note"):
        form.fail("note", "office.review.note.needed")
    if not form.ok:
        return await _item(request, form=form)
    try:
        async with context.transaction() as tx:
            case = await queue.case(tx, context.texts, item)
            if case is None:
                raise NothingHere
            reason = await _reason(tx, queue, case, form)
            await queue.refuse(tx, context.act, item, _revision(form), reason)
    except Refusal as refusal:
        return await _item(request, refusal=refusal)
    return await _go_on(request, queue, item, "office.review.refused", case.title)


def _withdrawable(request: Request) -> Withdrawable:
    queue = _queue(request)
    if not isinstance(queue, Withdrawable):
        raise NothingHere
    return queue


@only_staff(StaffRole.REVIEWER)
async def disable(request: Request) -> Response:
    """Let nothing be sent with it from now on, for a reason that the customer reads (R-REV-05)."""
    context, queue, withdrawable = context_of(request), _queue(request), _withdrawable(request)
    item, form = id_in_path(request, queue.prefix), await read_form(request, WITHDRAWAL)
    if not form.ok:
        return await _item(request, withdrawal=form)
    try:
        async with context.transaction() as tx:
            await withdrawable.disable(tx, context.act, item, form.text("reason"))
    except Refusal as refusal:
        return await _item(request, refusal=refusal)
    return redirect_with_flash(request, _path(queue, item), "office.review.disabled")


@only_staff(StaffRole.REVIEWER)
async def restore(request: Request) -> Response:
    """Let it be used again."""
    context, queue, withdrawable = context_of(request), _queue(request), _withdrawable(request)
    item = id_in_path(request, queue.prefix)
    try:
        async with context.transaction() as tx:
            await withdrawable.restore(tx, context.act, item)
    except Refusal as refusal:
        return await _item(request, refusal=refusal)
    return redirect_with_flash(request, _path(queue, item), "office.review.restored")


async def _title(tx: Tx, queue: Queue, texts: Texts, item: UUID) -> str:
    case = await queue.case(tx, texts, item)
    return case.title if case else ""


def _revision(form: Form) -> int:
    text = str(form.values.get("revision", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


async def _reason(tx: Tx, queue: Queue, case: Case, form: Form) -> str:
    owner = await accounts.account(tx, case.account_id)
    locale = owner.locale if owner and owner.locale in LOCALES else DEFAULT_LOCALE
    chosen = form.text("reason")
    canned = "" if chosen == OTHER else Texts(locale).ui(f"office.reason.{queue.name}.{chosen}")
    return " ".join(part for part in (canned, form.text("note")) if part)


@only_staff(StaffRole.REVIEWER)
async def document(request: Request) -> Response:
    """Show an application's document; that it was seen is written down (C13.2)."""
    context = context_of(request)
    document_id = DocumentId(id_in_path(request, "doc"))
    async with context.transaction() as tx:
        found, content = await identity.view_document(
            tx, context.act, document_id=document_id, sealer=office_of(request).sealer
        )
    return _file(content, found.media_type.value)


@only_staff(StaffRole.REVIEWER)
async def evidence(request: Request) -> Response:
    """Show a signature's evidence; that it was seen is written down (C13.2)."""
    context = context_of(request)
    evidence_id = id_in_path(request, "doc")
    async with context.transaction() as tx:
        found = await signatures.evidence_file(tx, evidence_id)
        if found is None:
            raise NothingHere
        about, file = found
        owner = await signatures.by_id(tx, about.signature_id)
        event = EvidenceViewed(owner.account_id if owner else None, about.signature_id, evidence_id)
        await tx.announce(context.act, event)
    return _file(file.content, about.media_type)


def _file(content: bytes, media_type: str) -> Response:
    known = media_type if media_type in {one.value for one in MediaType} else ""
    headers = {"cache-control": "no-store", "content-disposition": "inline"}
    if known == MediaType.PDF.value:
        # The browser's own viewer is an embedded object with a style of its own.
        headers["content-security-policy"] = (
            "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; "
            "frame-ancestors 'none'"
        )
    return Response(content, media_type=known or "application/octet-stream", headers=headers)


ROUTES = [
    Route("/reviews", first),
    Route("/reviews/documents/{id}", document),
    Route("/reviews/evidence/{id}", evidence),
    Route("/reviews/{queue}", queue_page),
    Route("/reviews/{queue}/{id}", item_page),
    Route("/reviews/{queue}/{id}/take", take, methods=["POST"]),
    Route("/reviews/{queue}/{id}/approve", approve, methods=["POST"]),
    Route("/reviews/{queue}/{id}/refuse", refuse, methods=["POST"]),
    Route("/reviews/{queue}/{id}/disable", disable, methods=["POST"]),
    Route("/reviews/{queue}/{id}/restore", restore, methods=["POST"]),
]
