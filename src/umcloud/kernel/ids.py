"""Ids are time-ordered UUIDs (RFC 9562, version 7), one `NewType` a noun, shown with a prefix.

`acc_…` outside, a UUID inside. Ids are made at the edge by an `IdSource` and passed in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import NewType
from uuid import UUID

from umcloud.kernel.moments import from_unix_ms, unix_ms

AccountId = NewType("AccountId", UUID)
MemberId = NewType("MemberId", UUID)
StaffId = NewType("StaffId", UUID)
KeyId = NewType("KeyId", UUID)
SignatureId = NewType("SignatureId", UUID)
TemplateId = NewType("TemplateId", UUID)
SessionId = NewType("SessionId", UUID)
MessageId = NewType("MessageId", UUID)
WalletId = NewType("WalletId", UUID)
BucketId = NewType("BucketId", UUID)
JournalId = NewType("JournalId", UUID)
OrderId = NewType("OrderId", UUID)
PaymentId = NewType("PaymentId", UUID)
PriceId = NewType("PriceId", UUID)
EndpointId = NewType("EndpointId", UUID)
DeliveryId = NewType("DeliveryId", UUID)

PREFIXES: dict[str, str] = {
    "acc": "account",
    "mbr": "member",
    "stf": "staff",
    "key": "API key",
    "sig": "signature",
    "tpl": "template",
    "ses": "send session",
    "msg": "message",
    "wal": "wallet",
    "bkt": "wallet bucket",
    "jrn": "journal",
    "ord": "order",
    "pay": "payment",
    "prc": "price version",
    "lin": "carrier line",
    "end": "callback endpoint",
    "dlv": "callback delivery",
    "inb": "inbound message",
    "opt": "opt-out",
    "rev": "review",
    "cns": "consent",
    "agr": "agreement version",
    "req": "request",
    "doc": "document",
    "ntf": "notification",
    "aud": "audit record",
    "inv": "invitation",
}

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LETTERS = 26
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_TRIPLES = [pair + letter for pair in _PAIRS for letter in _ALPHABET]

IdSource = Callable[[], UUID]


def uuid7(moment: datetime) -> UUID:
    """Return a fresh version-7 UUID whose first 48 bits are the moment's milliseconds."""
    return UUID(int=_shape(unix_ms(moment), secrets.randbits(74)))


def uuid7_row(moment: datetime) -> tuple[str, int]:
    """Return the beginning of a row of fresh version-7 UUIDs: 20 hexadecimal digits and a number.

    The n-th id is the digits, then the number plus n in twelve more; n < 2^47. So a statement can
    make as many as it finds that it needs.
    """
    first = uuid7(moment)
    return first.hex[:20], first.int & ((1 << 47) - 1)


def _shape(milliseconds: int, tail: int) -> int:
    high, low = divmod(tail, 1 << 62)
    return milliseconds << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low


LANES = 256


def lane_of(account_id: UUID) -> int:
    """Return the account's lane, 0…255: the unit of single writer, order and distribution."""
    return hashlib.sha256(account_id.bytes).digest()[0]


def floor_of(moment: datetime) -> UUID:
    """Return the smallest UUID that sorts at or before every id made at this moment or later.

    Used as the bound of a day's partition and to search ids by time.
    """
    return UUID(int=unix_ms(moment) << 80)


def moment_of(identifier: UUID) -> datetime:
    """Return the moment, to the millisecond, at which a version-7 id was made."""
    return from_unix_ms(identifier.int >> 80)


def letters(number: int) -> str:
    """Return a 128-bit number in 26 letters of base 32, zeros in front included.

    Several letters are looked up at once: ids are shown for every message.
    """
    high, low = number >> 60, number & 0xFFF_FFFF_FFFF_FFFF
    three = _TRIPLES
    return (
        f"{_PAIRS[high >> 60]}{three[high >> 45 & 0x7FFF]}{three[high >> 30 & 0x7FFF]}"
        f"{three[high >> 15 & 0x7FFF]}{three[high & 0x7FFF]}{three[low >> 45]}"
        f"{three[low >> 30 & 0x7FFF]}{three[low >> 15 & 0x7FFF]}{three[low & 0x7FFF]}"
    )


def show(prefix: str, identifier: UUID) -> str:
    """Return the public form, e.g. `acc_01jd…`: prefix, underscore, 26 base-32 letters."""
    if prefix not in PREFIXES:
        raise ValueError(f"unknown id prefix: {prefix}")
    return f"{prefix}_{letters(identifier.int)}"


def read(prefix: str, text: str) -> UUID:
    """Return the id shown as `text`; ValueError where it is not one of that prefix."""
    head, _, written = text.partition("_")
    if head != prefix or len(written) != _LETTERS:
        raise ValueError("not an id of this kind")
    number = 0
    for letter in written.lower():
        if letter not in _VALUES:
            raise ValueError("not an id of this kind")
        number = number * 32 + _VALUES[letter]
    if number >> 128:
        raise ValueError("not an id of this kind")
    return UUID(int=number)
