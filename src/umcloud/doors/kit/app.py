"""`desk` makes the web application of one audience out of routes, a navigation and a look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from umcloud.doors.kit.assets import PREFIX, Assets
from umcloud.doors.kit.context import (
    Desk,
    LoadSession,
    LoadShell,
    Page,
    Reaches,
    Transactions,
    bare_shell,
    context_of,
    no_session,
    reaches_all,
)
from umcloud.doors.kit.doorway import Doorway, SignedInOnly, on_http_error, on_refusal
from umcloud.doors.kit.entrance_limits import Limit
from umcloud.doors.kit.errors import RoleMissing
from umcloud.doors.kit.guard import Guard
from umcloud.doors.kit.navigation import Look, NavEntry, Navigation
from umcloud.doors.kit.templating import Templates
from umcloud.infra.clock import Now
from umcloud.kernel.act import Door
from umcloud.kernel.refusals import Refusal


def desk(
    *,
    name: str,
    door: Door,
    title: str,
    accent: str,
    transactions: Transactions,
    now: Now,
    secret: bytes,
    routes: Sequence[BaseRoute],
    open_routes: Sequence[BaseRoute] = (),
    navigation: Sequence[NavEntry] = (),
    templates: Path | None = None,
    static: Path | None = None,
    load_session: LoadSession = no_session,
    load_shell: LoadShell = bare_shell,
    reaches: Reaches = reaches_all,
    secure_cookies: bool = False,
    strict_texts: bool = True,
    form_targets: tuple[str, ...] = (),
    sign_in_path: str = "/sign-in",
    sign_out_path: str = "/sign-out",
) -> Starlette:
    """Return the application.

    `title` is a ui key, `accent` one of portal, office, desk, sandbox. `routes` need a session,
    `open_routes` do not. `templates` and `static` are the door's own folders (`static("own/x.js")`
    in a template). `form_targets` are foreign origins that a posted form may lead to (a payment
    page). `reaches` says what is offered to whom: macros leave out the rest. Give
    `strict_texts=False` in production only. `app.state.entrance_limits` counts who knocks.
    """
    assets = Assets(static)
    facts = Desk(
        name=name,
        door=door,
        transactions=transactions,
        now=now,
        guard=Guard(name, secret, secure=secure_cookies),
        look=Look(title, accent),
        navigation=Navigation(tuple(navigation)),
        templates=Templates(templates, assets),
        load_session=load_session,
        load_shell=load_shell,
        reaches=reaches,
        strict_texts=strict_texts,
        sign_in_path=sign_in_path,
        sign_out_path=sign_out_path,
    )
    app = Starlette(
        routes=[
            Mount(PREFIX, app=assets),
            *open_routes,
            Mount("", routes=list(routes), middleware=[Middleware(SignedInOnly)]),
        ],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
            Middleware(Doorway, desk=facts, form_targets=form_targets),
        ],
        exception_handlers={Refusal: on_refusal, HTTPException: on_http_error},
    )
    app.state.entrance_limits = facts.entrance_limits
    return app


def only_for(*roles: str) -> Callable[[Page], Page]:
    """Let only people with one of these roles see the page; others read who may."""

    def decorate(page: Page) -> Page:
        @wraps(page)
        async def checked(request: Request) -> Response:
            if not context_of(request).person.roles & set(roles):
                raise RoleMissing(roles=", ".join(roles))
            return await page(request)

        return checked

    return decorate


def limited(limit: Limit) -> Callable[[Page], Page]:
    """Count each request by the network it comes from, before anything else of the page is done.

    Beyond the limit others of that network read when to come again (429, Retry-After). The
    address is the one that the web server knows: a proxy's header counts where it is trusted.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        async def counted(request: Request) -> Response:
            context = context_of(request)
            limits = context.desk.entrance_limits
            limits.take(limit, context.act.ip, limits.clock())
            return await page(request)

        return counted

    return decorate


def start_session(request: Request, response: Response, token: str, seconds: int) -> None:
    """Put the session's token into the browser, for that long."""
    _session_cookie(request, response, token, seconds)


def end_session(request: Request, response: Response) -> None:
    """Take the session's token out of the browser."""
    _session_cookie(request, response, "", 0)


def session_token(request: Request) -> str | None:
    """Return the session's token as the browser sent it (to revoke it)."""
    return request.cookies.get(context_of(request).desk.guard.session_cookie)


def _session_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    context = context_of(request)
    guard = context.desk.guard
    line = guard.cookie(guard.session_cookie, token, max_age=seconds, path=context.root)
    response.headers.append("set-cookie", line)


def next_path(request: Request, otherwise: str = "/") -> str:
    """Return where the visitor wanted to go; only ever a path of this desk."""
    wanted = request.query_params.get("next", "")
    plain = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if plain and wanted.isprintable() else otherwise
