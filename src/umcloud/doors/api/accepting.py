"""`POST /v1/messages`, the hot endpoint: raw ASGI, typed decoding, no database of its own.

What a request costs here is measured in tests/doors/api; every line on the way runs for every
message that anybody sends.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from umcloud.domains.accounts.model import KeyFacts, Scope
from umcloud.domains.messaging.model import Recipient, SendAnswer, SendGroup, SendRequest
from umcloud.doors.api import answers
from umcloud.doors.api.admitting import admit, admit_known
from umcloud.doors.api.errors import (
    BodyTooLarge,
    BodyUnreadable,
    FieldMissing,
    FieldUnknown,
    FieldWrong,
    IdempotencyKeyMalformed,
    MediaTypeWrong,
)
from umcloud.doors.api.shapes import NewMessage, NewMessages
from umcloud.doors.kit import programs
from umcloud.doors.kit.keyring import KeyRing
from umcloud.infra.i18n import Texts
from umcloud.kernel.refusals import Refusal

MOST_BYTES: Final = 1_000_000
LONGEST_KEY: Final = 255

_one = msgspec.json.Decoder(NewMessage)
_several = msgspec.json.Decoder(NewMessages)
_NAMES_SEVERAL = re.compile(rb'"messages"\s*:')
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
_COMPLAINT = re.compile(
    r"Object (?:contains (?P<unknown>unknown)|missing required) field `(?P<field>.*?)`"
    r"(?: - at `(?P<path>.*?)`)?|Expected `(?P<expected>[^`]*)`.*?(?: - at `(?P<place>.*?)`)?",
    re.DOTALL,
)
_LONGEST_SHOWN = 60
_JSON: Final = [(b"content-type", b"application/json")]
_REPLAYED: Final = [*_JSON, (b"idempotency-replayed", b"true")]


class _Asked(NamedTuple):
    """The headers that matter here."""

    authorization: bytes | None = None
    media_type: bytes | None = None
    length: bytes | None = None
    idempotency_key: bytes | None = None


_NAMES: Final = {
    b"authorization": 0,
    b"content-type": 1,
    b"content-length": 2,
    b"idempotency-key": 3,
}


@dataclass(frozen=True, slots=True)
class Accepting:
    """The endpoint over the keys and the pump."""

    ring: KeyRing
    pump: programs.Accepts

    async def accept(
        self, scope: programs.Scope, receive: programs.Receive, send: programs.Send, texts: Texts
    ) -> None:
        """Answer 202 once the messages are durable; raises the refusal of the whole request.

        A single message that is refused refuses the request; of several, each has its outcome.
        """
        asked = _asked(scope["headers"])
        ip = programs.caller_ip(scope)
        facts = await admit(self.ring, asked.authorization, scope=Scope.SEND, ip=ip)
        _check(asked)
        request = _request(asked, await _body(receive), facts)
        answer = await self.pump.submit(request)
        await programs.answer(send, *accepted(answer, texts, atomic=request.atomic))

    async def wait(
        self, headers: programs.Headers, body: bytes, ip: str | None, texts: Texts
    ) -> programs.Answer:
        """Return the same answer to a request that is complete already."""
        asked = _asked(headers)
        facts = await admit(self.ring, asked.authorization, scope=Scope.SEND, ip=ip)
        _check(asked)
        request = _request(asked, body, facts)
        return accepted(await self.pump.submit(request), texts, atomic=request.atomic)

    def begin(
        self, headers: programs.Headers, body: bytes, ip: str | None
    ) -> tuple[asyncio.Future[SendAnswer], bool] | None:
        """Queue a request that is complete; return its answer to come and whether it is atomic.

        None where the key is not in memory: then `wait`. Raises what can be refused at once.
        """
        asked = _asked(headers)
        facts = admit_known(self.ring, asked.authorization, scope=Scope.SEND, ip=ip)
        if facts is None:
            return None
        _check(asked)
        request = _request(asked, body, facts)
        return self.pump.enqueue(request), request.atomic


def accepted(answer: SendAnswer, texts: Texts, *, atomic: bool) -> programs.Answer:
    """Return the answer to what the pump accepted; raises what refused an atomic request."""
    if atomic and answer.refused:
        raise answer.refused[0]
    return 202, _REPLAYED if answer.replayed else _JSON, answers.written(answer, texts)


def _asked(headers: programs.Headers) -> _Asked:
    found: list[bytes | None] = [None, None, None, None]
    for name, value in headers:
        place = _NAMES.get(name)
        if place is not None:
            found[place] = value
    return _Asked(*found)


def _check(asked: _Asked) -> None:
    media_type, length = asked.media_type, asked.length
    if media_type is not None and media_type[:16].lower() != b"application/json":
        raise MediaTypeWrong
    if length is not None and int(length) > MOST_BYTES:
        raise BodyTooLarge(most=MOST_BYTES)


async def _body(receive: programs.Receive) -> bytes:
    try:
        return await programs.read_body(receive, MOST_BYTES)
    except programs.BodyTooLargeError:
        raise BodyTooLarge(most=MOST_BYTES) from None


def _request(asked: _Asked, body: bytes, facts: KeyFacts) -> SendRequest:
    request = read_request(body, facts)
    if asked.idempotency_key is not None:
        _identify(request, asked.idempotency_key, body)
    return request


def _identify(request: SendRequest, key: bytes, body: bytes) -> None:
    if len(key) > LONGEST_KEY or not _VISIBLE.fullmatch(key):
        raise IdempotencyKeyMalformed(most=LONGEST_KEY)
    request.idempotency_key = key.decode("ascii")
    request.request_hash = hashlib.sha256(body).hexdigest()


def read_request(body: bytes, facts: KeyFacts) -> SendRequest:
    """Return the request that the body makes; refusals say which field is wrong.

    Neighbours of the same template and signature share a group, so that order is kept.
    """
    try:
        new = _one.decode(body)
    except msgspec.MsgspecError as error:
        if not _NAMES_SEVERAL.search(body):
            raise _complaint(error) from None
    except UnicodeDecodeError:
        raise BodyUnreadable from None
    else:
        recipient = Recipient(new.to, tuple(new.values), new.reference)
        group = SendGroup(new.template, new.signature, [recipient])
        return SendRequest(facts.account_id, facts.lane, [group], atomic=True)
    try:
        several = _several.decode(body).messages
    except msgspec.MsgspecError as error:
        raise _complaint(error) from None
    except UnicodeDecodeError:
        raise BodyUnreadable from None
    groups: list[SendGroup] = []
    template = signature = None
    for new in several:
        if not groups or new.template != template or new.signature != signature:
            template, signature = new.template, new.signature
            recipients: list[Recipient] = []
            groups.append(SendGroup(template, signature, recipients))
        recipients.append(Recipient(new.to, tuple(new.values), new.reference))
    return SendRequest(facts.account_id, facts.lane, groups, atomic=False)


def _complaint(error: msgspec.MsgspecError) -> Refusal:
    """Return what the decoder found wrong, as a refusal that can be said in any language."""
    found = _COMPLAINT.fullmatch(str(error))
    if not isinstance(error, msgspec.ValidationError) or found is None:
        return BodyUnreadable()
    if found["field"] is None:
        return FieldWrong(path=found["place"] or "$", expected=found["expected"])
    field, path = found["field"][:_LONGEST_SHOWN], found["path"] or "$"
    return (
        FieldUnknown(field=field, path=path)
        if found["unknown"]
        else FieldMissing(field=field, path=path)
    )
