"""The native door as one ASGI application, at any path: every answer is HTTP 200 with a RetCode.

The SDK throws RetCode and Message away wherever the status is 400 or more (section 4.3).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from uuid import UUID

from umcloud.domains.accounts import errors as accounts
from umcloud.domains.accounts import keys
from umcloud.domains.accounts.model import KeyFacts
from umcloud.domains.accounts.vault import Vault
from umcloud.doors.dialects.uapi import asking, errors, sending, signatures, templates
from umcloud.doors.dialects.uapi.calls import EVERYWHERE, Action, Call, Outcome
from umcloud.doors.kit import programs
from umcloud.doors.kit.keyring import KeyRing
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.infra.i18n import LOCALES, Texts, choose_locale
from umcloud.kernel.act import Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.refusals import Refusal
from umcloud.wire.uapi.answers import answer
from umcloud.wire.uapi.requests import Received, read_form, read_json

ACTIONS: Mapping[str, Action] = {
    **sending.ACTIONS,
    **asking.ACTIONS,
    **signatures.ACTIONS,
    **templates.ACTIONS,
}
#: Two files of 4 MB in base64, percent-encoded.
_MOST_BYTES = 16_000_000
_TEXTS: Mapping[str, Texts] = {locale: Texts(locale, strict=False) for locale in LOCALES}
_LONGEST_SHOWN = 60


class Uapi:
    """Reads, believes or not, runs the action, answers."""

    def __init__(self, ring: KeyRing, database: Database, pump: programs.Accepts) -> None:
        self.ring = ring
        self._database = database
        self._pump = pump

    async def __call__(
        self, scope: programs.Scope, receive: programs.Receive, send: programs.Send
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request_id = uuid7(self.ring.now())
        texts = _texts(scope)
        action = ""
        try:
            received = await _read(scope, receive)
            action = received.text("Action") or ""
            outcome = await self._run(received, scope, texts, request_id)
        except Refusal as refusal:
            outcome = Outcome(refusal=refusal)
        except programs.HungUpError:
            return
        except Exception as error:  # noqa: BLE001 - the caller gets an answer whatever happened
            programs.log_fault("uapi", error)
            outcome = Outcome(refusal=errors.Faulty())
        await _answer(send, outcome, texts, action=action, request_id=str(request_id))

    async def _run(
        self, received: Received, scope: programs.Scope, texts: Texts, request_id: UUID
    ) -> Outcome:
        name = received.text("Action")
        if not name:
            raise errors.ActionMissing
        action = ACTIONS.get(name)
        if action is None:
            raise errors.ActionUnknown(action=name[:_LONGEST_SHOWN])
        for parameter in received.params:
            if parameter not in action.parameters and parameter not in EVERYWHERE:
                raise errors.ParameterUnknown(action=name, parameter=parameter[:_LONGEST_SHOWN])
        ip = programs.caller_ip(scope)
        key = await self._admitted(received, action, ip)
        call = Call(
            received,
            key,
            self._database,
            self._pump,
            texts,
            self.ring.now(),
            request_id,
            ip,
        )
        return await action.run(call)

    async def _admitted(self, received: Received, action: Action, ip: str | None) -> KeyFacts:
        public_key = received.text("PublicKey")
        if not public_key:
            raise accounts.KeyUnknown
        if received.text("SecurityToken"):
            raise errors.TokenUnknown
        if not received.signature:
            raise errors.SignatureMissing
        held = self.ring.known(public_key) or await self.ring.find(public_key)
        facts = held.facts
        if facts is None:
            raise accounts.KeyUnknown
        if not received.signed_by(facts.private_key):
            raise errors.SignatureWrong
        keys.admit(facts, scope=action.scope, ip=ip)
        wait = held.bucket.take(time.monotonic())
        if wait:
            limit = int(held.bucket.rate)
            raise errors.RateLimited(retry_after_seconds=math.ceil(wait), limit=limit)
        self.ring.used(held)
        return facts


def uapi(
    *,
    database: Database,
    now: Now,
    vault: Vault,
    pump: programs.Accepts,
    requests_per_second: float = 20_000.0,
) -> Uapi:
    """Return the door; `requests_per_second` is what each key may make, and its largest burst."""
    ring = KeyRing(database, vault, now, Door.UAPI, requests_per_second)
    return Uapi(ring, database, pump)


async def _read(scope: programs.Scope, receive: programs.Receive) -> Received:
    if scope["method"] == "GET":
        return read_form(scope["query_string"])
    if scope["method"] != "POST":
        raise errors.MethodRefused
    try:
        body = await programs.read_body(receive, _MOST_BYTES)
    except programs.BodyTooLargeError:
        raise errors.BodyTooLarge(most=_MOST_BYTES) from None
    for name, value in scope["headers"]:
        if name == b"content-type" and value[:16].lower() == b"application/json":
            return read_json(body)
    return read_form(body)


async def _answer(
    send: programs.Send, outcome: Outcome, texts: Texts, *, action: str, request_id: str
) -> None:
    code, message = 0, outcome.message
    if outcome.refusal is not None:
        code = errors.retcode_of(outcome.refusal)
        message = texts.refusal(outcome.refusal)
    body = answer(action, request_id, code=code, message=message, **outcome.fields)
    headers = [
        (b"content-type", b"application/json"),
        (b"x-ucloud-request-uuid", request_id.encode("ascii")),
    ]
    await programs.answer(send, 200, headers, body)


def _texts(scope: programs.Scope) -> Texts:
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return _TEXTS[choose_locale(value.decode("latin-1"))]
    return _TEXTS["zh_CN"]
