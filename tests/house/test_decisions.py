"""Every decision stands in the index and argues; every word of the glossary means one thing."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def test_every_decision_is_in_the_index_under_its_own_title() -> None:
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    missing = []
    for path in DECISIONS:
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" ", 1)
        line = f"| [{number}]({path.name}) | {title} |"
        missing += [line] if line not in index else []
    assert missing == []


def test_decisions_say_context_decision_and_consequences() -> None:
    parts = ("**Context.**", "**Decision.**", "**Consequences.**")
    texts = {path.name: path.read_text("utf-8") for path in DECISIONS}
    assert [name for name, text in texts.items() if any(p not in text for p in parts)] == []


def test_a_word_of_the_glossary_means_one_thing() -> None:
    glossary = (DOCS / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+) \|$", glossary, re.MULTILINE)
    terms = [row for row in rows if row[0] != "term"]
    assert len({term for term, _, _ in terms}) == len(terms)
    assert [term for term, _, meaning in terms if not meaning.endswith(".")] == []
