"""Signatures: list, apply, look, correct, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.resources.review.model import ReviewState
from umcloud.domains.resources.signatures import queries
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.signatures.errors import MovedOn
from umcloud.domains.resources.signatures.model import (
    CertificateType,
    EvidenceFile,
    Signature,
    SignatureDraft,
    SignaturePurpose,
    SignatureType,
)
from umcloud.domains.resources.signatures.rules import REVIEW
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Choice, File, Hidden, LongText, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form, require_word
from umcloud.doors.kit.listing import Slice, listing
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Step
from umcloud.doors.kit.table import Column, Empty, Filter, TableSpec
from umcloud.doors.kit.values import Badge, Code, Key, Tone
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

MOST_BYTES = 4 * 1024 * 1024
NEW = FormSpec(
    "signature",
    submit="portal.signatures.submit",
    fields=(
        Text(
            name="text",
            label="portal.signatures.text",
            help="portal.signatures.text.help",
            max_length=40,
        ),
        Choice(
            name="type",
            label="portal.signatures.type",
            options=options_of(SignatureType),
        ),
        Choice(
            name="purpose",
            label="portal.signatures.purpose",
            look="cards",
            options=options_of(SignaturePurpose, "portal.signatures.purpose"),
        ),
        Choice(
            name="certificate_type",
            label="portal.signatures.certificate_type",
            help="portal.signatures.certificate_type.help",
            options=options_of(CertificateType),
        ),
        File(
            name="certificate",
            label="portal.signatures.certificate",
            help="portal.signatures.certificate.help",
            most_bytes=MOST_BYTES,
            required=False,
        ),
        File(
            name="authority",
            label="portal.signatures.authority",
            help="portal.signatures.authority.help",
            most_bytes=MOST_BYTES,
            required=False,
        ),
        LongText(
            name="description",
            label="portal.signatures.description",
            help="portal.signatures.description.help",
            required=False,
            rows=2,
        ),
    ),
)
EDIT = replace(
    NEW, submit="portal.resubmit", fields=(Hidden(name="revision", required=False), *NEW.fields)
)
_BLAME = {
    "signature.text_length": "text",
    "signature.text_characters": "text",
    "signature.text_neutral": "text",
    "signature.text_taken": "text",
    "signature.description_length": "description",
    "signature.certificate_misfit": "certificate_type",
    "signature.evidence_missing": "certificate",
    "signature.evidence_too_large": "certificate",
    "signature.evidence_format": "certificate",
    "signature.authority_missing": "authority",
}
TABLE = TableSpec(
    name="signatures",
    columns=(
        Column("text", "portal.signatures.text", value=lambda s: f"【{s.text}】"),
        Column("public_id", "portal.id", value=lambda s: Code(s.public_id)),
        Column("type", "portal.signatures.type", value=lambda s: Key(enum_key(s.type))),
        Column("state", "portal.state", value=review_state),
        Column(
            "is_default",
            "portal.signatures.default",
            value=lambda s: (
                Badge(Key("portal.signatures.is_default"), Tone.INFO) if s.is_default else None
            ),
        ),
        Column("created_at", "portal.created_at"),
    ),
    filters=(
        Filter("state", "portal.state", kind="choice", options=options_of(ReviewState)),
        Filter("text", "portal.containing"),
    ),
    empty=Empty(
        "portal.signatures.none",
        "portal.signatures.none.text",
        "signature",
        "portal.signatures.new",
        "/signatures/new",
    ),
    detail=lambda s: f"/signatures/{s.public_id}",
)


async def listed(request: Request) -> Response:
    """List the account's signatures."""
    table = await listing(request, TABLE, partial(_fetch, context_of(request).account_id))
    return await render(request, "portal/signatures.html", table=table)


async def _fetch(account_id: AccountId, tx: Tx, asked: Slice) -> Sequence[Signature]:
    state = asked.query["state"]
    page = await queries.search(
        tx,
        account_id=account_id,
        states=[ReviewState(int(state))] if state else (),
        containing=asked.query["text"] or "",
        before=asked.after_id,
        limit=asked.limit,
    )
    return page.items


async def new(request: Request) -> Response:
    """Show the application."""
    form = blank_form(
        request,
        NEW,
        type=SignatureType.COMPANY.value,
        purpose=SignaturePurpose.OWN.value,
        certificate_type=CertificateType.LICENCE.value,
    )
    return await _new_page(request, form)


async def _new_page(request: Request, form: Form) -> Response:
    return await render(request, "portal/signature_new.html", form=form)


async def create(request: Request) -> Response:
    """Put a signature into the review queue."""
    context, form = context_of(request), await read_form(request, NEW)
    if form.ok:
        with form.keeping_refusals(_BLAME):
            async with context.transaction() as tx:
                made = await signatures.create(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    draft=_draft(form),
                    certificate=_file(form, "certificate"),
                    authority=_file(form, "authority"),
                )
            return redirect_with_flash(
                request, f"/signatures/{made.public_id}", "portal.signatures.submitted"
            )
    return await _new_page(request, form)


def _draft(form: Form) -> SignatureDraft:
    return SignatureDraft(
        text=form.text("text").strip("【】[]"),
        type=SignatureType(int(form.text("type"))),
        purpose=SignaturePurpose(int(form.text("purpose"))),
        certificate_type=CertificateType(int(form.text("certificate_type"))),
        description=form.text("description"),
    )


def _file(form: Form, name: str) -> EvidenceFile | None:
    files = form.files(name)
    return EvidenceFile(files[0].content, files[0].filename) if files else None


async def _own(request: Request) -> Signature:
    context = context_of(request)
    async with context.transaction() as tx:
        found = await queries.by_public_id(tx, request.path_params["public_id"], context.account_id)
    if found is None:
        raise NothingHere
    return found


async def detail(request: Request) -> Response:
    """Show one signature, its review and its evidence."""
    one = await _own(request)
    facts = [
        Fact(Key("portal.state"), state_badge(one.state)),
        Fact(Key("portal.id"), Code(one.public_id)),
        Fact(Key("portal.signatures.type"), Key(enum_key(one.type))),
        Fact(Key("portal.signatures.purpose"), Key(enum_key(one.purpose))),
        Fact(Key("portal.signatures.certificate_type"), Key(enum_key(one.certificate_type))),
        Fact(Key("portal.signatures.description"), one.description),
        Fact(Key("portal.submitted_at"), one.submitted_at),
        Fact(Key("portal.decided_at"), one.decided_at),
    ]
    return await render(
        request,
        "portal/signature.html",
        one=one,
        facts=facts,
        approved=one.state is ReviewState.APPROVED,
        deletable=one.state is not ReviewState.IN_REVIEW,
        use=use_of(request, one, "signatures"),
        past=await _past(request, one),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What a signature was proved with, and how its review went."""

    evidence: list[Fact]
    steps: list[Step]


async def _past(request: Request, one: Signature) -> Past:
    context = context_of(request)
    async with context.transaction() as tx:
        files = await queries.evidence(tx, one.id)
        decisions = await queries.decisions(tx, one.id)
    evidence = [
        Fact(Key(enum_key(file.kind)), f"{file.file_name} · {context.texts.size(file.size)}")
        for file in files
    ]
    return Past(evidence, review_steps(one, decisions))


async def edit(request: Request) -> Response:
    """Show what was handed in, ready to be corrected, beside the reason of the refusal."""
    one = await _own(request)
    REVIEW.check_edit(one)
    form = blank_form(
        request,
        EDIT,
        revision=str(one.revision),
        text=one.text,
        type=one.type.value,
        purpose=one.purpose.value,
        certificate_type=one.certificate_type.value,
        description=one.description,
    )
    return await _edit_page(request, one, form)


async def _edit_page(request: Request, one: Signature, form: Form) -> Response:
    in_review = one.state is ReviewState.IN_REVIEW
    return await render(
        request,
        "portal/signature_edit.html",
        one=one,
        form=form,
        in_review=in_review,
        past=await _past(request, one),
    )


async def correct(request: Request) -> Response:
    """Put the corrected signature into the queue again; files not sent stay as they were."""
    context, one, form = context_of(request), await _own(request), await read_form(request, EDIT)
    if form.ok:
        with form.keeping_refusals(_BLAME):
            async with context.transaction() as tx:
                await signatures.update(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    signature_id=one.id,
                    draft=replace(_draft(form), international=one.international),
                    certificate=_file(form, "certificate"),
                    authority=_file(form, "authority"),
                    revision=revision_of(form),
                )
            return redirect_with_flash(
                request, f"/signatures/{one.public_id}", "portal.signatures.submitted"
            )
    now = await _own(request)
    if isinstance(form.refusal, MovedOn):
        # The page shows what happened meanwhile; whoever submits again does so knowing it.
        form.typed["revision"] = [str(now.revision)]
    return await _edit_page(request, now, form)


async def stop(request: Request) -> Response:
    """Put an approved one out of use."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await signatures.stop(
            tx,
            context.act,
            account_id=context.account_id,
            signature_id=one.id,
            reason=reason_given(request),
        )
    return redirect_with_flash(request, f"/signatures/{one.public_id}", "portal.stop.done")


async def resume(request: Request) -> Response:
    """Use it again."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await signatures.resume(tx, context.act, account_id=context.account_id, signature_id=one.id)
    return redirect_with_flash(request, f"/signatures/{one.public_id}", "portal.resume.done")


async def delete(request: Request) -> Response:
    """Delete it for good, after its text was typed."""
    context, one = context_of(request), await _own(request)
    require_word(request, one.text)
    async with context.transaction() as tx:
        await signatures.delete(tx, context.act, account_id=context.account_id, signature_id=one.id)
    return redirect_with_flash(request, "/signatures", "portal.signatures.deleted")


async def make_default(request: Request) -> Response:
    """Use it where a request names none."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        await signatures.make_default(
            tx, context.act, account_id=context.account_id, signature_id=one.id
        )
    return redirect_with_flash(
        request, f"/signatures/{one.public_id}", "portal.signatures.default_chosen"
    )


ROUTES = [
    Route("/signatures", listed),
    Route("/signatures/new", new),
    Route("/signatures/new", create, methods=["POST"]),
    Route("/signatures/{public_id}", detail),
    Route("/signatures/{public_id}/edit", edit),
    Route("/signatures/{public_id}/edit", correct, methods=["POST"]),
    Route("/signatures/{public_id}/stop", stop, methods=["POST"]),
    Route("/signatures/{public_id}/resume", resume, methods=["POST"]),
    Route("/signatures/{public_id}/delete", delete, methods=["POST"]),
    Route("/signatures/{public_id}/default", make_default, methods=["POST"]),
]
