"""The response envelope: RetCode, Action, Message, ReqUuid and the action's own fields (1.3)."""

from __future__ import annotations

from typing import Any

import msgspec

OK = 0

_encode = msgspec.json.Encoder().encode


def answer(
    action: str, request_id: str, *, code: int = OK, message: str = "", **fields: Any
) -> bytes:
    """Return the body of an answer. `code` 0 is success; `fields` keep the wire's names.

    `RetCode` is always an int and `Action` always text: the vendor's SDK breaks on null.
    """
    return _encode(
        {
            "RetCode": code,
            "Action": f"{action}Response",
            "Message": message,
            "ReqUuid": request_id,
            **fields,
        }
    )
