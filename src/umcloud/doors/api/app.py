"""The `/v1` door as one ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.domains.accounts.vault import Vault
from umcloud.domains.messaging.model import SendAnswer
from umcloud.doors.api import errors, openapi
from umcloud.doors.api.accepting import Accepting, accepted
from umcloud.doors.api.reading import Reading
from umcloud.doors.kit import programs
from umcloud.doors.kit.keyring import KeyRing
from umcloud.doors.kit.quick import Reply
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.infra.i18n import LOCALES, Texts, choose_locale
from umcloud.kernel.act import Door
from umcloud.kernel.ids import show, uuid7
from umcloud.kernel.refusals import Refusal

log = logging.getLogger(__name__)

PREFIX = "/v1"
_HOT = "/messages"
_TEXTS: Mapping[str, Texts] = {locale: Texts(locale, strict=False) for locale in LOCALES}


class Api:
    """Takes `POST /messages` by itself and hands everything else to Starlette."""

    def __init__(self, ring: KeyRing, pump: programs.Accepts, rest: programs.ASGIApp) -> None:
        self.ring = ring
        self._accepting = Accepting(ring, pump)
        self._rest = rest
        self._waiting: set[asyncio.Task[None]] = set()

    async def __call__(
        self, scope: programs.Scope, receive: programs.Receive, send: programs.Send
    ) -> None:
        """Answer one request; works mounted at `/v1`, and as the whole application."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        path, root = scope["path"], scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        bare = path.startswith(PREFIX + "/")
        if bare:
            path = path[len(PREFIX) :]
        if path != _HOT or scope["method"] != "POST":
            if bare:
                scope = {**scope, "root_path": root + PREFIX}
            try:
                await self._rest(scope, receive, send)
            except Exception as error:  # noqa: BLE001 - Starlette answered it, and raises again
                programs.log_fault("/v1", error)
            return
        try:
            texts = _texts(scope["headers"])
            await self._accepting.accept(scope, receive, send, texts)
        except programs.HungUpError:
            return
        except Exception as error:  # noqa: BLE001 - the caller gets an answer whatever happened
            await self._refuse(error, scope, send)

    def take(self, headers: programs.Headers, body: bytes, ip: str | None, reply: Reply) -> None:
        """Answer one `POST /messages` that is complete, without a task (see `doors.kit.quick`)."""
        texts = _texts(headers)
        try:
            begun = self._accepting.begin(headers, body, ip)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer whatever happened
            reply(*self._said(error, texts))
            return
        if begun is None:
            task = asyncio.create_task(self._wait(headers, body, ip, reply, texts))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
            return
        answer, atomic = begun
        answer.add_done_callback(partial(self._end, reply, texts, atomic=atomic))

    def _end(
        self, reply: Reply, texts: Texts, answer: asyncio.Future[SendAnswer], *, atomic: bool
    ) -> None:
        try:
            said = accepted(answer.result(), texts, atomic=atomic)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer whatever happened
            said = self._said(error, texts)
        reply(*said)

    async def _wait(
        self, headers: programs.Headers, body: bytes, ip: str | None, reply: Reply, texts: Texts
    ) -> None:
        try:
            said = await self._accepting.wait(headers, body, ip, texts)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer whatever happened
            said = self._said(error, texts)
        reply(*said)

    def _said(self, error: Exception, texts: Texts) -> programs.Answer:
        if isinstance(error, Refusal):
            return _problem(error, texts, self.ring.now)
        programs.log_fault("/v1", error)
        return _problem(errors.Faulty(), texts, self.ring.now)

    async def _refuse(self, error: Exception, scope: programs.Scope, send: programs.Send) -> None:
        await programs.answer(send, *self._said(error, _texts(scope["headers"])))


def api(
    *,
    database: Database,
    now: Now,
    vault: Vault,
    pump: programs.Accepts,
    requests_per_second: float = 20_000.0,
) -> Api:
    """Return the door; `requests_per_second` is what each key may make, and its largest burst."""
    ring = KeyRing(database, vault, now, Door.API, requests_per_second)
    reading = Reading(ring, database, now)

    async def refused(request: Request, error: Exception) -> Response:
        refusal = _as_refusal(request, error)
        status, headers, body = _problem(refusal, _texts(request.scope["headers"]), now)
        response = Response(body, status)
        for name, value in headers:
            response.headers[name.decode()] = value.decode()
        return response

    async def document(_request: Request) -> Response:
        return Response(openapi.document(), media_type="application/json")

    rest = Starlette(
        routes=[
            Route("/messages", reading.messages),
            Route("/messages/{id}", reading.message),
            Route("/inbound", reading.inbound),
            Route("/balance", reading.balance),
            Route("/templates", reading.templates),
            Route("/signatures", reading.signatures),
            Route("/openapi.json", document),
        ],
        exception_handlers={Refusal: refused, HTTPException: refused, Exception: refused},
    )
    return Api(ring, pump, rest)


def _as_refusal(request: Request, error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        posts = request.scope["path"].endswith(_HOT)
        return errors.MethodRefused(methods="GET, HEAD, POST" if posts else "GET, HEAD")
    if isinstance(error, HTTPException) and error.status_code == 404:
        return errors.NothingHere()
    return errors.Faulty()


def _problem(refusal: Refusal, texts: Texts, now: Now) -> programs.Answer:
    instance = show("req", uuid7(now()))
    problem = errors.problem(refusal, texts, instance=instance)
    if isinstance(refusal, errors.Faulty):
        log.error("request %s failed", instance)
    headers = errors.problem_headers(refusal)
    headers.append((b"content-language", texts.language_tag.encode()))
    return problem.status, headers, msgspec.json.encode(problem)


def _texts(headers: list[tuple[bytes, bytes]]) -> Texts:
    for name, value in headers:
        if name == b"accept-language":
            return _TEXTS[choose_locale(value.decode("latin-1"))]
    return _TEXTS["zh_CN"]
