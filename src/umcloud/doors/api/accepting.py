"""`POST /v1/messages`, the hot endpoint: raw ASGI, typed decoding, no database of its own.

What a request costs here is measured in tests/doors/api; every line on the way runs for every
message that anybody sends.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from umcloud.domains.accounts.model import KeyFacts, Scope
from umcloud.domains.messaging.model import Recipient, SendGroup, SendRequest
from umcloud.doors.api import answers
from umcloud.doors.api.admitting import admit
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
        authorization = idempotency_key = media_type = length = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"content-type":
                media_type = value
            elif name == b"content-length":
                length = value
            elif name == b"idempotency-key":
                idempotency_key = value
        ip = programs.caller_ip(scope)
        facts = await admit(self.ring, authorization, scope=Scope.SEND, ip=ip)
        body = await _body(media_type, length, receive)
        request = read_request(body, facts)
        if idempotency_key is not None:
            _identify(request, idempotency_key, body)
        answer = await self.pump.submit(request)
        if request.atomic and answer.refused:
            raise answer.refused[0]
        written = answers.written(answer, texts)
        await programs.answer(send, 202, _REPLAYED if answer.replayed else _JSON, written)


async def _body(media_type: bytes | None, length: bytes | None, receive: programs.Receive) -> bytes:
    if media_type is not None and media_type[:16].lower() != b"application/json":
        raise MediaTypeWrong
    if length is not None and int(length) > MOST_BYTES:
        raise BodyTooLarge(most=MOST_BYTES)
    try:
        return await programs.read_body(receive, MOST_BYTES)
    except programs.BodyTooLargeError:
        raise BodyTooLarge(most=MOST_BYTES) from None


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
