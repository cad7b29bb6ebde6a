"""What callbacks bring: both forms as they are sent, and a signature to test a receiver with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from docs.writing.markdown import code, fence, json_block, page, said, table
from umcloud.domains.callbacks import dispatcher, payloads, rules
from umcloud.domains.callbacks.model import Delivery, DeliveryState, Kind, Topic
from umcloud.domains.inbound.model import InboundId, InboundMessage
from umcloud.domains.messaging.finals import Report
from umcloud.kernel.ids import AccountId, DeliveryId, EndpointId, MessageId

_ENDS_HEADS: Final = {
    "zh_CN": ("`status`", "`ReceiptResult`", "`ReceiptDesc`"),
    "en": ("`status`", "`ReceiptResult`", "`ReceiptDesc`"),
}
_LIMIT_HEADS: Final = {"zh_CN": ("项目", "值"), "en": ("what", "value")}
_LIMIT_NAMES: Final = {
    "zh_CN": ("一次最多几条", "答复须在", "答复最长", "网址最长", "每个账户最多地址", "重试间隔"),
    "en": (
        "ends of messages in one call, at most",
        "answer within",
        "answer up to",
        "URL up to",
        "endpoints of an account, at most",
        "pauses before each further try",
    ),
}
SECRET: Final = "whsec_of_this_page"  # noqa: S105 - an example that opens nothing
AT: Final = datetime(2026, 3, 2, 4, 0, 5, 250_000, tzinfo=UTC)
_SESSION: Final = 0x019CAD1234567ABC8DEF012345670000


def report(kind: Kind = Kind.DELIVERED) -> Report:
    """Return the end of a message that the examples are about."""
    code_ = {Kind.DELIVERED: "DELIVRD"}.get(kind, "UNDELIV")
    return Report(str(UUID(int=_SESSION + 1)), "8613800138000", "order-1", 1, kind.value, code_, AT)


def reply() -> InboundMessage:
    """Return what the same handset wrote back."""
    return InboundMessage(
        InboundId(UUID(int=_SESSION + 7)),
        AccountId(UUID(int=0)),
        line=1,
        source="8613800138000",
        destination="10690001",
        extend_code="",
        text="收到，谢谢",
        parts=1,
        missing=0,
        message_id=MessageId(UUID(int=_SESSION + 1)),
        client_ref="order-1",
        at=AT,
    )


def delivery(topic: Topic) -> Delivery:
    """Return the delivery that the examples are."""
    return Delivery(
        DeliveryId(UUID(int=_SESSION + 15)),
        EndpointId(UUID(int=0)),
        AccountId(UUID(int=0)),
        topic,
        size=0 if topic is Topic.PING else 1,
        state=DeliveryState.PENDING,
        tries=0,
        attempts=0,
        next_at=AT,
        last_status=None,
        last_error=None,
        created_at=AT,
        ended_at=None,
    )


def write(locale: str) -> str:
    """Return the page."""
    body = payloads.signed(delivery(Topic.RECEIPTS), [report()])
    header = f"{rules.SIGNATURE_HEADER}: {rules.signature(SECRET, body, AT)}"
    return page(
        said("callbacks.title", locale),
        locale,
        said("callbacks.lead", locale),
        said("callbacks.ends", locale),
        _ends(locale),
        said("callbacks.native", locale),
        json_block(json.loads(payloads.native([report()]))),
        said("callbacks.signed", locale),
        json_block(json.loads(body)),
        said("callbacks.header", locale).format(secret=SECRET, at=f"{AT:%Y-%m-%dT%H:%M:%SZ}"),
        fence("text", header),
        said("callbacks.replies", locale),
        json_block(json.loads(payloads.native_replies([reply()]))),
        said("callbacks.replies_signed", locale),
        json_block(json.loads(payloads.signed_replies(delivery(Topic.REPLIES), [reply()]))),
        said("callbacks.ping", locale),
        json_block(json.loads(payloads.signed(delivery(Topic.PING), []))),
        said("callbacks.limits", locale),
        _limits(locale),
    )


def _ends(locale: str) -> str:
    rows = []
    for kind in Kind:
        item = json.loads(payloads.native([report(kind)]))["Data"][0]
        rows.append((code(kind.value), item["ReceiptResult"], item["ReceiptDesc"]))
    return table(_ENDS_HEADS[locale], rows)


def _limits(locale: str) -> str:
    values = (
        str(rules.BATCH),
        f"{dispatcher.TIMEOUT:g} s",
        f"{rules.ANSWER_LONGEST} B",
        str(rules.URL_LONGEST),
        str(rules.ENDPOINTS_MOST),
        ", ".join(map(_pause, rules.PAUSES)),
    )
    return table(_LIMIT_HEADS[locale], zip(_LIMIT_NAMES[locale], values, strict=True))


def _pause(pause: timedelta) -> str:
    minutes, seconds = divmod(int(pause.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes)]
    return " ".join(filter(None, [*parts, f"{seconds} s" * bool(seconds)]))
