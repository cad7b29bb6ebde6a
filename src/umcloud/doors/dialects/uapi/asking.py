"""GetUSMSSendReceipt (section 6.3) and GetBalance (section 10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from umcloud.domains.accounts.model import Scope
from umcloud.domains.ledger import queries as ledger
from umcloud.domains.ledger.model import BucketKind
from umcloud.domains.messaging import queries as messages
from umcloud.domains.messaging.model import MessageView, Status
from umcloud.doors.dialects.uapi.calls import Action, Call, Outcome
from umcloud.doors.dialects.uapi.errors import (
    ParameterMalformed,
    ParameterMissing,
    TooManySessions,
)
from umcloud.kernel.ids import SessionId
from umcloud.kernel.money import Money
from umcloud.wire.phones import NumberMalformed, parse_destination

SESSIONS_MOST = 100

#: By language: what ReceiptResult says. `Unknow` is the dialect's spelling.
_RESULTS = {
    "zh_CN": {
        Status.DELIVERED: "发送成功",
        Status.FAILED: "发送失败",
        Status.REJECTED: "发送失败",
        Status.UNKNOWN: "状态未知",
    },
    "en": {
        Status.DELIVERED: "Success",
        Status.FAILED: "Fail",
        Status.REJECTED: "Fail",
        Status.UNKNOWN: "Unknow",
    },
}
_SUCCESS_CODE = "0"


async def receipts(call: Call) -> Outcome:
    """Return the receipts of up to 100 sessions; messages still on their way have none yet.

    A session that the account does not have gets an empty ReceiptSet, like one without receipts.
    """
    texts = call.list("SessionNoSet")
    if not texts:
        raise ParameterMissing(parameter="SessionNoSet.0")
    if len(texts) > SESSIONS_MOST:
        raise TooManySessions(given=len(texts), limit=SESSIONS_MOST)
    data: list[dict[str, Any]] = []
    async with call.database.transaction() as tx:
        for text in texts:
            found = await messages.session(tx, call.account_id, _session_id(text))
            told = [_receipt(call, view) for view in found if view.ended_at is not None]
            data.append({"SessionNo": text, "ReceiptSet": told})
    return Outcome({"Data": data})


def _session_id(text: str) -> SessionId:
    try:
        return SessionId(UUID(text))
    except ValueError:
        raise ParameterMalformed(parameter="SessionNoSet") from None


def _receipt(call: Call, view: MessageView) -> dict[str, Any]:
    delivered = view.status is Status.DELIVERED
    return {
        "Phone": _phone(view.destination),
        # What the carrier refused was paid back.
        "CostCount": 0 if view.status is Status.REJECTED else view.segments,
        "ReceiptResult": _RESULTS[call.texts.locale].get(view.status, ""),
        "ReceiptCode": _SUCCESS_CODE if delivered else view.code,
        "ReceiptDesc": call.texts.ui(f"uapi.receipt.{view.status.value}"),
        "ReceiptTime": int(view.ended_at.timestamp()) if view.ended_at else 0,
        "UserId": view.client_ref or "",
    }


def _phone(destination: str) -> str:
    try:
        return parse_destination(f"+{destination.removeprefix('+')}").text
    except NumberMalformed:
        return destination


async def balance(call: Call) -> Outcome:
    """Return the account's money as decimal strings, under AccountInfo as the SDK reads it."""
    async with call.database.transaction() as tx:
        held = await ledger.balance(tx, call.account_id)
    info = {
        "Amount": held.posted,
        "AmountAvailable": held.available,
        "AmountFree": held.by_kind.get(BucketKind.GIFT, 0),
        "AmountFreeze": held.held,
        "AmountCredit": held.credit_limit,
    }
    return Outcome({"AccountInfo": {name: Money(micros).plain() for name, micros in info.items()}})


ACTIONS = {
    "GetUSMSSendReceipt": Action(Scope.READ, frozenset({"SessionNoSet"}), receipts),
    "GetBalance": Action(Scope.READ, frozenset(), balance),
}
