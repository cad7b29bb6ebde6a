"""Static files: read once, named by their content, kept by browsers for a year, sent gzipped."""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KIT_STATIC: Final = Path(__file__).parent / "static"
ICONS: Final = KIT_STATIC / "vendor" / "icons"
PREFIX: Final = "/_static"
_COMPRESSIBLE: Final = {".css", ".js", ".svg", ".json", ".html"}
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    mark: str
    """First letters of the hash of its content; part of its address."""
    media_type: str
    plain: bytes
    gzipped: bytes | None


class Assets:
    """The static files of the kit and of one door (a folder of its own, `own/…`)."""

    def __init__(self, own: Path | None = None) -> None:
        self._folders: Mapping[str, Path] = {"": KIT_STATIC} | ({"own": own} if own else {})
        self._read = functools.cache(self._load)

    def path(self, name: str) -> str:
        """Return the path, below the desk, of a file; LookupError where there is none."""
        return f"{PREFIX}/{self._found(name).mark}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/_static/<mark>/<name>`; a wrong mark is served too, but not kept."""
        request = Request(scope, receive)
        _, _, rest = request.url.path.partition(f"{PREFIX}/")
        mark, _, name = rest.partition("/")
        try:
            asset = self._found(name)
        except LookupError:
            await Response(status_code=404)(scope, receive, send)
            return
        headers = {
            "cache-control": _FOREVER if mark == asset.mark else "no-cache",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        body = asset.plain
        if asset.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            body = asset.gzipped
        response = Response(body, media_type=asset.media_type, headers=headers)
        await response(scope, receive, send)

    def _found(self, name: str) -> Asset:
        return self._read(name)

    def _load(self, name: str) -> Asset:
        head, _, rest = name.partition("/")
        inside = head == "own" and "own" in self._folders
        folder = self._folders["own" if inside else ""].resolve()
        path = (folder / (rest if inside else name)).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise LookupError(f"no static file {name}")
        plain = path.read_bytes()
        worth = path.suffix in _COMPRESSIBLE
        return Asset(
            mark=hashlib.sha256(plain).hexdigest()[:12],
            media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            plain=plain,
            gzipped=gzip.compress(plain, 9, mtime=0) if worth else None,
        )


@functools.cache
def icon(name: str) -> Markup:
    """Return a line icon as inline SVG, silent for screen readers; LookupError for none."""
    path = ICONS / f"{name}.svg"
    if not path.is_file():
        raise LookupError(f"no icon {name}; see static/vendor/icons")
    drawing = path.read_text(encoding="utf-8")
    inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    # The drawing is a file of our own package, not something that a person typed.
    return Markup(  # noqa: S704 - see above
        '<svg class="k-icon" aria-hidden="true" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        f'stroke-linejoin="round">{" ".join(inner.split())}</svg>'
    )
