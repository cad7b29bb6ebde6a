"""Sensitive words: advice to writers and reviewers, and a bar to values (R-TPL-12, R-VAR-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from umcloud.domains.resources.templates.errors import WordBlocked
from umcloud.domains.resources.templates.model import TemplateClass, WordHit

_LIST: Final = Path(__file__).with_name("words.txt")


def _read() -> tuple[dict[str, str], frozenset[str]]:
    topics: dict[str, str] = {}
    blocked: set[str] = set()
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            topic, action, *words = line.split()
            topics.update((word.casefold(), topic) for word in words)
            if action == "block":
                blocked.update(word.casefold() for word in words)
    return topics, frozenset(blocked)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    # Longer words first, so that a hit is the most telling one.
    return re.compile("|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word))))


_TOPICS, _BLOCKED = _read()
_EVERY = _any_of(_TOPICS)
_BARRED = _any_of(_BLOCKED)


def topics() -> frozenset[str]:
    """Return the names of all topics."""
    return frozenset(_TOPICS.values())


def find_words(text: str, cls: TemplateClass | None = None) -> tuple[WordHit, ...]:
    """Return the sensitive words of a text in order, each once: advice only (R-TPL-12).

    Words of advertising are no hits in a marketing template (R-TPL-08).
    """
    words = dict.fromkeys(_EVERY.findall(text.casefold()))
    hits = [WordHit(word, _TOPICS[word]) for word in words]
    if cls is TemplateClass.MARKETING:
        hits = [hit for hit in hits if hit.topic != TemplateClass.MARKETING.value]
    return tuple(hits)


def check_words(values: Sequence[str]) -> None:
    """Refuse values with words that carriers block: `WordBlocked` (18023)."""
    for position, value in enumerate(values, 1):
        if value.isdecimal():
            continue
        found = _BARRED.search(value.casefold())
        if found:
            raise WordBlocked(position=position, word=found[0])
