"""Every command of `umcloud`, from its parser, and of `./dev`, from its table and its tools."""

from __future__ import annotations

import argparse
import ast
import importlib.util
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Final, cast

from docs.writing.markdown import code, page, said, table, told, words
from docs.writing.sources import PACKAGE, ROOT, parsed
from umcloud.main.command import parser

_HEADS: Final = {"zh_CN": ("命令", "作用"), "en": ("command", "what it does")}


def write(locale: str) -> str:
    """Return the page."""
    product = [(code(f"umcloud {usage}"), told(text, locale)) for usage, text in _walk(parser())]
    house = [(code(usage), told(text, locale)) for usage, text in _house()]
    rows = [[(usage, words(text)) for usage, text in part] for part in (product, house)]
    tables = [table(_HEADS[locale], part) for part in rows]
    return page(
        said("commands.title", locale),
        locale,
        said("commands.product", locale),
        tables[0],
        said("commands.house", locale),
        tables[1],
    )


def _walk(at: argparse.ArgumentParser, name: str = "", text: str = "") -> Iterator[tuple[str, str]]:
    """Give usage and help of a parser, of its options and of its commands."""
    actions = at._actions  # noqa: SLF001 - argparse has no public way to ask what it knows
    groups = [each for each in actions if isinstance(each.choices, dict)]
    places = [each for each in actions if not each.option_strings and each not in groups]
    if name:
        yield " ".join([name, *(str(each.metavar or each.dest).upper() for each in places)]), text
    for each in actions:
        if each.option_strings and each.dest != "help":
            option = _option(each.option_strings[0], takes=each.nargs != 0)
            yield f"{name} {option}", each.help or ""
    for group in groups:
        helps = {one.dest: one.help or "" for one in _listed(group)}
        for command, below in cast("dict[str, argparse.ArgumentParser]", group.choices).items():
            yield from _walk(below, f"{name} {command}".strip(), helps.get(command, ""))


def _listed(group: argparse.Action) -> list[argparse.Action]:
    """Return a group's commands with their help, which the parsers themselves do not keep."""
    return list(group._get_subactions())  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _option(flag: str, *, takes: bool) -> str:
    return f"{flag} {flag.lstrip('-').upper()}" if takes else flag


def _house() -> Iterator[tuple[str, str]]:
    loader = SourceFileLoader("dev", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev", loader)
    assert spec is not None  # noqa: S101 - a loader of our own always has one
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for name, (purpose, needed, _) in module.COMMANDS.items():
        if not (ROOT / needed).exists():
            continue
        yield f"./dev {name}", purpose
        path = ROOT / needed
        if path.suffix == ".py" and not path.is_relative_to(PACKAGE):
            for flag, text in _flags(path):
                yield f"./dev {name} {flag}", text


def _flags(path: Path) -> Iterator[tuple[str, str]]:
    """Give the options that a tool's source adds to its parser, without running the tool."""
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "add_argument":
            continue
        given = {one.arg: one.value for one in node.keywords}
        flag = str(cast("ast.Constant", node.args[0]).value)
        text = _constant(given.get("help"))
        default = _constant(given.get("default"))
        told_default = f"({default})" if default else ""
        takes = "action" not in given
        shown = _option(flag, takes=takes) if flag.startswith("-") else flag.upper()
        yield shown, (text or told_default)


def _constant(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and node.value is not None else ""
