"""Sending one message from the page."""

from __future__ import annotations

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts import rules as account_rules
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.domains.resources.approved import ApprovedResources, approved_for
from umcloud.domains.resources.templates import queries as templates
from umcloud.domains.resources.templates.model import Template
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Choice, Field, Hidden, Option, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.portal.collaborators import collaborators
from umcloud.infra.i18n import Texts
from umcloud.kernel.ids import lane_of, show
from umcloud.kernel.refusals import Refusal

_BLAME = {
    "number.malformed": "number",
    "catalogue.destination_unknown": "number",
    "send.signature_not_approved": "signature",
}


def value_label(number: int) -> str:
    """Return the ui key of a variable's field; from the tenth on they share one."""
    return f"portal.send.value.{number}" if number <= MOST_NAMED else "portal.send.value.more"


MOST_NAMED = 9


def _spec(resources: ApprovedResources, template: Template, texts: Texts) -> FormSpec:
    """Return the form of one template: a field for each of its variables."""
    named = tuple(
        Text(name=f"value{n}", label=value_label(n), required=True, max_length=200)
        for n in range(1, template.variable_count + 1)
    )
    default = resources.default_signature
    options = tuple(
        Option(
            one.text,
            f"{one.bracketed} {texts.ui('portal.signatures.is_default')}"
            if default is not None and one.id == default.id
            else one.bracketed,
        )
        for one in resources.signatures.values()
        if one.international == template.international
    )
    fields: tuple[Field, ...] = (
        Hidden(name="template"),
        Text(
            name="number",
            label="portal.send.number",
            help="portal.send.number.help",
            input_type="tel",
            autocomplete="off",
            max_length=24,
        ),
        Choice(name="signature", label="portal.send.signature", options=options),
        *named,
    )
    return FormSpec("send", fields, submit="portal.send.act")


async def page(request: Request) -> Response:
    """Choose a template, then fill it in."""
    context = context_of(request)
    wanted = request.query_params.get("template", "")
    async with context.transaction() as tx:
        resources = await approved_for(tx, context.account_id)
    chosen = await _template(request, resources, wanted)
    form = None
    if chosen is not None:
        default = resources.default_signature
        form = blank_form(
            request,
            _spec(resources, chosen, context.texts),
            template=chosen.public_id,
            signature=default.text if default else None,
        )
    return await _page(request, resources, chosen, form)


async def _template(request: Request, resources: ApprovedResources, wanted: str) -> Template | None:
    """Return the wanted approved template; the newest where none is named."""
    context = context_of(request)
    public_id = wanted or max(
        resources.templates, key=lambda one: resources.templates[one].id, default=""
    )
    if public_id not in resources.templates:
        if wanted:
            raise NothingHere
        return None
    async with context.transaction() as tx:
        return await templates.by_public_id(tx, public_id, context.account_id)


async def _page(
    request: Request, resources: ApprovedResources, chosen: Template | None, form: Form | None
) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        known = await templates.search(tx, account_id=context.account_id, limit=100)
    usable = [one for one in known.items if one.public_id in resources.templates]
    return await render(
        request,
        "portal/send.html",
        form=form,
        chosen=chosen,
        choices=usable,
        signed=bool(resources.signatures),
        number_of_templates=len(known.items),
    )


async def send(request: Request) -> Response:
    """Hand the message to the pump; refused ones are shown beside what is to blame."""
    context = context_of(request)
    async with context.transaction() as tx:
        owner = await accounts.account(tx, context.account_id)
        resources = await approved_for(tx, context.account_id)
    if owner is None:
        raise NothingHere
    account_rules.require_active(owner)  # C4.2
    chosen = await _template(request, resources, str(posted(request).get("template", "")))
    if chosen is None:
        raise NothingHere
    form = await read_form(request, _spec(resources, chosen, context.texts))
    if form.ok:
        with form.keeping_refusals(_BLAME):
            answer = await collaborators(request).pump.submit(_request(request, form, chosen))
            refusal = answer.refused.get(0)
            if refusal is None:
                message_id = answer.message_id(0)
                return redirect_with_flash(
                    request, f"/records/{show('msg', message_id)}", "portal.send.accepted"
                )
            form.refuse(refusal, _field_of(refusal))
    return await _page(request, resources, chosen, form)


def _field_of(refusal: Refusal) -> str | None:
    position = refusal.facts.get("position")
    if refusal.code in {"template.value_not_allowed", "template.word_blocked"}:
        return f"value{position}" if isinstance(position, int) else None
    return _BLAME.get(refusal.code)


def _request(request: Request, form: Form, template: Template) -> SendRequest:
    account_id = context_of(request).account_id
    values = tuple(form.text(f"value{n}") for n in range(1, template.variable_count + 1))
    asked = (template.public_id, form.text("signature"), form.text("number"), *values)
    return SendRequest(
        account_id=account_id,
        lane=lane_of(account_id),
        groups=[
            SendGroup(
                template.public_id,
                form.text("signature"),
                [Recipient(form.text("number"), values)],
            )
        ],
        atomic=True,
        idempotency_key=f"portal:{form.idempotency_key}",
        request_hash=sha256("\x1f".join(asked).encode()).hexdigest(),
    )


ROUTES = [Route("/send", page), Route("/send", send, methods=["POST"])]
