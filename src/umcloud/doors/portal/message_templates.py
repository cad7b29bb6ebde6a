"""Templates: list, write with advice, look, correct, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries as signature_queries
from umcloud.domains.resources.templates import queries, rules
from umcloud.domains.resources.templates import service as templates
from umcloud.domains.resources.templates.errors import MovedOn
from umcloud.domains.resources.templates.model import Template, TemplateClass, TemplateDraft
from umcloud.domains.resources.templates.rules import LONGEST_CONTENT, USUAL_UNSUBSCRIBE
from umcloud.domains.resources.templates.words import find_words
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Check, Choice, Hidden, LongText, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form, require_word
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Step
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec
from umcloud.doors.kit.values import Body, Code, Key
from umcloud.doors.portal.shown import (
    enum_key,
    options_of,
    review_state,
    review_steps,
    revision_of,
    state_badge,
)
from umcloud.doors.portal.stopping import reason_given, use_of
from umcloud.infra.db import Tx
from umcloud.kernel.ids import AccountId
from umcloud.wire.gsm.segments import billed_segments

NEW = FormSpec(
    "template",
    submit="portal.templates.submit",
    fields=(
        Choice(
            name="cls",
            label="portal.templates.class",
            look="cards",
            options=options_of(TemplateClass, "portal.templates.class"),
        ),
        Text(name="name", label="portal.templates.name", help="portal.templates.name.help"),
        LongText(
            name="content",
            label="portal.templates.content",
            help="portal.templates.content.help",
            max_length=LONGEST_CONTENT,
            counted=True,
        ),
        LongText(
            name="instruction",
            label="portal.templates.instruction",
            help="portal.templates.instruction.help",
            required=False,
            rows=2,
            max_length=500,
        ),
        Check(
            name="unsubscribe",
            label="portal.templates.unsubscribe",
            help="portal.templates.unsubscribe.help",
            required=False,
        ),
    ),
)
_REVISION = Hidden(name="revision", required=False)
#: What an approved one still lets change: nothing that is sent (R-TPL-14).
RENAME = FormSpec(
    "template",
    fields=(_REVISION, *(each for each in NEW.fields if each.name in ("name", "instruction"))),
)
_BLAME = {
    "template.name_malformed": "name",
    "template.remark_length": "instruction",
    "template.content_empty": "content",
    "template.content_length": "content",
    "template.content_characters": "content",
    "template.variables_broken": "content",
    "template.code_word_missing": "content",
    "template.unsubscribe_missing": "unsubscribe",
}
TABLE = TableSpec(
    name="templates",
    columns=(
        Column("name", "portal.templates.name", wide=True),
        Column("public_id", "portal.id", value=lambda one: Code(one.public_id)),
        Column("cls", "portal.templates.class", value=lambda one: Key(enum_key(one.cls))),
        Column("content", "portal.templates.content", value=lambda one: one.content, wide=True),
        Column("state", "portal.state", value=review_state),
        Column("created_at", "portal.created_at", optional=True),
    ),
    filters=(
        Filter("state", "portal.state", kind="choice", options=options_of(ReviewState)),
        Filter("cls", "portal.templates.class", kind="choice", options=options_of(TemplateClass)),
        Filter("text", "portal.containing"),
    ),
    empty=Empty(
        "portal.templates.none",
        "portal.templates.none.text",
        "template",
        "portal.templates.new",
        "/templates/new",
    ),
    detail=lambda one: f"/templates/{one.public_id}",
)


async def listed(request: Request) -> Response:
    """List the account's templates."""
    table = await listing(request, TABLE, partial(_fetch, context_of(request).account_id))
    return await render(request, "portal/templates.html", table=table)


async def _fetch(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[Template]:
    state, cls = asked.query["state"], asked.query["cls"]
    page = await queries.search(
        tx,
        account_id=account_id,
        states=[ReviewState(int(state))] if state else (),
        classes=[TemplateClass(cls)] if cls else (),
        containing=asked.query["text"] or "",
        before=asked.after_id,
        limit=asked.limit,
    )
    return page.items


async def new(request: Request) -> Response:
    """Show the application."""
    return await _new_page(request, blank_form(request, NEW, cls=TemplateClass.OTP.value))


async def _new_page(request: Request, form: Form, *, checked: bool = False) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        signed = await signature_queries.has_approved(tx, context.account_id)
    known = {one.value: one for one in TemplateClass}
    cls = known.get((form.typed.get("cls") or [""])[0])
    advice = _advice(form, cls) if checked else None
    return await render(
        request, "portal/template_new.html", form=form, signed=signed, advice=advice
    )


@dataclass(frozen=True, slots=True)
class Advice:
    """What catches the eye in a content, and what it would cost to send."""

    hits: list[tuple[str, Key]]
    """A word and its topic each."""
    characters: int
    segments: int


def _hits(content: str, cls: TemplateClass | None) -> list[tuple[str, Key]]:
    return [(hit.word, Key(f"words.topic.{hit.topic}")) for hit in find_words(content, cls)]


def _advice(form: Form, cls: TemplateClass | None) -> Advice:
    content = (form.typed.get("content") or [""])[0].replace("\r\n", "\n")
    segments = billed_segments(len(content)) if content else 0
    return Advice(_hits(content, cls), len(content), segments)


async def create(request: Request) -> Response:
    """Put a template into the review queue; with `check`, only say what catches the eye."""
    context, form = context_of(request), await read_form(request, NEW)
    if posted(request).get("check"):
        return await _new_page(request, form, checked=True)
    if form.ok:
        with form.keeping_refusals(_BLAME):
            draft = TemplateDraft(
                cls=TemplateClass(form.text("cls")),
                name=form.text("name"),
                content=form.text("content"),
                instruction=form.text("instruction"),
                unsubscribe=_unsubscribe(form, "") or "",
            )
            async with context.transaction() as tx:
                made = await templates.create(
                    tx, context.act, account_id=context.account_id, draft=draft
                )
            return redirect_with_flash(
                request, f"/templates/{made.public_id}", "portal.templates.submitted"
            )
    return await _new_page(request, form)


async def _own(request: Request) -> Template:
    context = context_of(request)
    async with context.transaction() as tx:
        found = await queries.by_public_id(tx, request.path_params["public_id"], context.account_id)
    if found is None:
        raise NothingHere
    return found


async def detail(request: Request) -> Response:
    """Show one template and its review."""
    one = await _own(request)
    steps = await _steps(request, one)
    facts = [
        Fact(Key("portal.state"), state_badge(one.state)),
        Fact(Key("portal.id"), Code(one.public_id)),
        Fact(Key("portal.templates.class"), Key(enum_key(one.cls))),
        Fact(Key("portal.templates.variables"), one.variable_count),
        Fact(Key("portal.templates.characters"), len(one.sent_content)),
        Fact(Key("portal.templates.instruction"), one.instruction),
        Fact(Key("portal.submitted_at"), one.submitted_at),
        Fact(Key("portal.decided_at"), one.decided_at),
    ]
    return await render(
        request,
        "portal/template.html",
        one=one,
        facts=facts,
        steps=steps,
        content=Body(one.sent_content),
        approved=one.state is ReviewState.APPROVED,
        disabled=one.state is ReviewState.DISABLED,
        deletable=one.state is not ReviewState.IN_REVIEW,
        use=use_of(request, one, "templates"),
        hits=_hits(one.sent_content, one.cls),
    )


async def _steps(request: Request, one: Template) -> list[Step]:
    async with context_of(request).transaction() as tx:
        return review_steps(one, await queries.decisions(tx, one.id))


def _edit_spec(one: Template) -> FormSpec:
    if not one.is_editable:
        return RENAME
    left = {"cls"} if one.cls is TemplateClass.MARKETING else {"cls", "unsubscribe"}
    fields = tuple(each for each in NEW.fields if each.name not in left)
    return replace(NEW, submit="portal.resubmit", fields=(_REVISION, *fields))


async def edit(request: Request) -> Response:
    """Show what was handed in, ready to be corrected; of an approved one what may change."""
    one = await _own(request)
    rules.check_rename(one)
    form = blank_form(
        request,
        _edit_spec(one),
        revision=str(one.revision),
        name=one.name,
        content=one.content,
        instruction=one.instruction,
        unsubscribe=bool(one.unsubscribe),
    )
    return await _edit_page(request, one, form)


async def _edit_page(
    request: Request, one: Template, form: Form, *, checked: bool = False
) -> Response:
    return await render(
        request,
        "portal/template_edit.html",
        one=one,
        form=form,
        steps=await _steps(request, one),
        in_review=one.state is ReviewState.IN_REVIEW,
        advice=_advice(form, one.cls) if checked else None,
    )


async def correct(request: Request) -> Response:
    """Save the changes; with `check`, only say what catches the eye.

    Another text is reviewed again, and another explanation where the template was refused.
    """
    context, one = context_of(request), await _own(request)
    form = await read_form(request, _edit_spec(one))
    if posted(request).get("check"):
        return await _edit_page(request, one, form, checked=True)
    if form.ok:
        with form.keeping_refusals(_BLAME):
            async with context.transaction() as tx:
                changed = await templates.update(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    template_id=one.id,
                    content=_given(form, "content"),
                    name=_given(form, "name"),
                    instruction=_given(form, "instruction"),
                    unsubscribe=_unsubscribe(form, one.unsubscribe),
                    revision=revision_of(form),
                )
            return _saved(request, changed)
    now = await _own(request)
    if isinstance(form.refusal, MovedOn):
        # The page shows what happened meanwhile; whoever submits again does so knowing it.
        form.typed["revision"] = [str(now.revision)]
    return await _edit_page(request, now, form)


def _given(form: Form, name: str) -> str | None:
    return form.text(name) if name in form.values else None


def _unsubscribe(form: Form, wording: str) -> str | None:
    if "unsubscribe" not in form.values:
        return None
    return (wording or USUAL_UNSUBSCRIBE) if form.is_ticked("unsubscribe") else ""


def _saved(request: Request, changed: Template) -> Response:
    path = f"/templates/{changed.public_id}"
    if changed.state is ReviewState.WAITING:
        return redirect_with_flash(request, path, "portal.templates.submitted")
    if changed.state is ReviewState.REJECTED:
        return redirect_with_flash(
            request, path, "portal.templates.not_resubmitted", tone="attention"
        )
    return redirect_with_flash(request, path, "portal.templates.saved")


async def stop(request: Request) -> Response:
    """Put an approved one out of use."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await templates.stop(
            tx,
            context.act,
            account_id=context.account_id,
            template_id=one.id,
            reason=reason_given(request),
        )
    return redirect_with_flash(request, f"/templates/{one.public_id}", "portal.stop.done")


async def resume(request: Request) -> Response:
    """Use it again."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await templates.resume(tx, context.act, account_id=context.account_id, template_id=one.id)
    return redirect_with_flash(request, f"/templates/{one.public_id}", "portal.resume.done")


async def delete(request: Request) -> Response:
    """Delete it for good, after its id was typed."""
    context, one = context_of(request), await _own(request)
    require_word(request, one.public_id)
    async with context.transaction() as tx:
        await templates.delete(tx, context.act, account_id=context.account_id, template_id=one.id)
    return redirect_with_flash(request, "/templates", "portal.templates.deleted")


ROUTES = [
    Route("/templates", listed),
    Route("/templates/new", new),
    Route("/templates/new", create, methods=["POST"]),
    Route("/templates/{public_id}", detail),
    Route("/templates/{public_id}/edit", edit),
    Route("/templates/{public_id}/edit", correct, methods=["POST"]),
    Route("/templates/{public_id}/stop", stop, methods=["POST"]),
    Route("/templates/{public_id}/resume", resume, methods=["POST"]),
    Route("/templates/{public_id}/delete", delete, methods=["POST"]),
]
