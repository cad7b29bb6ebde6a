"""The little Markdown that reference pages are made of."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

LOCALES: Final = ("zh_CN", "en")
_TICKED: Final = re.compile(r"(`[^`]*`)")


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return found


def said(key: str, locale: str) -> str:
    """Return what a page says of its own, from `texts.json`; KeyError where it does not stand."""
    return str(_read("texts.json")[key][locale])


def told(english: str, locale: str) -> str:
    """Return a sentence of the code in the page's language, or in English where nobody did."""
    return english if locale == "en" else str(_read("zh_CN.json").get(english, english))


def file_name(page: str, locale: str) -> str:
    """Return the name of a page's file in one language."""
    return f"{page}.md" if locale == "en" else f"{page}.zh-CN.md"


def page(title: str, locale: str, *parts: str) -> str:
    """Return a whole page."""
    blocks = [f"# {title}", said("markdown.written", locale), *parts]
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_one_line, line))} |" for line in lines)


def _one_line(cell: str) -> str:
    return " ".join(cell.replace("|", "\\|").split()) or " "


def words(text: str) -> str:
    """Return prose that shows as it is: only what stands in backticks is markup."""
    parts = _TICKED.split(text)
    return "".join(part if i % 2 else _shown(part) for i, part in enumerate(parts))


def _shown(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"[*\[\]]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def code(text: object) -> str:
    """Return the text as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def fence(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def json_block(value: object) -> str:
    """Return a value as a block of JSON."""
    return fence("json", json.dumps(value, ensure_ascii=False, indent=2))


def summary(thing: object) -> str:
    """Return the docstring of a class or module as one line."""
    return " ".join((inspect.getdoc(thing) or "").split())
