"""Templates into pages: what every template may say, redirects with a sentence, error pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from umcloud.doors.kit.context import RequestContext, Shell, context_of
from umcloud.doors.kit.errors import status_of
from umcloud.doors.kit.forms import Form
from umcloud.doors.kit.guard import Flash
from umcloud.infra.i18n import LOCALES
from umcloud.kernel.ids import show as show_id
from umcloud.kernel.refusals import Refusal

FLASH_SECONDS: Final = 60


async def render(
    request: Request, template: str, *, status: int = 200, **facts: object
) -> HTMLResponse:
    """Return a whole page; a page that shows a form with errors goes out with status 422."""
    context = context_of(request)
    async with context.transaction() as tx:
        shell = await context.desk.load_shell(tx, context)
    failed = any(isinstance(fact, Form) and not fact.ok for fact in facts.values())
    return _answer(request, template, shell, 422 if failed and status == 200 else status, facts)


def render_part(
    request: Request, template: str, *, status: int = 200, **facts: object
) -> HTMLResponse:
    """Return a piece of a page (for HTMX), without the top bar's facts."""
    return _answer(request, template, Shell(), status, facts)


def part_text(request: Request, template: str, **facts: object) -> str:
    """Return a piece of a page as text (for live parts)."""
    return _text(context_of(request), template, Shell(), None, facts)


def _answer(
    request: Request, template: str, shell: Shell, status: int, facts: Mapping[str, object]
) -> HTMLResponse:
    context = context_of(request)
    guard = context.desk.guard
    sealed = request.cookies.get(guard.flash_cookie)
    flash = guard.open_flash(sealed) if sealed else None
    response = HTMLResponse(_text(context, template, shell, flash, facts), status)
    response.headers["cache-control"] = "no-store"
    if sealed:
        response.headers.append("set-cookie", guard.cookie(guard.flash_cookie, "", max_age=0))
    return response


def _text(
    context: RequestContext,
    template: str,
    shell: Shell,
    flash: Flash | None,
    facts: Mapping[str, object],
) -> str:
    templates = context.desk.templates
    roles = context.signed_in.roles if context.signed_in else frozenset()
    known: dict[str, Any] = {
        "ctx": context,
        "texts": context.texts,
        "t": context.texts,
        "url": context.url,
        "static": lambda name: context.root + templates.assets.path(name),
        "shell": shell,
        "flash": flash,
        "navigation": context.desk.navigation.visible_to(roles),
        "current": context.desk.navigation.current(context.path),
        "languages": [(locale, _with_language(context, locale)) for locale in LOCALES],
        **facts,
    }
    templates.parts(known)
    return templates(template).render(known)


def _with_language(context: RequestContext, locale: str) -> str:
    kept = [pair for pair in parse_qsl(context.query) if pair[0] != "lang"]
    return f"{context.url(context.path)}?{urlencode([*kept, ('lang', locale)])}"


def is_htmx(request: Request) -> bool:
    """Tell whether HTMX asks, which wants a piece and not a page."""
    return request.headers.get("hx-request") == "true"


def redirect(request: Request, path: str) -> Response:
    """Send the browser to a path of this desk; after a deed, so that reload repeats nothing."""
    address = context_of(request).url(path)
    if is_htmx(request):
        return Response(status_code=200, headers={"hx-redirect": address})
    return RedirectResponse(address, 303)


def redirect_with_flash(
    request: Request, path: str, key: str, *, tone: str = "good", **facts: object
) -> Response:
    """Send the browser to a path and say a sentence there, once."""
    context = context_of(request)
    response = redirect(request, path)
    guard = context.desk.guard
    sealed = guard.seal_flash(Flash(tone, context.texts.ui(key, **facts)))
    response.headers.append(
        "set-cookie", guard.cookie(guard.flash_cookie, sealed, max_age=FLASH_SECONDS)
    )
    return response


async def refusal_page(request: Request, refusal: Refusal) -> Response:
    """Return the page, or for HTMX the piece, that says why not and what to do next."""
    facts = {"refusal": refusal, "request_id": show_id("req", context_of(request).act.request_id)}
    status = status_of(refusal)
    if is_htmx(request):
        response: Response = render_part(request, "kit/refused.html", status=status, **facts)
    else:
        response = await render(request, "kit/error.html", status=status, **facts)
    if refusal.retry_after_seconds is not None:
        response.headers["retry-after"] = str(refusal.retry_after_seconds)
    return response


def failure_page(request: Request) -> Response:
    """Return the page of an unexpected error; it asks the database nothing."""
    context = context_of(request)
    facts = {"refusal": None, "request_id": show_id("req", context.act.request_id)}
    return _answer(request, "kit/error.html", Shell(), 500, facts)
