"""Cookies and tokens of a desk: session, visitor, proof of the same browser (CSRF), flashes.

The proof is bound to the session's cookie (or, before sign-in, to a visitor's cookie): a keyed
hash of it, masked anew on every page so that a compressed page gives nothing away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie

_MASK = 16


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence shown once, on the next page."""

    tone: str
    """good, bad, attention or info."""
    text: str


class Guard:
    """Makes and checks what a desk keeps in browsers. One secret a deployment."""

    def __init__(self, name: str, secret: bytes, *, secure: bool = False) -> None:
        """Take the desk's name (prefix of its cookies) and at least 16 secret bytes."""
        if len(secret) < _MASK:
            raise ValueError("the secret is too short")
        self.secure = secure
        self.session_cookie = f"{name}_session"
        self.visitor_cookie = f"{name}_visitor"
        self.flash_cookie = f"{name}_flash"
        self.language_cookie = "umcloud_lang"
        self._key = hashlib.sha256(b"kit:" + name.encode() + b":" + secret).digest()

    def new_visitor(self) -> str:
        """Return a fresh token for a browser that has none."""
        return secrets.token_urlsafe(24)

    def proof(self, holder: str) -> str:
        """Return a masked token that proves a form came from a page given to this holder."""
        pad = secrets.token_bytes(_MASK)
        return _text(pad + _xor(pad, self._mac(b"csrf", holder.encode())[:_MASK]))

    def is_proof(self, token: str, holder: str) -> bool:
        """Tell whether a token was made by `proof` for this holder."""
        raw = _bytes(token)
        if raw is None or len(raw) != 2 * _MASK:
            return False
        expected = self._mac(b"csrf", holder.encode())[:_MASK]
        return hmac.compare_digest(_xor(raw[:_MASK], raw[_MASK:]), expected)

    def seal_flash(self, flash: Flash) -> str:
        """Return the flash as a cookie's value that only we can have written."""
        body = json.dumps([flash.tone, flash.text], ensure_ascii=False).encode()
        return f"{_text(body)}.{_text(self._mac(b'flash', body)[:_MASK])}"

    def open_flash(self, value: str) -> Flash | None:
        """Return the flash of a cookie; None where it is not ours."""
        body_text, _, mac_text = value.partition(".")
        body, mac = _bytes(body_text), _bytes(mac_text)
        if body is None or mac is None:
            return None
        if not hmac.compare_digest(mac, self._mac(b"flash", body)[:_MASK]):
            return None
        tone, text = json.loads(body)
        return Flash(tone, text)

    def cookie(self, name: str, value: str, *, max_age: int | None, path: str = "/") -> str:
        """Return a Set-Cookie line: HttpOnly, SameSite=Lax; gone at once where max_age is 0."""
        jar: SimpleCookie = SimpleCookie()
        jar[name] = value
        jar[name]["path"] = path or "/"
        jar[name]["httponly"] = True
        jar[name]["samesite"] = "Lax"
        if self.secure:
            jar[name]["secure"] = True
        if max_age is not None:
            jar[name]["max-age"] = max_age
        return jar.output(header="").strip()

    def _mac(self, purpose: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b":" + body, "sha256")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        return None
