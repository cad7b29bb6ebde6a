"""Every promise of the user agreement and how it stands, as `umcloud clauses` knows it."""

from __future__ import annotations

from typing import Final

from docs.writing.markdown import page, said, table, told, words
from docs.writing.sources import PACKAGE, ROOT
from umcloud.cli.clauses import Finding, examine, marks_in_code, marks_in_tests
from umcloud.domains.agreements.shipped import requirements

_HEADS: Final = {
    "zh_CN": ("条款", "要求", "状态", "说明与所在"),
    "en": ("clause", "requirement", "status", "note and places"),
}
_STATUS: Final = {
    "zh_CN": {True: "已履行", False: "待完成"},
    "en": {True: "kept", False: "later"},
}


def write(locale: str) -> str:
    """Return the page."""
    code, proofs = marks_in_code(PACKAGE), marks_in_tests(ROOT / "tests")
    findings = examine(requirements(), code, proofs)
    rows = [
        (
            f"**{found.requirement.id}**",
            words(found.requirement.sentence[locale]),
            _STATUS[locale][found.requirement.kept],
            " ".join([words(told(found.requirement.note, locale)), _places(found)]),
        )
        for found in findings
    ]
    return page(
        said("clauses.title", locale),
        locale,
        said("clauses.lead", locale),
        table(_HEADS[locale], rows),
    )


def _places(found: Finding) -> str:
    """Return the slices and doors that keep the clause; files and lines would change every day."""
    folders = dict.fromkeys("/".join(where.split("/")[1:3]) for where in found.code)
    return ", ".join(f"`{folder.partition(':')[0]}`" for folder in folders)
