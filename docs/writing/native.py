"""The native interface: its actions, the rights that they need and the parameters they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from docs.writing.markdown import code, page, said, summary, table, told, words
from umcloud.doors.dialects.uapi.app import ACTIONS
from umcloud.doors.dialects.uapi.calls import EVERYWHERE
from umcloud.doors.dialects.uapi.errors import RETCODE_OF

_HEADS: Final = {
    "zh_CN": ("Action", "作用", "权限", "参数"),
    "en": ("Action", "what it does", "right", "parameters"),
}
_CODES: Final = {"zh_CN": ("RetCode", "代码"), "en": ("RetCode", "codes")}


def write(locale: str) -> str:
    """Return the page."""
    actions = [
        (
            code(name),
            words(told(summary(action.run), locale)),
            code(action.scope.value),
            _listed(sorted(action.parameters)),
        )
        for name, action in sorted(ACTIONS.items())
    ]
    return page(
        said("native.title", locale),
        locale,
        said("native.lead", locale),
        table(_HEADS[locale], actions),
        said("native.everywhere", locale) + " " + _listed(sorted(EVERYWHERE)),
        said("native.codes", locale),
        table(_CODES[locale], _codes()),
    )


def _codes() -> list[tuple[str, str]]:
    found: dict[int, list[str]] = {}
    for refusal, number in RETCODE_OF.items():
        found.setdefault(number, []).append(refusal)
    return [(str(number), _listed(sorted(codes))) for number, codes in sorted(found.items())]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))
