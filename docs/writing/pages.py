"""Which pages there are, and in which languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docs.writing import (
    api,
    callbacks,
    clauses,
    commands,
    events,
    invariants,
    native,
    numbers,
    refusals,
    settings,
    tables,
)
from docs.writing.markdown import LOCALES, file_name

FOLDER: Final = Path(__file__).resolve().parents[1] / "reference"

Writer = Callable[[str], str]
#: In the order of the site's navigation.
PAGES: Final[Mapping[str, Writer]] = {
    "api": api.write,
    "native": native.write,
    "refusals": refusals.write,
    "callbacks": callbacks.write,
    "events": events.write,
    "test-numbers": numbers.write,
    "settings": settings.write,
    "commands": commands.write,
    "clauses": clauses.write,
    "invariants": invariants.write,
    "tables": tables.write,
}
#: What only those who read the source read; its words are the source's.
ENGLISH_ONLY: Final = frozenset({"tables"})


def written() -> dict[str, str]:
    """Return every page's text by its file's name."""
    return {
        file_name(page, locale): write(locale)
        for page, write in PAGES.items()
        for locale in LOCALES
        if locale == "en" or page not in ENGLISH_ONLY
    }


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the files that are not what the code says, are missing, or should not be there."""
    wanted = written()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    names = wanted.keys() | there.keys()
    return sorted(name for name in names if wanted.get(name) != there.get(name))


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is stale, remove what nobody writes any more; return the names."""
    wanted = written()
    changed = stale(folder)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed
