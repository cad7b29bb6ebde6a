"""The agreement's promises: listed whole, marked in code, proved by tests."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from umcloud.cli import clauses
from umcloud.domains.agreements.model import Requirement
from umcloud.domains.agreements.shipped import requirements

TESTS = Path(__file__).parent.parent

NUMBERS = {"P": 3, "C1": 1, "C2": 1, "C3": 3, "C4": 2, "C5": 2, "C6": 2, "C7": 1, "C8": 1} | {
    "C9": 4,
    "C10": 6,
    "C11": 1,
    "C12": 1,
    "C13": 2,
    "E": 1,
}


def promise(kept: bool, note: str = "") -> Requirement:  # noqa: FBT001 - reads as a row
    return Requirement("C9.9", {"zh_CN": "…", "en": "…"}, kept=kept, note=note)


def test_every_kept_promise_has_code_and_a_test() -> None:
    out = io.StringIO()
    assert clauses.run(out, tests=TESTS) == 0, out.getvalue()


def test_every_clause_of_the_agreement_is_listed_once_in_both_languages() -> None:
    listed = requirements()
    expected = [f"{c}.{n}" for c, count in NUMBERS.items() for n in range(1, count + 1)]
    assert [r.id for r in listed] == expected
    assert all(r.sentence["zh_CN"] and r.sentence["en"] for r in listed)


@pytest.mark.parametrize(
    ("kept", "note", "code", "tests", "fault"),
    [
        (True, "", {"C9.9": ["a.py:1"]}, {"C9.9": ["t.py:1"]}, ""),
        (True, "", {}, {"C9.9": ["t.py:1"]}, "no code keeps it"),
        (True, "", {"C9.9": ["a.py:1"]}, {}, "no test proves it"),
        (True, "", {"C9.9": ["a.py:1"]}, None, ""),
        (False, "why", {}, {}, ""),
        (False, "", {}, {}, "it is put off without a reason"),
    ],
)
def test_what_is_missing_is_named(
    kept: bool,  # noqa: FBT001 - a parameter of the table above
    note: str,
    code: dict[str, list[str]],
    tests: dict[str, list[str]] | None,
    fault: str,
) -> None:
    assert clauses.examine([promise(kept, note)], code, tests)[0].fault == fault


def test_marks_are_found_where_they_stand(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    text = (
        "def accept(  # C9.9 E.1\n# Refused, see P.2, C10.4.\ny = 'C3.1'\n# costs 3.1, E.164\n"
        'z = """Kept here (C5.1, see C13.2)."""\n'
    )
    (code / "one.py").write_text(text)
    found = clauses.marks_in_code(code)
    assert found == {
        "C9.9": ["code/one.py:1"],
        "E.1": ["code/one.py:1"],
        "P.2": ["code/one.py:2"],
        "C10.4": ["code/one.py:2"],
        "C5.1": ["code/one.py:5"],
        "C13.2": ["code/one.py:5"],
    }
    assert clauses.strangers([promise(kept=True)], {"C9.9": ["a:1"], "C77.1": ["b:2"]}) == [
        "b:2: C77.1 is no requirement of the agreement"
    ]


def test_an_unproved_promise_fails_the_command(tmp_path: Path) -> None:
    source = tmp_path / "src" / "umcloud"
    source.mkdir(parents=True)
    out = io.StringIO()
    assert clauses.run(out, source=source, locale="en") == 1
    assert "FAULT no code keeps it" in out.getvalue()
