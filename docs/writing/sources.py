"""Reads the code that the pages are about."""

from __future__ import annotations

import ast
import importlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import umcloud

PACKAGE: Final = Path(umcloud.__file__).parent
ROOT: Final = Path(__file__).resolve().parents[2]


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_all(*, speaking_of: str) -> None:
    """Import every module of the package whose text has the word in it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if speaking_of in path.read_text(encoding="utf-8") and "migrations" not in path.parts:
            importlib.import_module(module_name(path))


def slice_files(name: str) -> Iterator[tuple[str, Path]]:
    """Return, by slice, the file of this name in each slice; so `resources.signatures`."""
    domains = PACKAGE / "domains"
    for path in sorted(domains.rglob(name)):
        yield ".".join(path.relative_to(domains).parent.parts), path


def parsed(path: Path) -> ast.Module:
    """Return the file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def documented_fields(tree: ast.Module, class_name: str) -> dict[str, str]:
    """Return each field's docstring: the string that stands under it."""
    body = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    found = {}
    for field, below in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found
