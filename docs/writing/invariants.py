"""What `umcloud audit` checks, slice by slice, and the lines that it prints where one is broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.writing.markdown import fence, page, said, words
from docs.writing.sources import parsed, slice_files
from umcloud.infra.i18n import load_catalogue

_NAMED: Final = re.compile(r"I\d+")
_WORD: Final = re.compile(r"[a-z]{2,}")
_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")


def write(locale: str) -> str:
    """Return the page."""
    screens = load_catalogue(locale).sentences["ui"]
    parts = [said("invariants.lead", locale)]
    for name, path in slice_files("invariants.py"):
        about = screens.get(f"office.promise.{name}", "")
        faults = list(dict.fromkeys(_faults(path)))
        parts += [f"## {name}", words(about), fence("text", "\n".join(faults)) if faults else ""]
    return page(said("invariants.title", locale), locale, *parts)


def _faults(path: Path) -> Iterator[str]:
    """Give the lines that a slice's check can print."""
    tree = parsed(path)
    codes = _codes(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named = node.targets[0].id
            if isinstance(node.value, ast.Constant) and "||" in str(node.value.value):
                for line in filter(_tells, _printed(str(node.value.value))):
                    yield f"{codes[named]}: {line}" if named in codes else line
            elif isinstance(node.value, ast.Dict):
                texts = [_text(key) for key in node.value.keys if key is not None]
                yield from (f"… {text}" for text in texts if _tells(text))
        elif isinstance(node, ast.JoinedStr):
            line = _text(node).strip()
            if _NAMED.match(line) or (not codes and _tells(line)):
                yield line


def _codes(tree: ast.Module) -> dict[str, str]:
    """Return, for each statement's name, the invariant that it stands for: `by_id("I6", …, _I6)`.

    Whatever statements a call beside its number names, or the functions that it names do.
    """
    bodies: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bodies[node.name] = _names(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            bodies[node.targets[0].id] = _names(node.value)
    found: dict[str, str] = {}
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        numbers = [
            str(argument.value)
            for argument in call.args
            if isinstance(argument, ast.Constant) and _NAMED.fullmatch(str(argument.value))
        ]
        if numbers:
            waiting = _names(call)
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found[name] = numbers[0]
                    waiting += bodies.get(name, ())
    return found


def _tells(line: str) -> bool:
    return len(_WORD.findall(line)) > 2


def _names(node: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return " ".join(str(node.value).split(" "))
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return "…"


def _printed(statement: str) -> Iterator[str]:
    """Give the texts that a statement puts together, from what it joins by `||`.

    The text is what the last SELECT outside parentheses begins with, up to its FROM; a CASE in it
    makes several.
    """
    outer = _outside(statement)
    begin = outer.rfind("SELECT")
    end = outer.find("FROM", begin)
    chosen = statement[begin + len("SELECT") : end if end > 0 else None]
    head, _, tail = chosen.partition("CASE")
    for branch in re.split(r"\bTHEN\b|\bELSE\b", tail)[1:] or [""]:
        text = re.split(r"\bWHEN\b|\bEND\b", branch)[0]
        yield _filled(head.partition(" AS fault")[0] + text)


def _outside(statement: str) -> str:
    """Return the statement with everything in parentheses or quotes blanked, of equal length."""
    depth, quoted, kept = 0, False, []
    for letter in statement:
        quoted ^= letter == "'"
        depth -= letter == ")" and not quoted
        kept.append(" " if depth or quoted else letter)
        depth += letter == "(" and not quoted
    return "".join(kept)


def _filled(expression: str) -> str:
    """Return a concatenation as a reader sees it: its literals, and … for the rest."""
    pieces, rest = [], expression
    for match in _LITERAL.finditer(expression):
        before, _, rest = rest.partition(match[0])
        if before.strip(" \n|"):
            pieces.append("…")
        pieces.append(match[1].replace("''", "'"))
    if rest.strip(" \n|"):
        pieces.append("…")
    return " ".join("".join(pieces).split())
