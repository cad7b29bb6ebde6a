"""A request as received: parameters as structures, and the text its signature covers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote

from umcloud.wire.uapi.errors import BodyUnreadable, NameTwice, TooManyParameters
from umcloud.wire.uapi.flattening import Tree, text_of, unflatten
from umcloud.wire.uapi.signing import SIGNATURE, json_string_to_sign, matches, string_to_sign

#: 1,000 numbers and the common parameters leave ample room below it.
MOST_PARAMETERS = 4096


@dataclass(frozen=True, slots=True)
class Received:
    """One request, read but not yet believed."""

    params: dict[str, Tree]
    """Everything but `Signature`; every leaf is text, blank ones included."""
    signed_text: str
    """What the signature covers, without the private key; it depends on the content type."""
    signature: str | None

    def text(self, name: str) -> str | None:
        """Return a scalar parameter; None where it is absent or no scalar."""
        value = self.params.get(name)
        return value if isinstance(value, str) else None

    def signed_by(self, private_key: str) -> bool:
        """Tell whether the holder of the private key signed exactly this."""
        return self.signature is not None and matches(self.signed_text, private_key, self.signature)


def read_form(body: bytes) -> Received:
    """Read an `application/x-www-form-urlencoded` body or a query string.

    Refusals: `BodyUnreadable`, `NameTwice`, `ArrayBroken`, `TooManyParameters`.
    """
    flat: dict[str, str] = {}
    fields = body.split(b"&") if body else []
    if len(fields) > MOST_PARAMETERS:
        raise TooManyParameters(limit=MOST_PARAMETERS)
    for field in fields:
        if not field:
            continue
        name, _, value = field.partition(b"=")
        read_name = _decoded(name)
        if read_name in flat:
            raise NameTwice
        flat[read_name] = _decoded(value)
    signature = flat.pop(SIGNATURE, None)
    return Received(unflatten(flat.items()), string_to_sign(flat), signature)


def _decoded(piece: bytes) -> str:
    try:
        text = piece.decode()
        if "+" in text:
            text = text.replace("+", " ")
        if "%" in text:
            text = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise BodyUnreadable from error
    return text


def read_json(body: bytes) -> Received:
    """Read an `application/json` body: one object, no name twice, no NaN.

    Refusals: `BodyUnreadable`, `NameTwice`, `TooManyParameters`.
    """
    try:
        params = json.loads(
            body.decode(), object_pairs_hook=_object_of_unique_names, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable from error
    if not isinstance(params, dict):
        raise BodyUnreadable
    signature = params.pop(SIGNATURE, None)
    if signature is not None and not isinstance(signature, str):
        raise BodyUnreadable
    texts = {name: _as_text(value) for name, value in params.items() if value is not None}
    signed = json_string_to_sign(params)
    if not _encodes(signed):
        raise BodyUnreadable
    return Received(texts, signed, signature)


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NameTwice
    return found


def _refuse(_constant: str) -> NoReturn:
    raise BodyUnreadable


def _as_text(value: object) -> Tree:
    if isinstance(value, dict):
        return {name: _as_text(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_as_text(item) for item in value if item is not None]
    return text_of(value)


def _encodes(text: str) -> bool:
    """Tell whether the text is free of lone surrogates, which JSON's escapes can smuggle in."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
