"""The rest of `/v1`: records, balance, templates, signatures. Plain Starlette; never hot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from umcloud.domains.accounts.model import KeyFacts, Scope
from umcloud.domains.inbound import queries as inbound
from umcloud.domains.inbound.model import InboundId, InboundMessage
from umcloud.domains.ledger import queries as ledger
from umcloud.domains.ledger.model import CNY
from umcloud.domains.messaging import queries as messages
from umcloud.domains.messaging.errors import MessageUnknown
from umcloud.domains.messaging.model import MessageView, session_of
from umcloud.domains.resources.signatures import queries as signatures
from umcloud.domains.resources.signatures.model import Signature
from umcloud.domains.resources.templates import queries as templates
from umcloud.domains.resources.templates.model import Template
from umcloud.doors.api import shapes
from umcloud.doors.api.admitting import admit
from umcloud.doors.api.errors import ParameterWrong
from umcloud.doors.kit.keyring import KeyRing
from umcloud.doors.kit.programs import caller_ip
from umcloud.infra.clock import Now
from umcloud.infra.db import Database
from umcloud.kernel.ids import MessageId, SessionId, SignatureId, TemplateId, read, show
from umcloud.kernel.money import Money

_MOST = 100
_USUAL = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading endpoints over what they need."""

    ring: KeyRing
    database: Database
    now: Now

    async def _admitted(self, request: Request, parameters: Collection[str] = ()) -> KeyFacts:
        for name in request.query_params:
            if name not in parameters or len(request.query_params.getlist(name)) > 1:
                raise ParameterWrong(parameter=name[:60])
        authorization = request.headers.get("authorization", "").encode("latin-1")
        ip = caller_ip(request.scope)
        return await admit(self.ring, authorization, scope=Scope.READ, ip=ip)

    async def message(self, request: Request) -> Response:
        """`GET /messages/{id}`."""
        key = await self._admitted(request)
        try:
            message_id = MessageId(read("msg", request.path_params["id"]))
        except ValueError:
            raise MessageUnknown from None
        async with self.database.transaction() as tx:
            view = await messages.message(tx, key.account_id, message_id)
        if view is None:
            raise MessageUnknown
        return _json(_record(view))

    async def messages(self, request: Request) -> Response:
        """`GET /messages?session=` or `?before=&limit=`."""
        key = await self._admitted(request, ("session", "before", "limit"))
        if "session" in request.query_params:
            if len(request.query_params) > 1:
                raise ParameterWrong(parameter="session")
            return await self._session(request, key)
        limit = _limit(request)
        before = _id_given(request, "msg")
        wanted = messages.SearchFilter(account_id=key.account_id)
        async with self.database.transaction() as tx:
            found = await messages.search(tx, wanted, before=before, limit=limit + 1)
        return _json(
            shapes.MessagePage(
                [_record(view) for view in found[:limit]],
                show("msg", found[limit - 1].id) if len(found) > limit else None,
            )
        )

    async def _session(self, request: Request, key: KeyFacts) -> Response:
        try:
            session_id = SessionId(read("ses", request.query_params["session"]))
        except ValueError:
            raise MessageUnknown from None
        async with self.database.transaction() as tx:
            found = await messages.session(tx, key.account_id, session_id)
        if not found:
            raise MessageUnknown
        return _json(shapes.MessagePage([_record(view) for view in found], None))

    async def inbound(self, request: Request) -> Response:
        """`GET /inbound?before=&limit=`."""
        key = await self._admitted(request, ("before", "limit"))
        limit, before = _limit(request), _id_given(request, "inb")
        async with self.database.transaction() as tx:
            found = await inbound.search(
                tx,
                key.account_id,
                before=InboundId(before) if before else None,
                limit=limit + 1,
            )
        following = show("inb", found[limit - 1].id) if len(found) > limit else None
        return _json(shapes.InboundPage([_reply(one) for one in found[:limit]], following))

    async def balance(self, request: Request) -> Response:
        """`GET /balance`."""
        key = await self._admitted(request)
        async with self.database.transaction() as tx:
            money = await ledger.balance(tx, key.account_id)
            units = await ledger.units(tx, key.account_id, self.now())
        return _json(
            shapes.BalanceAnswer(
                currency=CNY,
                posted=Money(money.posted).plain(),
                held=Money(money.held).plain(),
                credit_limit=Money(money.credit_limit).plain(),
                available=Money(money.available).plain(),
                packages=[
                    shapes.PackageBalance(
                        one.currency, one.remaining, one.granted, _moment(one.expires_at)
                    )
                    for one in units
                ],
            )
        )

    async def templates(self, request: Request) -> Response:
        """`GET /templates?before=&limit=`."""
        key = await self._admitted(request, ("before", "limit"))
        limit, before = _limit(request), _id_given(request, "tpl")
        async with self.database.transaction() as tx:
            page = await templates.search(
                tx,
                account_id=key.account_id,
                before=TemplateId(before) if before else None,
                limit=limit,
            )
        following = show("tpl", page.next_before) if page.next_before else None
        return _json(shapes.TemplatePage([_template(one) for one in page.items], following))

    async def signatures(self, request: Request) -> Response:
        """`GET /signatures?before=&limit=`."""
        key = await self._admitted(request, ("before", "limit"))
        limit, before = _limit(request), _id_given(request, "sig")
        async with self.database.transaction() as tx:
            page = await signatures.search(
                tx,
                account_id=key.account_id,
                before=SignatureId(before) if before else None,
                limit=limit,
            )
        following = show("sig", page.next_before) if page.next_before else None
        return _json(shapes.SignaturePage([_signature(one) for one in page.items], following))


def _json(body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST):
        raise ParameterWrong(parameter="limit")
    return int(text)


def _id_given(request: Request, prefix: str) -> UUID | None:
    text = request.query_params.get("before")
    if text is None:
        return None
    try:
        return read(prefix, text)
    except ValueError:
        raise ParameterWrong(parameter="before") from None


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _record(view: MessageView) -> shapes.MessageRecord:
    charge = None
    if view.charge_amount is not None and view.charge_currency is not None:
        money = view.charge_currency == CNY
        amount = Money(view.charge_amount).plain() if money else str(view.charge_amount)
        charge = shapes.Charge(amount, view.charge_currency)
    return shapes.MessageRecord(
        id=show("msg", view.id),
        session=show("ses", session_of(view.id)),
        to=f"+{view.destination.removeprefix('+')}",
        message_class=view.cls,
        status=view.status.value,
        code=view.code,
        segments=view.segments,
        reference=view.client_ref,
        accepted_at=_moment(view.accepted_at) or "",
        ended_at=_moment(view.ended_at),
        charge=charge,
    )


def _reply(one: InboundMessage) -> shapes.InboundRecord:
    return shapes.InboundRecord(
        id=show("inb", one.id),
        sender=f"+{one.source}" if one.source.isdigit() else one.source,
        to=one.destination,
        extend_code=one.extend_code,
        text=one.text,
        received_at=_moment(one.at) or "",
        message=show("msg", one.message_id) if one.message_id else None,
        reference=one.client_ref,
    )


def _template(one: Template) -> shapes.TemplateRecord:
    return shapes.TemplateRecord(
        id=one.public_id,
        name=one.name,
        template_class=one.cls.value,
        content=one.sent_content,
        variables=one.variable_count,
        international=one.international,
        status=one.state.name.lower(),
        reason=one.reason,
    )


def _signature(one: Signature) -> shapes.SignatureRecord:
    return shapes.SignatureRecord(
        id=one.public_id,
        text=one.text,
        international=one.international,
        default=one.is_default,
        status=one.state.name.lower(),
        reason=one.reason,
    )
