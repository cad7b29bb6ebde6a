"""Bodies of calls: UMCloud's native push and our signed envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from umcloud.domains.callbacks.model import Delivery, Kind, Topic
from umcloud.domains.inbound.model import InboundMessage
from umcloud.domains.messaging.finals import Report
from umcloud.domains.messaging.model import session_of
from umcloud.kernel.ids import show
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import parse_destination

RECEIPTS = 2
"""`MsgType` of a receipt push (spec 7)."""
REPLIES = 0
"""`MsgType` of an MO push (spec 7)."""

_RESULT: Final[Mapping[Kind, str]] = {
    Kind.DELIVERED: "发送成功",
    Kind.FAILED: "发送失败",
    Kind.REJECTED: "发送失败",
    Kind.UNKNOWN: "状态未知",
}
_DESCRIPTION: Final[Mapping[Kind, str]] = {
    Kind.DELIVERED: "用户接收成功",
    Kind.FAILED: "运营商回执：未送达",
    Kind.REJECTED: "运营商未受理，费用已退回",
    Kind.UNKNOWN: "未收到运营商回执",
}


def native(reports: Sequence[Report]) -> bytes:
    """Return the native receipt push (spec 7): `{"MsgType": 2, "Data": [...]}`.

    `ReceiptTime` is in whole seconds since 1970, `CostCount` in billed segments; `UserId` is there
    where the customer gave a reference.
    """
    return msgspec.json.encode({"MsgType": RECEIPTS, "Data": [_native_item(r) for r in reports]})


def _native_item(report: Report) -> dict[str, object]:
    kind = Kind(report.state)
    item: dict[str, object] = {
        "SessionNo": str(session_of(report.id)),
        "Phone": _native_number(report.destination),
        "CostCount": report.segments,
        "ReceiptTime": int(report.at.timestamp()),
        "ReceiptResult": _RESULT[kind],
        "ReceiptCode": report.code,
        "ReceiptDesc": _DESCRIPTION[kind],
    }
    if report.client_ref is not None:
        item["UserId"] = report.client_ref
    return item


def native_replies(replies: Sequence[InboundMessage]) -> bytes:
    """Return the native MO push (spec 7): `{"MsgType": 0, "Data": [...]}`.

    `ReplyTime` is in whole seconds since 1970; `ExtendCode` and `UserId` are there where there are
    any (R-MO-01).
    """
    return msgspec.json.encode({"MsgType": REPLIES, "Data": [_native_reply(r) for r in replies]})


def _native_reply(reply: InboundMessage) -> dict[str, object]:
    item: dict[str, object] = {
        "Phone": _native_number(reply.source),
        "ReplyContent": reply.text,
        "ReplyTime": int(reply.at.timestamp()),
    }
    if reply.extend_code:
        item["ExtendCode"] = reply.extend_code
    if reply.client_ref is not None:
        item["UserId"] = reply.client_ref
    return item


def _native_number(digits: str) -> str:
    try:
        return parse_destination(f"+{digits}").text
    except Refusal:
        return digits  # the numbering plan moved on since; the digits are true anyway


def signed(delivery: Delivery, reports: Sequence[Report]) -> bytes:
    """Return the envelope: `id`, `type`, `time` (when it was queued, UTC) and `data`.

    A receiver that has seen the `id` has seen the delivery, for a try may be repeated.
    """
    return _envelope(delivery, [_item(report) for report in reports])


def signed_replies(delivery: Delivery, replies: Sequence[InboundMessage]) -> bytes:
    """Return the same envelope with what handsets wrote back."""
    return _envelope(delivery, [_reply(reply) for reply in replies])


_TYPES: Final[Mapping[Topic, str]] = {
    Topic.RECEIPTS: "message.ended",
    Topic.REPLIES: "reply.received",
    Topic.PING: "ping",
}


def _envelope(delivery: Delivery, data: list[dict[str, object]]) -> bytes:
    return msgspec.json.encode(
        {
            "id": show("dlv", delivery.id),
            "type": _TYPES[delivery.topic],
            "time": _moment(delivery.created_at),
            "data": data,
        }
    )


def _reply(reply: InboundMessage) -> dict[str, object]:
    return {
        "inbound": show("inb", reply.id),
        "sender": f"+{reply.source}" if reply.source.isdigit() else reply.source,
        "to": reply.destination,
        "extend_code": reply.extend_code,
        "text": reply.text,
        "received_at": _moment(reply.at),
        "message": show("msg", reply.message_id) if reply.message_id else None,
        "client_ref": reply.client_ref,
    }


def _item(report: Report) -> dict[str, object]:
    return {
        "message": show("msg", report.id),
        "session": show("ses", session_of(report.id)),
        "destination": f"+{report.destination}",
        "status": report.state,
        "code": report.code,
        "segments": report.segments,
        "ended_at": _moment(report.at),
        "client_ref": report.client_ref,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
