"""Builds the documents' site into `build/docs`: Chinese at its root, English below `en`.

Each language gets a folder of the same pages under the same names; a page that is not there in
Chinese stands in English. Links follow: to a page of the site where there is one, else they become
the path that a reader of the source would open.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any, Final

from docs.writing.pages import PAGES

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
LANGUAGES: Final = {"zh": "", "en": "en"}
"""Where in the site each language stands."""
_CHINESE: Final = ".zh-CN.md"
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCE: Final = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)
#: Headings keep their Chinese in anchors.
_SLUGS: Final = {"object": "pymdownx.slugs.slugify", "kwds": {"case": "lower"}}
_COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")
_HOUSE: Final = {"CHANGELOG": "changelog", "CONTRIBUTING": "contributing", "SECURITY": "security"}
#: The guides in the order in which one needs them; others follow by name.
_GUIDES: Final = ("first-message", "send-by-api", "callbacks", "operate")
_SAID: Final = {
    "zh": {
        "about": "可以自己部署的云通信平台",
        "guide": "指南",
        "reference": "参考",
        "glossary": "词汇表",
        "decisions": "决定",
        "project": "项目",
    },
    "en": {
        "about": "A communications cloud that you run yourself",
        "guide": "Guide",
        "reference": "Reference",
        "glossary": "Glossary",
        "decisions": "Decisions",
        "project": "Project",
    },
}


class BrokenSiteError(Exception):
    """A link or an anchor leads nowhere; the text is the builder's own account of it."""


def build(target: Path, work: Path) -> None:
    """Write the whole site into `target`; `work` is for what is only needed meanwhile.

    Raises `BrokenSiteError` where a link does not lead anywhere.
    """
    shutil.rmtree(target, ignore_errors=True)
    for language, place in LANGUAGES.items():
        folder = work / language
        shutil.rmtree(folder, ignore_errors=True)
        stage(folder / "pages", language)
        config = folder / "mkdocs.yml"  # JSON is YAML too
        config.write_text(json.dumps(_configuration(language, folder / "pages")), "utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(config)]
        silent = {**os.environ, "PYTHONWARNINGS": "ignore"}
        made = subprocess.run(  # noqa: S603 - the command is our own words
            command, cwd=folder, env=silent, check=False, capture_output=True, text=True
        )
        if made.returncode:
            account = _COLOUR.sub("", made.stdout + made.stderr).partition("Traceback")[0]
            raise BrokenSiteError(f"{language}:\n{account}")
        shutil.copytree(folder / "site", target / place, dirs_exist_ok=True)
        for page in pages(language):
            _counterparts(target, PurePosixPath(place), page)


def address(page: str) -> str:
    """Return where a page's file is made, within its language."""
    return re.sub(r"README\.md$", "index.md", page).removesuffix(".md") + ".html"


def _counterparts(target: Path, place: PurePosixPath, page: str) -> None:
    """Let the choice of language lead to the same page; the builder's leads to the first one."""
    file = target / place / address(page)
    text = file.read_text(encoding="utf-8")
    for code, other in LANGUAGES.items():
        way = os.path.relpath(f"{other or '.'}/{address(page)}", (place / address(page)).parent)
        text = re.sub(rf'href="[^"]*" hreflang="{code}"', f'href="{way}" hreflang="{code}"', text)
    file.write_text(text, encoding="utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def server(target: Path) -> ThreadingHTTPServer:
    """Return a server of the site for this machine alone, on a free port."""
    return ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=target))


def pages(language: str) -> dict[str, Path]:
    """Return the file of each page of the site by the page's path."""
    found = {f"project/{page}.md": ROOT / f"{name}.md" for name, page in _HOUSE.items()}
    for path in sorted(DOCS.rglob("*.md")):
        inside = path.relative_to(DOCS).as_posix()
        if not inside.endswith(_CHINESE):
            found.setdefault(inside, path)
        elif language == "zh":
            found[inside.removesuffix(_CHINESE) + ".md"] = path
    return found


def stage(folder: Path, language: str) -> None:
    """Write the pages of a language, and their pictures, as the builder wants them."""
    addresses = {path: page for code in LANGUAGES for page, path in pages(code).items()}
    for page, path in pages(language).items():
        to = folder / page
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(_relinked(path, page, addresses), encoding="utf-8")
    shutil.copytree(DOCS / "images", folder / "images")


def _relinked(path: Path, page: str, addresses: Mapping[Path, str]) -> str:
    """Return the file's text with its links as they lead from the page."""

    def relink(match: re.Match[str]) -> str:
        picture, text, target, anchor = match.groups(default="")
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        there = (path.parent / target).resolve()
        if there.is_relative_to(DOCS / "images"):
            address = there.relative_to(DOCS).as_posix()
        elif there in addresses:
            address = addresses[there]
        elif there.exists() and not picture:
            return f"{text} (`{there.relative_to(ROOT).as_posix()}`)"
        else:
            return match[0]
        way = os.path.relpath(address, PurePosixPath(page).parent)
        return f"{picture}[{text}]({way}{anchor})"

    parts = _FENCE.split(path.read_text(encoding="utf-8"))
    return "".join(part if i % 2 else _LINK.sub(relink, part) for i, part in enumerate(parts))


def _configuration(language: str, folder: Path) -> dict[str, Any]:
    said = _SAID[language]
    up = "../" if LANGUAGES[language] else ""
    return {
        "site_name": "UMCloud",
        "site_description": said["about"],
        "docs_dir": "pages",
        "site_dir": "site",
        "use_directory_urls": False,
        "nav": list(_navigation(folder, said)),
        "theme": {
            "language": language,
            "font": False,
            "features": [
                "navigation.sections",
                "navigation.top",
                "content.code.copy",
                "toc.follow",
            ],
            "palette": [
                {
                    "media": f"(prefers-color-scheme: {tone})",
                    "scheme": scheme,
                    "toggle": {"icon": f"lucide/{icon}", "name": name},
                }
                for tone, scheme, icon, name in (
                    ("light", "default", "sun", "☾"),
                    ("dark", "slate", "moon", "☀"),
                )
            ],
        },
        # Without “offline”: it would have the pages ask a content network for a script.
        "plugins": ["search"],
        "markdown_extensions": [
            "tables",
            {"toc": {"permalink": True, "slugify": _SLUGS}},
            "pymdownx.superfences",
            "pymdownx.highlight",
        ],
        "extra": {
            "generator": False,
            "alternate": [
                {"name": "中文", "link": f"{up}index.html", "lang": "zh"},
                {"name": "English", "link": f"{up}en/index.html", "lang": "en"},
            ],
        },
    }


def _navigation(folder: Path, said: Mapping[str, str]) -> Iterator[Any]:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}
    first = [f"guide/{name}.md" for name in _GUIDES]
    guides = [*first, *sorted(page for page in there if page.startswith("guide/"))]
    yield "index.md"
    yield {said["guide"]: [page for page in dict.fromkeys(guides) if page in there]}
    yield {said["reference"]: [f"reference/{name}.md" for name in PAGES]}
    yield {said["glossary"]: "glossary.md"}
    decisions = sorted(page for page in there if page.startswith("decisions/0"))
    yield {said["decisions"]: ["decisions/README.md", *decisions]}
    yield {said["project"]: [f"project/{page}.md" for page in _HOUSE.values()]}
