"""Every refusal: its code, how each door for programs answers it, and what people are told."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from docs.writing.markdown import code, page, said, summary, table, words
from docs.writing.sources import import_all
from umcloud.doors.api import errors as api
from umcloud.doors.dialects.uapi import errors as uapi
from umcloud.doors.kit import errors as kit
from umcloud.infra.i18n import load_catalogue
from umcloud.kernel.refusals import Kind, Refusal, registry

_PLURAL: Final = re.compile(r"\{(\w+):plural,[^,{}]*,([^{}]*)\}")
_WISH: Final = re.compile(r"\{(\w+):[^{}]*\}")
_KIND_HEADS: Final = {
    "zh_CN": ("类别", "HTTP", "RetCode", "标题"),
    "en": ("kind", "HTTP", "RetCode", "title"),
}
_HEADS: Final = {
    "zh_CN": ("代码", "类别", "HTTP", "RetCode", "提示"),
    "en": ("code", "kind", "HTTP", "RetCode", "sentence", "when"),
}


def write(locale: str) -> str:
    """Return the page."""
    import_all(speaking_of="Refusal")
    ours = [cls for _, cls in sorted(registry().items()) if cls.__module__.startswith("umcloud.")]
    parts = [said("refusals.lead", locale), said("refusals.kinds", locale), _kinds(locale)]
    for group, members in groupby(ours, key=lambda cls: cls.code.partition(".")[0]):
        parts += [f"## {group}", table(_HEADS[locale], [_row(cls, locale) for cls in members])]
    return page(said("refusals.title", locale), locale, *parts)


def _kinds(locale: str) -> str:
    screens = load_catalogue(locale).sentences["ui"]
    return table(
        _KIND_HEADS[locale],
        [
            (
                code(kind.value),
                str(kit.STATUS[kind]),
                str(uapi.RETCODE[kind]),
                words(screens[f"api.title.{kind.value}"]),
            )
            for kind in Kind
        ],
    )


def _row(cls: type[Refusal], locale: str) -> list[str]:
    sentence = load_catalogue(locale).sentences["refusals"].get(cls.code, "")
    row = [
        code(cls.code),
        cls.kind.value,
        str(_status(cls)),
        str(uapi.RETCODE_OF.get(cls.code, "")),
        words(plain(sentence)),
    ]
    return row if locale == "zh_CN" else [*row, words(summary(cls))]


def _status(cls: type[Refusal]) -> int:
    if cls.__module__ == kit.__name__:
        return kit.status_of(cls())
    return api.STATUS_OF.get(cls.code) or kit.STATUS[cls.kind]


def plain(sentence: str) -> str:
    """Return a sentence of the catalogue with bare facts: `{count} messages`, `{price}`."""
    return _WISH.sub(r"{\1}", _PLURAL.sub(r"{\1} \2", sentence))
