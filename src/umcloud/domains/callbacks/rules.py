"""Pure decisions: which URLs are called, when again, and what counts as accepted."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

import msgspec

from umcloud.domains.callbacks.errors import PortForbidden, SchemeForbidden, UrlMalformed
from umcloud.domains.callbacks.model import Form

URL_LONGEST = 500
ENDPOINTS_MOST = 5
BATCH = 200
"""Items in one delivery."""
ANSWER_LONGEST = 4096
"""Bytes of an answer that are read."""

#: The pause before each further try: three as the native protocol has it (1 s, spec 7), then ours.
PAUSES = (
    timedelta(seconds=1),
    timedelta(seconds=1),
    timedelta(seconds=1),
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=15, minutes=23),
)

SIGNATURE_HEADER = "UMCloud-Signature"


def read_url(text: str) -> str:
    """Return the URL as it is called; refuses callback.url_malformed, scheme, port.

    Where its host leads is another question, asked of `infra.outbound` when it is saved and
    again at every call.
    """
    url = text.strip()
    if not url or len(url) > URL_LONGEST or not url.isprintable() or any(map(str.isspace, url)):
        raise UrlMalformed
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlMalformed from None
    if parts.scheme not in {"http", "https"}:
        raise SchemeForbidden(scheme=parts.scheme)
    if not _host_readable(parts) or parts.fragment or parts.username is not None:
        raise UrlMalformed
    if port is not None and port not in {80, 443} and port < 1024:
        raise PortForbidden(port=port)
    return url


def _host_readable(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if not host or "\\" in parts.netloc:
        return False
    try:
        host.encode("idna" if not host.isascii() else "ascii")
    except UnicodeError:
        return False
    return True


def host_and_port(url: str) -> tuple[str, int]:
    """Return where a URL that `read_url` accepted leads."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    return ascii_host, parts.port or (443 if parts.scheme == "https" else 80)


def next_try(tries: int, now: datetime) -> datetime | None:
    """Return when a delivery that failed so often is tried again; None: it is a dead letter."""
    return now + PAUSES[tries - 1] if tries <= len(PAUSES) else None


def objection(form: Form, status: int, answer: bytes) -> str | None:
    """Return why this answer does not accept the delivery, None where it does.

    Native: 2xx and a JSON object whose `code` is the number 0 (spec 7). Signed: 2xx.
    """
    if not 200 <= status < 300:
        return f"status {status}"
    if form is Form.SIGNED:
        return None
    if len(answer) > ANSWER_LONGEST:
        return "the answer is too long"
    try:
        said = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "the answer is not JSON"
    code = said.get("code") if isinstance(said, dict) else None
    if code == 0 and not isinstance(code, bool):
        return None
    return "the answer's code is not 0"


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the header's value `t=…,v1=…`: HMAC-SHA256 over `t`, a full stop and the body.

    `t` is in whole seconds since 1970, so that a receiver can refuse old replays.
    """
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"
