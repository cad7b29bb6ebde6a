"""`POST /payments/notify/{channel}`: verify, settle in one transaction, answer as channels expect.

The answer is the bare text `success` once the notice needs no repeating, else `failure`; a channel
repeats until it reads the former. Nothing of the notice reaches a log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from umcloud.domains.payments import service
from umcloud.domains.payments.ports import PaymentChannel
from umcloud.doors.kit.programs import log_fault
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.kernel.act import SYSTEM, Act, Door
from umcloud.kernel.ids import uuid7
from umcloud.kernel.refusals import Kind, Refusal

log = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024
_MAX_FIELDS = 100
_STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 403,
}


def notify_route(database: Database, channels: Mapping[str, PaymentChannel], *, now: Now) -> Route:
    """Return the route for the channels that are switched on, by their names."""

    async def notify(request: Request) -> Response:
        channel = channels.get(request.path_params["channel"])
        if channel is None:
            return _failure(404)
        fields = _fields(await _body(request))
        if fields is None:
            return _failure(400)
        try:
            notice = channel.verify_notify(fields)
            moment = now()
            act = Act(
                SYSTEM,
                moment,
                Door.API,
                uuid7(moment),
                ip=request.client.host if request.client else None,
            )
            async with database.transaction() as tx:
                settlement = await service.settle(tx, act, notice)
        except Refusal as refusal:
            log.warning("notice of %s refused: %s", channel.name, refusal)
            return _failure(_STATUS.get(refusal.kind, 409))
        except Exception as error:  # noqa: BLE001 - the channel is answered whatever happened
            log_fault(f"payments of {channel.name}", error)
            return _failure(500)
        if not settlement.taken:
            log.error("notice of %s not taken: %s", channel.name, settlement.outcome.value)
            return _failure(409)
        return PlainTextResponse("success")

    return Route("/payments/notify/{channel}", notify, methods=["POST"])


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            return None
    return bytes(body)


def _fields(body: bytes | None) -> dict[str, str] | None:
    """Return the form's fields; None where it is too big, no UTF-8, or names a field twice."""
    if body is None:
        return None
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def _failure(status: int) -> Response:
    return PlainTextResponse("failure", status_code=status)
