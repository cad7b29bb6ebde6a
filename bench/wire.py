"""What the load generators write on the wire: one place that knows the interface's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATH = "/v1/messages"
TOKEN_LENGTH = 16
#: The last four digits of a number decide its fate; these ends are delivered in the ordinary way.
_ENDS = 9000
_HEADS = 10_000


def token(run: int, number: int) -> bytes:
    """Return 16 characters that no other message of any run has."""
    return b"%04x%012x" % (run, number)


def destination(number: int) -> bytes:
    """Return a mainland mobile whose messages are delivered, another one nearly every time."""
    return b"138%04d%04d" % (number // _ENDS % _HEADS, 1000 + number % _ENDS)


class Shape:
    """One customer's requests, prepared so that a request costs one formatting."""

    def __init__(self, customer: Mapping[str, Any], *, host: str, batch: int, keyed: bool) -> None:
        sample = (b"13800001000", b"0" * TOKEN_LENGTH)
        names = b'{"template":"%b","to":"' % customer["template"].encode()
        names = names.replace(b"%", b"%%")
        self._item = names + b'%b","values":["%b"]}'
        self._single = batch == 1
        body = self._body([sample] * batch)
        self._keyed = keyed
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {customer['bearer']}\r\nContent-Length: {len(body)}\r\n"
        )
        fixed = head.encode().replace(b"%", b"%%")
        self._head = fixed + b"Idempotency-Key: %b\r\n" if keyed else head.encode()
        # A single message is one formatting: its key, where it has one, its number, its token.
        key = b"Idempotency-Key: %04x%012x\r\n" if keyed else b""
        item = names + b'138%04d%04d","values":["%04x%012x"]}'
        self._whole = fixed + key + b"\r\n" + item

    def request(self, run: int, number: int, batch: int) -> bytes:
        """Return the request that carries messages `number` … `number + batch - 1` of the run."""
        if self._single:
            place = (number // _ENDS % _HEADS, 1000 + number % _ENDS, run, number)
            return self._whole % (place[2:] + place if self._keyed else place)
        items = [(destination(n), token(run, n)) for n in range(number, number + batch)]
        head = self._head % items[0][1] if self._keyed else self._head
        return head + b"\r\n" + self._body(items)

    def to(self, number: bytes, unique: bytes) -> bytes:
        """Return the request for one message to a number of the caller's choice."""
        head = self._head % unique if self._keyed else self._head
        return head + b"\r\n" + self._body([(number, unique)])

    def _body(self, items: list[tuple[bytes, bytes]]) -> bytes:
        if self._single:
            return self._item % items[0]
        return b'{"messages":[' + b",".join([self._item % item for item in items]) + b"]}"
