"""Every expected “no” has a code of its own, a kind, sentences, and a place in every door."""

from __future__ import annotations

import ast
import importlib
import json
import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.house.files import PACKAGE, nothing, python_files, shown
from umcloud.kernel.refusals import Kind, Refusal, registry

LOCALES = ("zh_CN", "en")
SECTIONS = ("refusals", "events", "ui")
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

Texts = dict[str, dict[str, str]]


def refusing_modules() -> list[str]:
    """Return the modules whose text speaks of refusals; importing them fills the registry."""
    return [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in python_files()
        if path.is_relative_to(PACKAGE) and "Refusal" in path.read_text(encoding="utf-8")
    ]


@pytest.fixture(scope="module")
def refusals() -> Mapping[str, type[Refusal]]:
    for name in refusing_modules():
        importlib.import_module(name)
    ours = registry()
    return {code: cls for code, cls in ours.items() if cls.__module__.startswith("umcloud.")}


def texts(locale: str) -> Texts:
    """Return all sentences of a language by section; a key in two files is an error."""
    found: Texts = {section: {} for section in SECTIONS}
    for path in sorted((PACKAGE / "locale" / locale).glob("*.json")):
        for section, entries in json.loads(path.read_text(encoding="utf-8")).items():
            assert not set(entries) & set(found[section]), f"{path.name} repeats a key"
            found[section] |= entries
    return found


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_codes_and_kinds_are_well_formed(refusals: Mapping[str, type[Refusal]]) -> None:
    wrong = [
        code
        for code, cls in refusals.items()
        if not CODE.fullmatch(code) or not isinstance(getattr(cls, "kind", None), Kind)
    ]
    nothing(wrong)


def test_every_refusal_says_what_it_means(refusals: Mapping[str, type[Refusal]]) -> None:
    nothing([code for code, cls in refusals.items() if not (cls.__doc__ or "").strip()])


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_has_a_sentence(refusals: Mapping[str, type[Refusal]], locale: str) -> None:
    nothing(sorted(set(refusals) - set(texts(locale)["refusals"])))


def test_no_sentence_is_for_a_refusal_that_nobody_makes(
    refusals: Mapping[str, type[Refusal]],
) -> None:
    nothing(sorted(set(texts("zh_CN")["refusals"]) - set(refusals)))


@pytest.mark.parametrize("section", SECTIONS)
def test_both_languages_say_the_same_things(section: str) -> None:
    chinese, english = (texts(locale)[section] for locale in LOCALES)
    nothing(sorted(set(chinese) ^ set(english)))
    nothing([key for key in chinese if facts(chinese[key]) != facts(english[key])])


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_empty(section: str, locale: str) -> None:
    nothing([key for key, sentence in texts(locale)[section].items() if not sentence.strip()])


def door_tables() -> list[Path]:
    return sorted((PACKAGE / "doors").rglob("errors.py"))


@pytest.mark.parametrize("path", door_tables(), ids=shown)
def test_every_door_has_an_answer_to_every_kind_of_no(path: Path) -> None:
    module = importlib.import_module(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    )
    tables = [
        value
        for value in vars(module).values()
        if isinstance(value, Mapping) and value and all(isinstance(key, Kind) for key in value)
    ]
    assert any(set(table) == set(Kind) for table in tables)


def test_events_have_names_of_their_own() -> None:
    names: dict[str, str] = {}
    for path in python_files():
        if path.name != "events.py" or not path.is_relative_to(PACKAGE):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "name":
                if not isinstance(node.value, ast.Constant):
                    continue
                name = str(node.value.value)
                assert CODE.fullmatch(name), name
                assert name not in names, f"{name}: {names.get(name)} and {shown(path)}"
                names[name] = shown(path)
