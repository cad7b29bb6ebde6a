"""The tables, slice by slice: what the source says of each, its columns and its key."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Table

from docs.writing.markdown import code, page, said, summary, table, words
from docs.writing.sources import module_name, slice_files


def write(locale: str) -> str:
    """Return the page."""
    parts = [said("tables.lead", locale)]
    for name, path in slice_files("tables.py"):
        module = importlib.import_module(module_name(path))
        above = dict(_comments(path))
        rows = [
            (code(each.name), words(above.get(variable, "")), ", ".join(map(_column, each.columns)))
            for variable, each in vars(module).items()
            if isinstance(each, Table) and variable == each.name
        ]
        parts += [f"## {name}", words(summary(module)), table(("table", "note", "columns"), rows)]
    return page(said("tables.title", locale), locale, *parts)


def _column(column: Column[object]) -> str:
    if column.primary_key:
        return f"**{code(column.name)}**"
    return code(column.name) + ("?" if column.nullable else "")


def _comments(path: Path) -> Iterator[tuple[str, str]]:
    """Give, by the table's variable, the comment that stands above it."""
    above: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            above.append(line.lstrip("#: "))
            continue
        variable, made, _ = line.partition(" = Table(")
        if made:
            yield variable, " ".join(above)
        above = []
