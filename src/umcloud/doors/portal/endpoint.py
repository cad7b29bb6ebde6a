"""One URL that is called: its secret, its dead letters, where it leads, its log."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.callbacks import queries
from umcloud.domains.callbacks import service as callbacks
from umcloud.domains.callbacks.model import (
    Endpoint,
    EndpointCounts,
    EndpointState,
    Kind,
    NewEndpoint,
    Topic,
)
from umcloud.domains.callbacks.model import Form as Shape
from umcloud.domains.callbacks.ports import Guard
from umcloud.domains.callbacks.rules import host_and_port
from umcloud.doors.kit.context import context_of
from umcloud.doors.kit.errors import NothingHere
from umcloud.doors.kit.fields import Checks, Option, Text
from umcloud.doors.kit.forms import Form, FormSpec, blank_form, posted, read_form, require_word
from umcloud.doors.kit.render import redirect_with_flash, render
from umcloud.doors.kit.story import Fact, Stat
from umcloud.doors.kit.values import Badge, Code, Key, Tone
from umcloud.doors.portal.collaborators import collaborators
from umcloud.doors.portal.deliveries import LOG_OF_ONE, log_table
from umcloud.infra.outbound import Outbound
from umcloud.kernel.ids import EndpointId, read, show

URL = Text(
    name="url",
    label="portal.callbacks.url",
    help="portal.callbacks.url.help",
    input_type="url",
    max_length=500,
)
KINDS = Checks(
    name="kinds",
    label="portal.callbacks.kinds",
    help="portal.callbacks.kinds.help",
    options=tuple(Option(one.value, Key(f"portal.callbacks.kind.{one.value}")) for one in Kind),
)
#: Which refusals blame the URL that was typed.
BLAME = dict.fromkeys(
    (
        "callback.url_malformed",
        "callback.scheme_forbidden",
        "callback.port_forbidden",
        "callback.address_forbidden",
        "callback.host_unknown",
    ),
    "url",
)


def guard_of(request: Request) -> Guard:
    """Return who judges where a URL leads; the sandbox lets its own machine in."""
    return Outbound(loopback=collaborators(request).sandbox)


def path_of(one: Endpoint) -> str:
    """Return where the URL's page is."""
    return f"/developer/callbacks/{show('end', one.id)}"


def host_of(one: Endpoint) -> str:
    """Return what a person types to confirm: the host that is called."""
    return host_and_port(one.url)[0]


def state_badge(one: Endpoint) -> Badge:
    """Return a URL's state as a word in its colour."""
    tones = {
        EndpointState.ENABLED: Tone.GOOD,
        EndpointState.PAUSED: Tone.ATTENTION,
        EndpointState.REMOVED: Tone.IDLE,
    }
    return Badge(Key(f"portal.callbacks.{one.state.value}"), tones[one.state])


def endpoint_facts(one: Endpoint) -> list[Fact]:
    """Return what a URL is called about, and how."""
    facts = [
        Fact(Key("portal.state"), state_badge(one)),
        Fact(Key("portal.callbacks.url"), Code(one.url)),
        Fact(Key("portal.callbacks.about"), Key(f"portal.topic.{one.about.value}")),
        Fact(Key("portal.callbacks.form"), Key(f"portal.callbacks.form.{one.form.value}")),
    ]
    if one.about is Topic.RECEIPTS and len(one.kinds) < len(Kind):
        kinds = [Key(f"portal.callbacks.kind.{each.value}") for each in Kind if each in one.kinds]
        facts.append(Fact(Key("portal.callbacks.kinds"), kinds))
    return facts


def stats_of(one: Endpoint, counts: EndpointCounts) -> list[Stat]:
    """Return how many deliveries stand in which state; each figure leads to them."""
    path = path_of(one)
    return [
        Stat(
            Key(f"portal.delivery.{name}"),
            number,
            f"{path}?state={name}#deliveries",
            tone=Tone.BAD if name == "dead" and number else Tone.IDLE,
        )
        for name, number in (
            ("pending", counts.pending),
            ("delivered", counts.delivered),
            ("dead", counts.dead),
        )
    ]


async def _own(request: Request) -> Endpoint:
    context = context_of(request)
    try:
        endpoint_id = EndpointId(read("end", request.path_params["endpoint"]))
    except ValueError:
        raise NothingHere from None
    async with context.transaction() as tx:
        found = await queries.endpoint(tx, context.account_id, endpoint_id)
    if found is None:
        raise NothingHere
    return found


async def page(request: Request) -> Response:
    """Show one URL."""
    return await _page(request)


async def _page(
    request: Request, form: Form | None = None, renewed: NewEndpoint | None = None
) -> Response:
    context, one = context_of(request), await _own(request)
    spec = _change_spec(one)
    async with context.transaction() as tx:
        counts = (await queries.counts(tx, context.account_id)).get(one.id, EndpointCounts())
        table = await log_table(request, tx, LOG_OF_ONE, one.id)
    return await render(
        request,
        "portal/callback.html",
        path=path_of(one),
        host=host_of(one),
        facts=endpoint_facts(one),
        stats=stats_of(one, counts),
        dead=counts.dead,
        signed=one.form is Shape.SIGNED,
        paused=one.state is EndpointState.PAUSED,
        living=one.state is not EndpointState.REMOVED,
        secret=renewed.secret if renewed else None,
        form=form or blank_form(request, spec, url=one.url, kinds=_kinds_of(one)),
        table=table,
    )


def _kinds_of(one: Endpoint) -> tuple[str, ...]:
    return tuple(kind.value for kind in Kind if kind in one.kinds)


def _change_spec(one: Endpoint) -> FormSpec:
    fields = (URL, KINDS) if one.about is Topic.RECEIPTS else (URL,)
    return FormSpec("change-endpoint", submit="portal.callbacks.change", fields=fields)


async def change(request: Request) -> Response:
    """Call another URL, or about other ends; what waits goes to the new one."""
    context, one = context_of(request), await _own(request)
    form = await read_form(request, _change_spec(one))
    if form.ok:
        with form.keeping_refusals(BLAME):
            kinds = form.ticked("kinds") if one.about is Topic.RECEIPTS else ()
            async with context.transaction() as tx:
                await callbacks.change_endpoint(
                    tx,
                    context.act,
                    account_id=context.account_id,
                    endpoint_id=one.id,
                    url=form.text("url"),
                    kinds=frozenset(Kind(each) for each in kinds),
                    guard=guard_of(request),
                )
            return redirect_with_flash(request, path_of(one), "portal.callbacks.changed")
    return await _page(request, form)


async def act_on(request: Request) -> Response:
    """Test, pause or resume a URL."""
    context, one = context_of(request), await _own(request)
    deed = str(posted(request).get("deed", ""))
    deeds = {
        "ping": callbacks.ping,
        "pause": callbacks.pause_endpoint,
        "resume": callbacks.resume_endpoint,
    }
    if deed not in deeds:
        raise NothingHere
    async with context.transaction() as tx:
        await deeds[deed](tx, context.act, account_id=context.account_id, endpoint_id=one.id)
    return redirect_with_flash(request, path_of(one), f"portal.callbacks.did.{deed}")


async def remove(request: Request) -> Response:
    """Call it no more, after its host was typed."""
    context, one = context_of(request), await _own(request)
    require_word(request, host_of(one))
    async with context.transaction() as tx:
        await callbacks.remove_endpoint(
            tx, context.act, account_id=context.account_id, endpoint_id=one.id
        )
    return redirect_with_flash(request, "/developer/callbacks", "portal.callbacks.did.remove")


async def renew(request: Request) -> Response:
    """Sign with a new secret, after the host was typed; it is shown this once."""
    context, one = context_of(request), await _own(request)
    require_word(request, host_of(one))
    async with context.transaction() as tx:
        renewed = await callbacks.renew_secret(
            tx,
            context.act,
            account_id=context.account_id,
            endpoint_id=one.id,
            sealer=collaborators(request).sealer,
        )
    return await _page(request, renewed=renewed)


async def replay_dead(request: Request) -> Response:
    """Try every dead letter of the URL again, and say how many there were."""
    context, one = context_of(request), await _own(request)
    async with context.transaction() as tx:
        before = (await queries.counts(tx, context.account_id)).get(one.id, EndpointCounts())
        count = await callbacks.replay_dead(
            tx, context.act, account_id=context.account_id, endpoint_id=one.id
        )
        after = (await queries.counts(tx, context.account_id)).get(one.id, EndpointCounts())
    return redirect_with_flash(
        request,
        path_of(one),
        "portal.callbacks.replayed_dead",
        count=count,
        before=before.dead,
        after=after.dead,
    )


ROUTES = [
    Route("/developer/callbacks/{endpoint}", page),
    Route("/developer/callbacks/{endpoint}", act_on, methods=["POST"]),
    Route("/developer/callbacks/{endpoint}/change", change, methods=["POST"]),
    Route("/developer/callbacks/{endpoint}/secret", renew, methods=["POST"]),
    Route("/developer/callbacks/{endpoint}/dead", replay_dead, methods=["POST"]),
    Route("/developer/callbacks/{endpoint}/remove", remove, methods=["POST"]),
]
