"""`/v1/openapi.json`: OpenAPI 3.1, made from the types that read and write the bodies."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from umcloud import __version__
from umcloud.doors.api import shapes
from umcloud.doors.api.accepting import LONGEST_KEY, MOST_BYTES
from umcloud.doors.api.errors import Problem

_REF = "#/components/schemas/{name}"
_BODIES = (
    shapes.NewMessage,
    shapes.NewMessages,
    shapes.Accepted,
    shapes.MessageRecord,
    shapes.MessagePage,
    shapes.InboundPage,
    shapes.BalanceAnswer,
    shapes.TemplatePage,
    shapes.SignaturePage,
    Problem,
)
ONE_EXAMPLE = {"to": "13800138000", "template": "UTA260302ABCDEF", "values": ["123456"]}
SEVERAL_EXAMPLE = {
    "messages": [
        {**ONE_EXAMPLE, "reference": "order-1"},
        {"to": "+85261234567", "template": "UTA260302ABCDEF", "values": ["654321"]},
    ]
}
_MESSAGE_ID = "msg_01jd00000000000000000000f1"
_SESSION_ID = "ses_01jd00000000000000000000f0"
INBOUND_EXAMPLE = {
    "inbound": [
        {
            "id": "inb_01jd00000000000000000000f2",
            "sender": "+8613800138000",
            "to": "10690000",
            "extend_code": "",
            "text": "好的，收到",
            "received_at": "2026-03-02T04:05:06Z",
            "message": _MESSAGE_ID,
            "reference": "order-1",
        }
    ],
    "next": None,
}
_PROBLEMS = {
    400: "The body or a parameter cannot be read.",
    401: "No key, or not one of ours.",
    402: "The balance does not cover it.",
    403: "The key, the account or an approval does not allow it.",
    404: "There is no such thing in this account.",
    405: "This address takes other methods.",
    409: "The idempotency key was used with another body, or the state does not allow it.",
    413: f"More than {MOST_BYTES:,} bytes.",
    415: "The body is not said to be JSON.",
    422: "A field is unknown, missing or wrong; `type` says which rule.",
    429: "Too many requests with this key; see Retry-After.",
    500: "We failed. Repeat with the same Idempotency-Key: it is safe.",
    503: "Busy; see Retry-After. Repeating with the same Idempotency-Key is safe.",
}


@functools.cache
def document() -> bytes:
    """Return the document as JSON."""
    _, components = msgspec.json.schema_components(_BODIES, ref_template=_REF)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "UMCloud",
                "version": __version__,
                "description": "Send messages and ask what became of them. Errors are problems "
                "(RFC 9457): decide by `type`, show `detail`. Unknown fields are refused.",
            },
            "servers": [{"url": "/v1"}],
            "security": [{"key": []}],
            "paths": _paths(),
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "key": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "`<public key>.<private key>` of an API key.",
                    }
                },
            },
        }
    )


def _paths() -> dict[str, Any]:
    page = [_query("before", "The `next` of the page before."), _query("limit", "1–100; 20.")]
    return {
        "/messages": {
            "post": _sending(),
            "get": _getting(
                "listMessages",
                "Messages, newest first, or those of one session.",
                shapes.MessagePage,
                [_query("session", "A session's id; alone.", _SESSION_ID), *page],
                also=(400, 404),
            ),
        },
        "/messages/{id}": {
            "get": _getting(
                "getMessage",
                "One message and what has become of it.",
                shapes.MessageRecord,
                [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "example": _MESSAGE_ID,
                    }
                ],
                also=(400, 404),
            )
        },
        "/inbound": {
            "get": _getting(
                "listInbound",
                "What handsets wrote back, newest first.",
                shapes.InboundPage,
                page,
                example=INBOUND_EXAMPLE,
            )
        },
        "/balance": {"get": _getting("getBalance", "Money and packages.", shapes.BalanceAnswer)},
        "/templates": {
            "get": _getting("listTemplates", "Templates, newest first.", shapes.TemplatePage, page)
        },
        "/signatures": {
            "get": _getting(
                "listSignatures", "Signatures, newest first.", shapes.SignaturePage, page
            )
        },
    }


def _sending() -> dict[str, Any]:
    return {
        "operationId": "sendMessages",
        "summary": "Send one message, or up to 1,000.",
        "description": "202 means durable and charged. A single message that is refused is a "
        "problem; of several, each has its own outcome, in the order of the request.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key with the same bytes answers as the first time did "
                "(header Idempotency-Replayed) and sends nothing again.",
                "schema": {"type": "string", "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [_ref(shapes.NewMessage), _ref(shapes.NewMessages)]},
                    "examples": {
                        "one": {"value": ONE_EXAMPLE},
                        "several": {"value": SEVERAL_EXAMPLE},
                    },
                }
            },
        },
        "responses": {
            "202": {
                "description": "Accepted.",
                "content": {
                    "application/json": {
                        "schema": _ref(shapes.Accepted),
                        "examples": {
                            "one": {
                                "value": {
                                    "session": _SESSION_ID,
                                    "messages": [{"id": _MESSAGE_ID, "segments": 1}],
                                }
                            }
                        },
                    }
                },
            },
            **_problems(tuple(_PROBLEMS.keys() - {404, 405})),
        },
    }


def _getting(
    operation: str,
    summary: str,
    shape: type[msgspec.Struct],
    parameters: list[dict[str, Any]] | None = None,
    *,
    also: tuple[int, ...] = (400,),
    example: dict[str, Any] | None = None,
) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": _ref(shape)}
    if example is not None:
        content["examples"] = {"some": {"value": example}}
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            "200": {
                "description": "Found.",
                "content": {"application/json": content},
            },
            **_problems((401, 403, 429, 500, 503, *also)),
        },
    }


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {
        str(status): {
            "description": _PROBLEMS[status],
            "content": {"application/problem+json": {"schema": _ref(Problem)}},
        }
        for status in sorted(statuses)
    }


def _query(name: str, description: str, example: str | None = None) -> dict[str, Any]:
    shown = {"example": example} if example else {}
    schema: dict[str, Any] = {"type": "string"}
    if name == "limit":
        schema = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    return {"name": name, "in": "query", "description": description, "schema": schema, **shown}


def _ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}
