"""`TaskContent`: base64 of a JSON array, one item a template and signature (section 6.2)."""

from __future__ import annotations

import base64
import binascii

import msgspec

from umcloud.wire.uapi.errors import TaskContentUnreadable, TooManyTargets

MOST_TARGETS = 200


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One number of a batch, with its own values. Field names are the wire's."""

    Phone: str
    TemplateParams: list[str] = []
    ExtendCode: str = ""
    UserId: str = ""


class BatchItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template and signature of a batch with its numbers."""

    TemplateId: str
    SigContent: str
    Target: list[Target]


_decoder = msgspec.json.Decoder(list[BatchItem])


def read_task_content(text: str) -> list[BatchItem]:
    """Return the items of a batch; `TaskContentUnreadable` or `TooManyTargets` where refused."""
    try:
        items = _decoder.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise TaskContentUnreadable from error
    count = sum(len(item.Target) for item in items)
    if not count:
        raise TaskContentUnreadable
    if count > MOST_TARGETS:
        raise TooManyTargets(count=count, limit=MOST_TARGETS)
    return items


def write_task_content(items: list[BatchItem]) -> str:
    """Return the parameter for these items, as a client sends it."""
    return base64.b64encode(msgspec.json.encode(items)).decode()
