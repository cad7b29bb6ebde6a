"""`umcloud clauses`: each promise of the agreement, what code keeps it and what test proves it.

Code says what it keeps in a comment, `# C10.4`, or in parentheses in a docstring; a test says it in
a mark, `pytest.mark.clause("C10.4")`. A promise said to be kept without both is a failure, and so
is a mark for a promise that nobody made.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import umcloud
from umcloud.domains.agreements.model import Requirement
from umcloud.domains.agreements.shipped import requirements

INSTALLED = Path(umcloud.__file__).parent

_ID = r"(?:P|E|C\d{1,2})\.\d{1,2}"
_SAID = re.compile(r"#.*|\([^()]*\)")
_MARK = re.compile(rf"""pytest\.mark\.clause\(\s*["']({_ID})["']""")
_ONE = re.compile(rf"(?<![\w.]){_ID}(?![\w.]*\w)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise with the places that keep and prove it (`path:line`), and what is wrong, if so."""

    requirement: Requirement
    code: tuple[str, ...]
    tests: tuple[str, ...]
    fault: str


def marks_in_code(folder: Path) -> dict[str, list[str]]:
    """Return `path:line` of every comment or parenthesis that names a clause, by clause."""
    found: dict[str, list[str]] = defaultdict(list)
    for where, line in _lines(folder):
        said = " ".join(_SAID.findall(line))
        for clause in dict.fromkeys(_ONE.findall(said)):
            found[clause].append(where)
    return found


def marks_in_tests(folder: Path) -> dict[str, list[str]]:
    """Return `path:line` of every test's clause mark, by clause."""
    found: dict[str, list[str]] = defaultdict(list)
    for where, line in _lines(folder):
        for clause in _MARK.findall(line):
            found[clause].append(where)
    return found


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        if path == Path(__file__):
            continue  # this page names clauses only to explain the marks
        place = path.relative_to(folder.parent)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            yield f"{place}:{number}", line


def examine(
    promises: Sequence[Requirement], code: dict[str, list[str]], tests: dict[str, list[str]] | None
) -> list[Finding]:
    """Return one finding a promise; `tests` is None where no tests lie beside the code."""
    found = []
    for promise in promises:
        missing = []
        if promise.kept and not code.get(promise.id):
            missing.append("no code keeps it")
        if promise.kept and tests is not None and not tests.get(promise.id):
            missing.append("no test proves it")
        if not promise.kept and not promise.note:
            missing.append("it is put off without a reason")
        found.append(
            Finding(
                promise,
                tuple(code.get(promise.id, ())),
                tuple((tests or {}).get(promise.id, ())),
                " and ".join(missing),
            )
        )
    return found


def strangers(promises: Sequence[Requirement], *marks: dict[str, list[str]]) -> list[str]:
    """Return a line for each mark that names no promise of the agreement."""
    known = {promise.id for promise in promises}
    return [
        f"{where}: {clause} is no requirement of the agreement"
        for places in marks
        for clause, wheres in sorted(places.items())
        if clause not in known
        for where in wheres
    ]


def run(
    out: TextIO = sys.stdout,
    *,
    source: Path = INSTALLED,
    tests: Path | None = None,
    locale: str = "zh_CN",
) -> int:
    """Print every promise with its places; return 0 where all is in order, else 1.

    `tests` defaults to the `tests` folder of the working copy the code runs from; an installed
    product has none, and then only the code is asked.
    """
    folder = tests or source.parent.parent / "tests"
    promises = requirements()
    code = marks_in_code(source)
    proofs = marks_in_tests(folder) if folder.is_dir() else None
    findings = examine(promises, code, proofs)
    for finding in findings:
        _write(out, finding, locale)
    alien = strangers(promises, code, proofs or {})
    out.writelines(f"{line}\n" for line in alien)
    faults = sum(bool(finding.fault) for finding in findings) + len(alien)
    kept = sum(promise.kept for promise in promises)
    out.write(f"{kept} kept, {len(promises) - kept} later, {faults} at fault\n")
    return 1 if faults else 0


def _write(out: TextIO, finding: Finding, locale: str) -> None:
    promise = finding.requirement
    out.write(
        f"{promise.id:<6}{'kept ' if promise.kept else 'later'}  {promise.sentence[locale]}\n"
    )
    indent = " " * 13
    if promise.note:
        out.write(f"{indent}note  {promise.note}\n")
    out.writelines(f"{indent}code  {place}\n" for place in finding.code)
    out.writelines(f"{indent}test  {place}\n" for place in finding.tests)
    if finding.fault:
        out.write(f"{indent}FAULT {finding.fault}\n")
