"""RSA2 signatures over parameters, as payment gateways in China exchange them both ways.

What is signed: all parameters with a value, without `sign` and `sign_type`, sorted by name, written
`name=value` and joined by `&`, in UTF-8. How: SHA-256 with RSA, PKCS #1 v1.5 (RFC 8017, 8.2).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

SIGN_TYPE = "RSA2"
_UNSIGNED = frozenset({"sign", "sign_type"})


def canonical(fields: Mapping[str, str]) -> bytes:
    """Return the bytes that are signed for these parameters."""
    pairs = sorted((name, value) for name, value in fields.items() if name not in _UNSIGNED)
    return "&".join(f"{name}={value}" for name, value in pairs if value).encode()


def signed(fields: Mapping[str, str], key: RSAPrivateKey) -> dict[str, str]:
    """Return the parameters with `sign_type` and `sign` (base 64) added."""
    signature = key.sign(canonical(fields), PKCS1v15(), hashes.SHA256())
    return {**fields, "sign_type": SIGN_TYPE, "sign": base64.b64encode(signature).decode()}


def is_genuine(fields: Mapping[str, str], key: RSAPublicKey) -> bool:
    """Return whether the holder of the key's private half signed exactly these parameters."""
    if fields.get("sign_type") != SIGN_TYPE:
        return False
    try:
        signature = base64.b64decode(fields.get("sign", ""), validate=True)
        key.verify(signature, canonical(fields), PKCS1v15(), hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
