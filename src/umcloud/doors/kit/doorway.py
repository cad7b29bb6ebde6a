"""The way in: makes the request's context, knows the session, checks the proof, guards the page.

Plain ASGI, outside of everything else of a desk, so that error pages too carry the headers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.datastructures import FormData, Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umcloud.doors.kit.assets import PREFIX
from umcloud.doors.kit.context import SCOPE_KEY, Desk, RequestContext, context_of
from umcloud.doors.kit.errors import FormStale, FormTooLarge, FormUnreadable, NothingHere
from umcloud.doors.kit.forms import CSRF_FIELD, FORM_KEY
from umcloud.doors.kit.programs import log_fault
from umcloud.doors.kit.render import failure_page, redirect, refusal_page
from umcloud.infra.i18n import LOCALES, Texts, choose_locale
from umcloud.kernel.act import Act, Actor, ActorKind
from umcloud.kernel.ids import show, uuid7
from umcloud.kernel.refusals import Refusal

SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
YEAR_SECONDS: Final = 31_536_000


class Doorway:
    """Middleware of one desk."""

    def __init__(self, app: ASGIApp, desk: Desk, form_targets: tuple[str, ...] = ()) -> None:
        self._app = app
        self._desk = desk
        self._form_targets = " ".join(("'self'", *form_targets))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http" or _path(scope).startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        context = self._context(request)
        scope[SCOPE_KEY] = context
        cookies: list[str] = []
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._headers(MutableHeaders(scope=message), context, cookies)
            await send(message)

        try:
            await self._enter(request, context, cookies)
            form = await self._checked_form(request, context)
            try:
                await self._app(scope, receive, guarded_send)
            finally:
                if form is not None:
                    await form.close()
        except Refusal as refusal:
            response = await refusal_page(request, refusal)
            await response(scope, receive, guarded_send)
        except Exception as error:  # noqa: BLE001 - the person gets a page whatever happened
            # The server would write down what is raised to it, and the values that it quotes.
            log_fault(f"{self._desk.name}, {show('req', context.act.request_id)}", error)
            if started:
                raise ConnectionAbortedError("a page broke off") from None
            await failure_page(request)(scope, receive, guarded_send)

    def _context(self, request: Request) -> RequestContext:
        desk = self._desk
        now = desk.now()
        asked = dict(parse_qsl(request.url.query)).get("lang")
        locale = choose_locale(
            asked,
            request.cookies.get(desk.guard.language_cookie),
            request.headers.get("accept-language"),
        )
        act = Act(
            actor=Actor(ActorKind.VISITOR),
            now=now,
            door=desk.door,
            request_id=uuid7(now),
            ip=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
            locale=locale,
        )
        return RequestContext(
            desk=desk,
            act=act,
            texts=Texts(locale, strict=desk.strict_texts),
            nonce=desk.guard.new_visitor(),
            root=request.scope.get("root_path", ""),
            path=_path(request.scope),
            query=request.url.query,
        )

    async def _enter(self, request: Request, context: RequestContext, cookies: list[str]) -> None:
        """Know who it is, in which language, and give the browser what it lacks."""
        guard = self._desk.guard
        root = context.root or "/"
        asked = dict(parse_qsl(context.query)).get("lang")
        if asked in LOCALES:
            cookies.append(guard.cookie(guard.language_cookie, asked, max_age=YEAR_SECONDS))
        holder = request.cookies.get(guard.visitor_cookie, "")
        token = request.cookies.get(guard.session_cookie)
        if token:
            async with context.transaction() as tx:
                context.signed_in = await self._desk.load_session(tx, token)
        if context.signed_in:
            holder = token or ""
            self._take_person(request, context)
        elif not holder:
            holder = guard.new_visitor()
            cookies.append(guard.cookie(guard.visitor_cookie, holder, max_age=None, path=root))
        context.csrf = guard.proof(holder)
        request.scope["umcloud.holder"] = holder

    def _take_person(self, request: Request, context: RequestContext) -> None:
        person = context.person
        context.act = replace(
            context.act, actor=Actor(person.kind, person.person_id, person.account_id)
        )
        chosen = request.cookies.get(self._desk.guard.language_cookie)
        if person.locale in LOCALES and chosen is None and "lang=" not in context.query:
            context.act = replace(context.act, locale=person.locale)
            context.texts = Texts(person.locale, strict=self._desk.strict_texts)

    async def _checked_form(self, request: Request, context: RequestContext) -> FormData | None:
        """Read a posted form within bounds and check its proof; raise a refusal where it lacks."""
        if request.method in SAFE_METHODS:
            return None
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise FormStale
        form = None
        token = request.headers.get("x-csrf-token", "")
        if request.headers.get("content-type", "").startswith(FORM_TYPES):
            form = await self._read(request)
            request.scope[FORM_KEY] = form
            token = token or str(form.get(CSRF_FIELD, ""))
        if not context.desk.guard.is_proof(token, request.scope["umcloud.holder"]):
            if form is not None:
                await form.close()
            raise FormStale
        return form

    async def _read(self, request: Request) -> FormData:
        most = self._desk.max_body
        if int(request.headers.get("content-length") or 0) > most:
            raise FormTooLarge(most=most)
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await request.receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise FormTooLarge(most=most)
            return message

        try:
            return await Request(request.scope, counted).form(max_files=10, max_fields=2000)
        except (HTTPException, ValueError) as error:
            raise FormUnreadable from error

    def _headers(
        self, headers: MutableHeaders, context: RequestContext, cookies: list[str]
    ) -> None:
        for cookie in cookies:
            headers.append("set-cookie", cookie)
        policy = (
            f"default-src 'none'; script-src 'self' 'nonce-{context.nonce}'; "
            "style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
            f"font-src 'self'; connect-src 'self'; form-action {self._form_targets}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        headers.setdefault("content-security-policy", policy)
        headers.setdefault("x-frame-options", "DENY")
        headers.setdefault("x-content-type-options", "nosniff")
        headers.setdefault("referrer-policy", "same-origin")
        headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("cross-origin-opener-policy", "same-origin")
        headers.setdefault("x-request-id", str(context.act.request_id))


class SignedInOnly:
    """Sends visitors to the sign-in page, and back to where they wanted to go."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let people with a session pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        context = context_of(request)
        if context.signed_in is not None:
            await self._app(scope, receive, send)
            return
        wanted = f"?next={quote(context.path)}" if request.method == "GET" else ""
        response = redirect(request, f"{context.desk.sign_in_path}{wanted}")
        await response(scope, receive, send)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Show a refusal that a handler let through."""
    if not isinstance(error, Refusal):
        raise error
    return await refusal_page(request, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Show what the router refuses: unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    response = await refusal_page(request, NothingHere())
    response.status_code = error.status_code
    for name, value in Headers(error.headers or {}).items():
        response.headers[name] = value
    return response


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"
