"""For programs: API keys, and calls written out with the account's own templates."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts import queries
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import ApiKey, KeyState, NewKey, Scope
from umcloud.domains.resources.approved import approved_for
from umcloud.domains.resources.templates.model import TemplateClass, TemplateFacts
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Checks, LongText, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, read_form, require_word
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Sample
from umcloud.doors.kit.values import Code, Key, Link
from umcloud.doors.portal import callbacks
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.samples import calls
from umcloud.doors.portal.shown import options_of, state_badge
from umcloud.kernel.ids import KeyId, read, show

NEW = FormSpec(
    "key",
    submit="portal.keys.create",
    fields=(
        Text(name="name", label="portal.keys.name", help="portal.keys.name.help", max_length=40),
        Checks(
            name="scopes",
            label="portal.keys.scopes",
            options=options_of(Scope, "portal.keys.scopes"),
        ),
        LongText(
            name="networks",
            label="portal.keys.networks",
            help="portal.keys.networks.help",
            required=False,
            rows=2,
        ),
    ),
)
TABS = callbacks.TABS


async def keys(request: Request) -> Response:
    """List the keys, and how to make one."""
    return await _page(request, _blank(request))


def _blank(request: Request) -> Form:
    return blank_form(request, NEW, scopes=[scope.value for scope in Scope])


async def _page(request: Request, form: Form, made: NewKey | None = None) -> Response:
    context = context_of(request)
    async with context.transaction() as tx:
        found = await queries.api_keys(tx, context.account_id)
    return await render(
        request,
        "portal/keys.html",
        tabs=TABS,
        form=form,
        made=made,
        rows=[_row(key) for key in found],
    )


def _row(key: ApiKey) -> list[object]:
    return [
        Link(key.name, f"/developer/keys/{show('key', key.id)}"),
        Code(f"{key.public_key[:8]}…"),
        state_badge(key.state),
        tuple(Key(f"enum.Scope.{scope.name}") for scope in Scope if scope in key.scopes),
        key.created_at,
        key.last_used_day,
    ]


async def create(request: Request) -> Response:
    """Make a key pair and show its private half, this once."""
    context, form = context_of(request), await read_form(request, NEW)
    if form.ok:
        with form.keeping_refusals(
            {
                "name.malformed": "name",
                "key.scopeless": "scopes",
                "key.network_malformed": "networks",
            }
        ):
            async with context.transaction() as tx:
                made = await accounts.create_key(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    name=form.text("name"),
                    scopes=frozenset(Scope(one) for one in form.ticked("scopes")),
                    networks=form.text("networks").split(),
                    vault=collaborators(request).vault,
                )
            return await _page(request, _blank(request), made)
    return await _page(request, form)


async def _own(request: Request) -> ApiKey:
    context = context_of(request)
    try:
        wanted: UUID = read("key", request.path_params["key"])
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        found = await queries.api_keys(tx, context.account_id, revoked=True)
    for key in found:
        if key.id == wanted:
            return key
    raise NothingHere


async def key_page(request: Request) -> Response:
    """Show one key, and how to delete it."""
    key = await _own(request)
    return await render(
        request,
        "portal/key.html",
        key=key,
        shown=show("key", key.id),
        badge=state_badge(key.state),
        networks=[str(network) for network in key.networks],
        scopes=[Key(f"enum.Scope.{scope.name}") for scope in Scope if scope in key.scopes],
        living=key.state is not KeyState.REVOKED,
    )


async def revoke(request: Request) -> Response:
    """Stop a key for good, after its name was typed."""
    context, key = context_of(request), await _own(request)
    require_word(request, key.name)
    async with context.transaction() as tx:
        await accounts.revoke_key(
            tx, context.act, account_id=context.account_id, key_id=KeyId(key.id)
        )
    return redirect_with_flash(request, "/developer", "portal.keys.revoked")


async def calls_page(request: Request) -> Response:
    """Show calls that work as they stand, once the key is filled in."""
    context = context_of(request)
    async with context.transaction() as tx:
        resources = await approved_for(tx, context.account_id)
    chosen = max(resources.templates.values(), key=_fitness, default=None)
    samples: list[Sample] = []
    if chosen is not None:
        address = collaborators(request).links.get("api", str(request.base_url)).rstrip("/")
        samples = calls(address, chosen, resources.default_signature)
    return await render(
        request,
        "portal/calls.html",
        tabs=TABS,
        samples=samples,
        chosen=chosen,
        install="pip install ucloud-sdk-python3",
    )


def _fitness(template: TemplateFacts) -> tuple[bool, int]:
    return template.cls is TemplateClass.OTP, template.id.int


ROUTES = [
    Route("/developer", keys),
    Route("/developer", create, methods=["POST"]),
    Route("/developer/calls", calls_page),
    *callbacks.ROUTES,
    Route("/developer/keys/{key}", key_page),
    Route("/developer/keys/{key}/revoke", revoke, methods=["POST"]),
]
