"""Bodies of calls: UMCloud's native push and our signed envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from umcloud.domains.callbacks.model import Delivery, Kind, Topic
from umcloud.domains.inbound.model import InboundMessage
from umcloud.domains.messaging.finals import Report
from umcloud.domains.messaging.model import SESSION_BITS, SESSION_MASK
from umcloud.kernel.ids import letters, show
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import MAINLAND, parse_destination

RECEIPTS = 2
"""`MsgType` of a receipt push (spec 7)."""
REPLIES = 0
"""`MsgType` of an MO push (spec 7)."""

_ENCODER: Final = msgspec.json.Encoder()


class Told(NamedTuple):
    """How the native push says how a message ended."""

    result: str
    description: str


_TOLD: Final[Mapping[str, Told]] = {
    Kind.DELIVERED.value: Told("发送成功", "用户接收成功"),
    Kind.FAILED.value: Told("发送失败", "运营商回执：未送达"),
    Kind.REJECTED.value: Told("发送失败", "运营商未受理，费用已退回"),
    Kind.UNKNOWN.value: Told("状态未知", "未收到运营商回执"),
}
_MOBILE_DIGITS: Final = 13
_SESSION_HEX: Final = SESSION_BITS // 4


class _NativeItem(Struct, omit_defaults=True, rename="pascal"):
    session_no: str
    phone: str
    cost_count: int
    receipt_time: int
    receipt_result: str
    receipt_code: str
    receipt_desc: str
    user_id: str | None = None


class _NativePush(Struct, rename="pascal"):
    msg_type: int
    data: list[_NativeItem]


def native(reports: Sequence[Report]) -> bytes:
    """Return the native receipt push (spec 7): `{"MsgType": 2, "Data": [...]}`.

    `ReceiptTime` is in whole seconds since 1970, `CostCount` in billed segments; `UserId` is there
    where the customer gave a reference.
    """
    return _ENCODER.encode(_NativePush(RECEIPTS, [_native_item(*report) for report in reports]))


def _native_item(  # noqa: PLR0917 - a report's fields, taken apart in passing
    id_: str,
    destination: str,
    client_ref: str | None,
    segments: int,
    state: str,
    code: str,
    at: datetime,
) -> _NativeItem:
    told = _TOLD[state]
    return _NativeItem(
        id_[:-_SESSION_HEX] + "0" * _SESSION_HEX,
        _native_number(destination),
        segments,
        int(at.timestamp()),
        told.result,
        code,
        told.description,
        client_ref,
    )


def native_replies(replies: Sequence[InboundMessage]) -> bytes:
    """Return the native MO push (spec 7): `{"MsgType": 0, "Data": [...]}`.

    `ReplyTime` is in whole seconds since 1970; `ExtendCode` and `UserId` are there where there are
    any (R-MO-01).
    """
    return _ENCODER.encode({"MsgType": REPLIES, "Data": [_native_reply(r) for r in replies]})


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
    # By far the most are mainland mobiles, which need no look at the numbering plans.
    if len(digits) == _MOBILE_DIGITS and digits[:3] == "861" and "3" <= digits[3] <= "9":
        return digits[len(MAINLAND) :]
    try:
        return parse_destination(f"+{digits}").text
    except Refusal:
        return digits  # the numbering plan moved on since; the digits are true anyway


class _Item(Struct):
    message: str
    session: str
    destination: str
    status: str
    code: str
    segments: int
    ended_at: str
    client_ref: str | None


def signed(delivery: Delivery, reports: Sequence[Report]) -> bytes:
    """Return the envelope: `id`, `type`, `time` (when it was queued, UTC) and `data`.

    A receiver that has seen the `id` has seen the delivery, for a try may be repeated.
    """
    return _envelope(delivery, [_item(*report) for report in reports])


def signed_replies(delivery: Delivery, replies: Sequence[InboundMessage]) -> bytes:
    """Return the same envelope with what handsets wrote back."""
    return _envelope(delivery, [_reply(reply) for reply in replies])


_TYPES: Final[Mapping[Topic, str]] = {
    Topic.RECEIPTS: "message.ended",
    Topic.REPLIES: "reply.received",
    Topic.PING: "ping",
}


def _envelope(delivery: Delivery, data: Sequence[object]) -> bytes:
    return _ENCODER.encode(
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


def _item(  # noqa: PLR0917 - a report's fields, taken apart in passing
    id_: str,
    destination: str,
    client_ref: str | None,
    segments: int,
    state: str,
    code: str,
    at: datetime,
) -> _Item:
    number = int(id_.replace("-", ""), 16)
    return _Item(
        f"msg_{letters(number)}",
        f"ses_{letters(number & ~SESSION_MASK)}",
        f"+{destination}",
        state,
        code,
        segments,
        _moment(at),
        client_ref,
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
