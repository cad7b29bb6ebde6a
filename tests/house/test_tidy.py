"""Sizes, names and banned calls. There is no list of exceptions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import PACKAGE, ROOT, in_package, nothing, python_files, shown, tracked

COLUMNS = 100
FUNCTION_LINES = 70
FILE_LINES = 400
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}
# Clocks are read in one place; what measures a duration is no clock.
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
SQL_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)"
    r"|\bCURRENT_(TIMESTAMP|DATE|TIME)\b|\bLOCALTIME(STAMP)?\b",
)
SQL_WORD = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|DEFAULT|CHECK)\b")
CLOCK = PACKAGE / "infra" / "clock.py"
# Put together from halves, so that this file does not name what it looks for.
HOSTS = re.compile("|".join(("py" + r"pi\.org", "python" + "hosted", "npm" + r"js\.", "/wo" + "rk/",
                             "tmp/pl" + "an", "/opt/" + "(pypi|wheels)")))  # fmt: skip
UNFINISHED = re.compile(r"\b(TO" + "DO|FIX" + r"ME)\b|raise NotImplemented" + "Error")
NOQA = re.compile(r"#\s*(no" + r"qa)\b(?!: [A-Z]+\d+(, [A-Z]+\d+)* - \S)")
IGNORE = re.compile(r"#\s*type:\s*ig" + r"nore(?!\[[a-z-]+(, ?[a-z-]+)*\]\s+# \S)")
PATCHING = re.compile(
    r"\bmo" + r"ck\.(patch|Mock|MagicMock)|from unit" + r"test|monkeypatch\.setattr\(\s*[\"']"
)
TEXT = {".py", ".md", ".toml", ".json", ".html", ".css", ".js", ".sql", ".txt", ".in", ".sh", ""}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{shown(path)}:{number}", line


def text_files() -> list[Path]:
    return [path for path in tracked() if path.suffix in TEXT]


def test_lines_are_short() -> None:
    nothing([place for place, line in lines(python_files()) if len(line) > COLUMNS])


def test_files_are_short() -> None:
    counts = {path: path.read_text(encoding="utf-8").count("\n") for path in python_files()}
    nothing([f"{shown(path)} {n}" for path, n in counts.items() if n > FILE_LINES])


def test_functions_are_short() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    nothing(long)


def test_modules_are_named_for_what_they_hold() -> None:
    parts = {
        part for path in python_files() for part in path.relative_to(ROOT).with_suffix("").parts
    }
    nothing(parts & BANNED_NAMES)


def test_only_the_clock_reads_the_clock() -> None:
    found = [
        f"{shown(path)}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees()
        if in_package(path) and path != CLOCK
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (ast.unparse(node.value).rsplit(".", 1)[-1], node.attr) in CLOCKS
    ]
    nothing(found)


def test_no_statement_asks_the_database_for_the_time() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path, tree in trees()
        if in_package(path) and path != CLOCK
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SQL_CLOCK.search(node.value)
        and SQL_WORD.search(node.value)
    ]
    files = [shown(path) for path in tracked() if path.suffix == ".sql" and in_package(path)
             and SQL_CLOCK.search(path.read_text(encoding="utf-8"))]  # fmt: skip
    nothing(found + files)


def test_ids_are_made_in_one_place() -> None:
    found = [
        f"{shown(path)}:{node.lineno} {name}"
        for path, tree in trees()
        if in_package(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
        for name in [getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))]
        if name in {"uuid1", "uuid4", "gen_random_uuid"}
    ]
    nothing(found)


def test_chance_belongs_to_the_sandbox_and_decisions_have_none() -> None:
    found = [
        f"{shown(path)}: {name}"
        for path, tree in trees()
        if in_package(path) and path.name != "ids.py"
        for name in imported(tree)
        if (name == "random" and "sandbox" not in path.parts)
        or (name in {"random", "secrets"} and pure(path))
    ]
    nothing(found)


def pure(path: Path) -> bool:
    storey = path.relative_to(PACKAGE).parts[0]
    return path.stem in {"rules", "model"} or storey in {"kernel", "wire"}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_files_name_no_registry_and_no_workplace() -> None:
    found = [place for place, line in lines(text_files()) if HOSTS.search(line)]
    nothing(found)


def test_nothing_is_left_unfinished() -> None:
    found = [place for place, line in lines(text_files()) if UNFINISHED.search(line)]
    nothing(found)


def test_every_silenced_check_says_which_and_why() -> None:
    found = [
        place for place, line in lines(python_files()) if NOQA.search(line) or IGNORE.search(line)
    ]
    nothing(found)


def test_collaborators_are_given_not_patched() -> None:
    tests = [path for path in python_files() if path.is_relative_to(ROOT / "tests")]
    nothing([place for place, line in lines(tests) if PATCHING.search(line)])
