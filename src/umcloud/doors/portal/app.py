"""The portal: composed from its pages; `main.web` mounts what `portal` returns at `/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from umcloud.domains.accounts import queries as accounts
from umcloud.domains.accounts import service as account_deeds
from umcloud.domains.accounts.model import Right, SessionKind
from umcloud.domains.accounts.vault import Vault
from umcloud.domains.agreements import service as agreements
from umcloud.domains.ledger import queries as books
from umcloud.domains.notifications import queries as inbox_queries
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.doors.kit.app import desk
from umcloud.doors.kit.context import LoadSession, LoadShell, RequestContext, Shell, SignedIn
from umcloud.doors.kit.context import context_of as context_of_request
from umcloud.doors.kit.live import Closing
from umcloud.doors.kit.navigation import NavEntry
from umcloud.doors.kit.render import redirect
from umcloud.doors.portal import (
    account,
    consent,
    costs,
    developer,
    home,
    inbox,
    invited,
    message_templates,
    packages,
    prices,
    records,
    reset,
    send,
    sign_in,
    sign_up,
    signatures,
    team,
    verification,
)
from umcloud.doors.portal.collaborators import Accepting, Collaborators, Post
from umcloud.doors.portal.rights import RightsGate, names, reaches
from umcloud.infra.clock import Now
from umcloud.infra.db import Database, Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import ActorKind, Door
from umcloud.kernel.ids import MemberId
from umcloud.kernel.money import Money

NAVIGATION = (
    NavEntry("/", "portal.nav.home", "home"),
    NavEntry("/send", "portal.nav.send", "send", roles=names(Right.SEND)),
    NavEntry(
        "/records",
        "portal.nav.records",
        "list-details",
        children=(
            NavEntry("/replies", "portal.nav.replies"),
            NavEntry("/opt-outs", "portal.nav.optouts"),
        ),
    ),
    NavEntry("/signatures", "portal.nav.signatures", "signature"),
    NavEntry("/templates", "portal.nav.templates", "template"),
    NavEntry(
        "/costs",
        "portal.nav.costs",
        "wallet",
        children=(
            NavEntry("/costs/recharge", "portal.nav.recharge", roles=names(Right.PAY)),
            NavEntry("/costs/packages", "portal.nav.packages"),
            NavEntry("/costs/prices", "portal.nav.prices"),
            NavEntry("/costs/statement", "portal.nav.statement"),
        ),
    ),
    NavEntry("/developer", "portal.nav.developer", "api", roles=names(Right.DEVELOP)),
    NavEntry(
        "/account",
        "portal.nav.account",
        "building",
        children=(
            NavEntry(
                "/account/verification", "portal.nav.verification", roles=names(Right.REPRESENT)
            ),
            NavEntry("/account/team", "portal.nav.team"),
            NavEntry("/account/agreements", "portal.nav.agreements"),
            NavEntry("/account/log", "portal.nav.log"),
            NavEntry("/account/sessions", "portal.nav.sessions"),
        ),
    ),
)

OPEN = [
    *sign_in.OPEN_ROUTES,
    *sign_up.OPEN_ROUTES,
    *reset.OPEN_ROUTES,
    *invited.OPEN_ROUTES,
]
GATED = [
    *home.ROUTES,
    *inbox.ROUTES,
    *verification.ROUTES,
    *signatures.ROUTES,
    *message_templates.ROUTES,
    *send.ROUTES,
    *records.ROUTES,
    *costs.ROUTES,
    *packages.ROUTES,
    *prices.ROUTES,
    *developer.ROUTES,
    *account.ROUTES,
    *team.ROUTES,
]


class ConsentGate:
    """Leads people whose account has not accepted the agreement in force to it first (P.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let those pass who have."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            context = context_of_request(request)
            async with context.transaction() as tx:
                missing = await agreements.needs_consent(tx, context.account_id, context.act.now)
            if missing is not None:
                await redirect(request, "/consent")(scope, receive, send)
                return
        await self._app(scope, receive, send)


def portal(
    *,
    database: Database,
    now: Now,
    secret: bytes,
    vault: Vault,
    sealer: Sealer,
    pump: Accepting,
    channel: PaymentChannel,
    sender: Post,
    closing: Closing,
    sandbox: bool,
    links: Mapping[str, str],
    secure_cookies: bool,
    strict_texts: bool = False,
) -> Starlette:
    """Return the portal. `secret` signs its forms and notices.

    `links` holds `portal` (where customers find it: invitations lead there) and may hold `api`
    (base of the HTTP interfaces), `pay` (the origin of the payment page), and in the sandbox
    `phones`, `mailbox` and `clock`.
    """
    here = Path(__file__).parent
    app = desk(
        name="portal",
        door=Door.PORTAL,
        title="portal.name",
        accent="portal",
        transactions=database,
        now=now,
        secret=secret,
        routes=[
            *sign_in.SIGNED_IN_ROUTES,
            Mount(
                "",
                routes=[
                    *consent.ROUTES,
                    Mount("", routes=GATED, middleware=[Middleware(ConsentGate)]),
                ],
                middleware=[Middleware(RightsGate)],
            ),
        ],
        open_routes=OPEN,
        navigation=NAVIGATION,
        templates=here / "templates",
        static=here / "static",
        load_session=_session_loader(now),
        load_shell=_shell_loader(sandbox=sandbox, links=links),
        reaches=reaches,
        secure_cookies=secure_cookies,
        strict_texts=strict_texts,
        form_targets=_origins(links),
    )
    app.state.collaborators = Collaborators(
        vault=vault,
        sealer=sealer,
        pump=pump,
        channel=channel,
        sender=sender,
        closing=closing,
        sandbox=sandbox,
        links=links,
    )
    return app


def _origins(links: Mapping[str, str]) -> tuple[str, ...]:
    """Return the payment page's origin: posting a recharge leads there."""
    parts = urlsplit(links.get("pay", ""))
    return (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()


def _session_loader(now: Now) -> LoadSession:
    async def load_session(tx: Tx, token: str) -> SignedIn | None:
        session = await account_deeds.authenticate_session(tx, token, now=now())
        if session is None or session.kind is not SessionKind.MEMBER or not session.member_id:
            return None
        return SignedIn(
            session_id=session.id,
            kind=ActorKind.MEMBER,
            person_id=session.member_id,
            name=session.name,
            roles=frozenset({session.role.value}) if session.role else frozenset(),
            account_id=session.account_id,
            locale=session.locale,
        )

    return load_session


def _shell_loader(*, sandbox: bool, links: Mapping[str, str]) -> LoadShell:
    async def load_shell(tx: Tx, context: RequestContext) -> Shell:
        moment = context.act.now if sandbox else None
        clock_page = links.get("clock") if sandbox else None
        if context.signed_in is None:
            return Shell(sandbox_now=moment, sandbox_href=clock_page)
        account_id = context.account_id
        owner = await accounts.account(tx, account_id)
        balance = await books.balance(tx, account_id)
        unread = await inbox_queries.unread(
            tx, account_id=account_id, member_id=MemberId(context.person.person_id)
        )
        return Shell(
            account_name=owner.name if owner else None,
            account_href="/account",
            balance=Money(balance.available),
            balance_href="/costs",
            unread=unread,
            unread_href="/inbox",
            person_links=(
                ("/account", "portal.nav.account"),
                ("/account/sessions", "portal.nav.sessions"),
            ),
            sandbox_now=moment,
            sandbox_href=clock_page,
        )

    return load_shell
