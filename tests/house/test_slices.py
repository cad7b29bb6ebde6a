"""A slice keeps its tables and its SQL to itself; others ask its service and its queries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import PACKAGE, nothing, python_files, shown

DOMAINS = PACKAGE / "domains"
PRIVATE = {"store", "tables"}


def slice_of(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the slice of a module below `umcloud.domains`; resources hold slices of their own."""
    return parts[:2] if parts[0] == "resources" else parts[:1]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_no_slice_reaches_into_another() -> None:
    found = []
    for path in python_files():
        if not path.is_relative_to(PACKAGE):
            continue
        own = slice_of(path.relative_to(DOMAINS).parts) if path.is_relative_to(DOMAINS) else None
        for line, name in imports(path):
            prefix, _, rest = name.partition("umcloud.domains.")
            parts = tuple(rest.split("."))
            if not prefix and rest and slice_of(parts) != own and PRIVATE & set(parts):
                found.append(f"{shown(path)}:{line} {name}")
    nothing(found)


def test_every_slice_explains_itself() -> None:
    slices = {path.parent for path in DOMAINS.rglob("tables.py")}
    nothing(sorted(shown(path) for path in slices if not (path / "README.md").exists()))
