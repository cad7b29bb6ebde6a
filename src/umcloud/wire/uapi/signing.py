"""The native signature: SHA-1 over sorted names and values and the private key (section 2).

It has no separators, no time and no nonce: a captured request can be replayed for ever. The door
therefore refuses repeated and unknown names before it trusts a match.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from umcloud.wire.uapi.flattening import text_of

SIGNATURE = "Signature"


def string_to_sign(flat: Mapping[str, str]) -> str:
    """Return the text a form or query request signs, without the private key.

    `flat` holds decoded texts under flat names; `Signature` is left out, all others count.
    """
    return "".join([name + flat[name] for name in sorted(flat) if name != SIGNATURE])


def json_string_to_sign(params: Mapping[str, Any]) -> str:
    """Return the text a JSON request signs, without the private key.

    An array contributes its elements without index or separator, a structure its own sorted run.
    The sources do not say what null contributes; here it is nothing, as if it were not sent.
    """
    return "".join(
        [name + _json_run(params[name]) for name in sorted(params) if _counts(name, params)]
    )


def _counts(name: str, params: Mapping[str, Any]) -> bool:
    return name != SIGNATURE and params[name] is not None


def _json_run(value: object) -> str:
    if isinstance(value, dict):
        return "".join([name + _json_run(value[name]) for name in sorted(value)])
    if isinstance(value, list):
        return "".join([_json_run(item) for item in value])
    return "" if value is None else text_of(value)


def digest(text: str, private_key: str) -> str:
    """Return the 40 lower-case hex characters for a string to sign and a private key."""
    # The dialect prescribes SHA-1; nothing else in the house uses it.
    return hashlib.sha1((text + private_key).encode(), usedforsecurity=False).hexdigest()


def sign(flat: Mapping[str, str], private_key: str) -> str:
    """Return the signature of a form or query request."""
    return digest(string_to_sign(flat), private_key)


def sign_json(params: Mapping[str, Any], private_key: str) -> str:
    """Return the signature of a JSON request."""
    return digest(json_string_to_sign(params), private_key)


def matches(text: str, private_key: str, signature: str) -> bool:
    """Tell whether `signature` belongs to the string to sign; takes the same time either way."""
    return hmac.compare_digest(digest(text, private_key).encode(), signature.encode())
