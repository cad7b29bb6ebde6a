"""The bodies of `/v1` as types: what is read is checked against them, what is documented is them.

Descriptions here are the ones in `/v1/openapi.json`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from umcloud.domains.messaging.model import RECIPIENTS_MOST
from umcloud.doors.api.errors import Problem

_LONGEST_REFERENCE = 32

# Lengths are documented, not enforced here: one long number must not refuse a whole batch, and
# screening says better what is wrong.
To = Annotated[
    str,
    Meta(
        description="Whom it goes to: a bare mainland mobile, +cc…, (cc)number or (00cc)number.",
        examples=["13800138000", "+85261234567"],
    ),
]
TemplateCode = Annotated[
    str, Meta(description="The id of one of your approved templates.", examples=["UTA260302ABCDEF"])
]
Values = Annotated[
    list[str],
    Meta(description="One value a variable of the template, in order.", examples=[["123456"]]),
]
SignatureText = Annotated[
    str,
    Meta(description="One of your approved signatures, without brackets; left out: the default."),
]
Reference = Annotated[
    str,
    Meta(
        description="Your own reference; comes back in records and receipts.",
        extra_json_schema={"maxLength": _LONGEST_REFERENCE},
    ),
]


class NewMessage(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One message to one number."""

    to: To
    template: TemplateCode
    values: Values = []
    signature: SignatureText | None = None
    reference: Reference | None = None


class NewMessages(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Several messages, each accepted or refused by itself, in order."""

    messages: Annotated[
        list[NewMessage], Meta(extra_json_schema={"minItems": 1, "maxItems": RECIPIENTS_MOST})
    ]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one message: an id, or why not."""

    id: Annotated[str, Meta(description="The message's id, where it was accepted.")] | None = None
    segments: Annotated[int, Meta(description="Billed parts.")] | None = None
    refusal: Problem | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The request is durable: what is accepted here is charged and will be sent."""

    session: Annotated[str, Meta(description="The id of this request's messages together.")]
    messages: Annotated[list[Outcome], Meta(description="In the order of the request.")]


class Charge(msgspec.Struct, frozen=True):
    """What a message cost."""

    amount: Annotated[str, Meta(description="A decimal; of packages, a number of messages.")]
    currency: Annotated[str, Meta(examples=["CNY"])]


class MessageRecord(msgspec.Struct, frozen=True):
    """A message and what has become of it."""

    id: str
    session: str
    to: str
    message_class: Annotated[str, Meta(description="otp, notice or marketing.")] = msgspec.field(
        name="class"
    )
    status: Annotated[
        str,
        Meta(
            description="accepted, submitted, delivered, failed, rejected (money back) or unknown."
        ),
    ]
    code: Annotated[str, Meta(description="The carrier's code; empty while there is none.")]
    segments: int
    reference: str | None
    accepted_at: Annotated[str, Meta(description="RFC 3339, UTC.")]
    ended_at: str | None
    charge: Charge | None


class MessagePage(msgspec.Struct, frozen=True):
    """Messages, newest first."""

    messages: list[MessageRecord]
    next: Annotated[str, Meta(description="Hand it on as `before`.")] | None


class InboundRecord(msgspec.Struct, frozen=True):
    """What a handset wrote back."""

    id: str
    sender: Annotated[str, Meta(description="The handset's number.", examples=["+8613800138000"])]
    to: Annotated[str, Meta(description="The number it wrote to.", examples=["10690000"])]
    extend_code: Annotated[str, Meta(description="Digits behind that number; mostly empty.")]
    text: Annotated[str, Meta(description="The text; … stands for a part that never came.")]
    received_at: Annotated[str, Meta(description="RFC 3339, UTC.")]
    message: Annotated[str, Meta(description="The id of the message that it answers.")] | None
    reference: Annotated[str, Meta(description="Your reference of that message.")] | None


class InboundPage(msgspec.Struct, frozen=True):
    """What handsets wrote back, newest first."""

    inbound: list[InboundRecord]
    next: Annotated[str, Meta(description="Hand it on as `before`.")] | None


class PackageBalance(msgspec.Struct, frozen=True):
    """What is left of a package."""

    unit: Annotated[str, Meta(description="Which messages it pays for.")]
    remaining: int
    granted: int
    expires_at: str | None


class BalanceAnswer(msgspec.Struct, frozen=True):
    """The account's money, in yuan as decimal strings, and its packages."""

    currency: str
    posted: Annotated[str, Meta(description="In the books.")]
    held: Annotated[str, Meta(description="Of it, set aside.")]
    credit_limit: str
    available: Annotated[str, Meta(description="posted - held + credit_limit.")]
    packages: list[PackageBalance]


class TemplateRecord(msgspec.Struct, frozen=True):
    """A template of the account."""

    id: str
    name: str
    template_class: str = msgspec.field(name="class")
    content: str
    variables: int
    international: bool
    status: Annotated[str, Meta(description="waiting, in_review, approved, rejected or disabled.")]
    reason: Annotated[str, Meta(description="Why it was rejected or disabled.")]


class TemplatePage(msgspec.Struct, frozen=True):
    """Templates, newest first."""

    templates: list[TemplateRecord]
    next: str | None


class SignatureRecord(msgspec.Struct, frozen=True):
    """A signature of the account."""

    id: str
    text: str
    international: bool
    default: bool
    status: Annotated[str, Meta(description="waiting, in_review, approved, rejected or disabled.")]
    reason: Annotated[str, Meta(description="Why it was rejected or disabled.")]


class SignaturePage(msgspec.Struct, frozen=True):
    """Signatures, newest first."""

    signatures: list[SignatureRecord]
    next: str | None
