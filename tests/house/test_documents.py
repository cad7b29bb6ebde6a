"""Documents: no dead links, every decision in the index, one meaning a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for place, anchor in _LINK.findall(path.read_text("utf-8")):
        target = (path.parent / place) if place else path
        if not target.exists():
            dead.append(place)
        elif anchor and anchor not in anchors(target.read_text("utf-8")):
            dead.append(f"{place}#{anchor}")
    assert dead == []


def test_every_decision_is_in_the_index_under_its_own_title() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    missing = []
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" ", 1)
        line = f"| [{number}]({path.name}) | {title} |"
        missing += [line] if line not in index else []
    assert missing == []


def test_decisions_say_context_decision_and_consequences() -> None:
    for path in DECISIONS.glob("[0-9]*.md"):
        text = path.read_text("utf-8")
        parts = ("**Context.**", "**Decision.**", "**Consequences.**")
        assert all(part in text for part in parts), path.name


def test_a_word_of_the_glossary_means_one_thing() -> None:
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \|$",
        (ROOT / "docs" / "glossary.md").read_text("utf-8"),
        re.MULTILINE,
    )
    terms = [row[0] for row in rows if row[0] != "term"]
    assert sorted(set(terms)) == sorted(terms)
    assert all(chinese and meaning.endswith(".") for t, chinese, meaning in rows if t in terms)
