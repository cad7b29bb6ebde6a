"""Secrets at rest: sealed with AES-256-GCM under keys derived from `UMCLOUD_SECRET`.

A sealed value is bound to its purpose: what was sealed as an API key does not open as a document.
Layout: one version byte (1), 12 bytes of nonce, ciphertext with its 16-byte tag (NIST SP 800-38D).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE = 12
_SHORTEST_SECRET = 16


class BrokenSealError(Exception):
    """The value was changed, sealed for another purpose, or sealed under another secret."""


class Sealer:
    """Seals and opens values; thread-safe, made once per process from the operator's secret."""

    def __init__(self, secret: str) -> None:
        """Take `UMCLOUD_SECRET`; ValueError where it is shorter than 16 characters."""
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError("UMCLOUD_SECRET needs at least 16 characters")
        material = secret.encode()
        self._cipher = AESGCM(_derived(material, b"umcloud sealing v1"))
        self._stamp = _derived(material, b"umcloud fingerprint v1")

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        """Return the sealed bytes; two seals of one value differ."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def unseal(self, sealed: bytes, *, purpose: str) -> bytes:
        """Return what was sealed; BrokenSealError where it cannot be trusted."""
        if sealed[:1] != _VERSION:
            raise BrokenSealError("unknown version of seal")
        nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, rest, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise BrokenSealError("the seal does not open") from error

    def fingerprint(self, value: str, *, purpose: str) -> bytes:
        """Return 32 bytes that stand for the value and cannot be guessed without the secret.

        A six-digit code under a plain hash falls to a million guesses; under this it does not.
        """
        text = f"{purpose}\x00{value}".encode()
        return hmac.new(self._stamp, text, hashlib.sha256).digest()


def _derived(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material)
