"""Every event that slices announce: its name, what happened, its facts, and who is told."""

from __future__ import annotations

import sys
from dataclasses import fields
from itertools import groupby
from typing import Final

from docs.writing.markdown import code, page, said, summary, table, words
from docs.writing.refusals import plain
from docs.writing.sources import import_all
from umcloud.infra.bus import Event
from umcloud.infra.i18n import load_catalogue
from umcloud.main.wiring import TOLD

_HEADS: Final = {
    "zh_CN": ("事件", "发生了什么", "事实", "通知"),
    "en": ("event", "what happened", "facts", "told"),
}
_TOLD: Final = {
    "zh_CN": {None: "", False: "站内", True: "站内、邮件"},
    "en": {None: "", False: "inbox", True: "inbox, mail"},
}


def write(locale: str) -> str:
    """Return the page."""
    import_all(speaking_of="(Event)")
    known = sorted(_all(Event), key=lambda cls: (_group(cls), cls.name))
    parts = [said("events.lead", locale)]
    for group, members in groupby(known, key=_group):
        parts += [f"## {group}", table(_HEADS[locale], [_row(cls, locale) for cls in members])]
    return page(said("events.title", locale), locale, *parts)


def _all(cls: type[Event]) -> list[type[Event]]:
    below = [one for each in cls.__subclasses__() for one in _all(each)]
    # A dataclass with slots replaces the class that was written, which lives on as a subclass.
    real = getattr(sys.modules[cls.__module__], cls.__name__, None) is cls
    ours = cls.__module__.startswith("umcloud.") and "name" in cls.__dict__
    return [cls, *below] if ours and real else below


def _group(cls: type[Event]) -> str:
    return cls.__module__.removeprefix("umcloud.").removeprefix("domains.").removesuffix(".events")


def _row(cls: type[Event], locale: str) -> list[str]:
    sentence = load_catalogue(locale).sentences["events"].get(cls.name, "")
    happened = words(plain(sentence) if sentence and locale == "zh_CN" else summary(cls))
    facts = ", ".join(code(each.name) for each in fields(cls))
    return [code(cls.name), happened, facts, _TOLD[locale][TOLD.get(cls)]]
