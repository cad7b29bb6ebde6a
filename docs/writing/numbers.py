"""The sandbox's test numbers: what their last four digits decide."""

from __future__ import annotations

from typing import Final

from docs.writing.markdown import code, page, said, table, words
from umcloud.sandbox.carrier.fates import FATES, ORDINARY, Fate
from umcloud.wire.smpp import codes

_HEADS: Final = {
    "zh_CN": ("末四位", "命运", "提交应答", "回执"),
    "en": ("ending", "fate", "answer to the submission", "receipt"),
}


def write(locale: str) -> str:
    """Return the page."""
    rows = [_row(fate, locale) for fate in (*FATES, ORDINARY)]
    return page(
        said("numbers.title", locale),
        locale,
        said("numbers.lead", locale),
        table(_HEADS[locale], rows),
    )


def _row(fate: Fate, locale: str) -> list[str]:
    answer = code(f"0x{fate.submit_status:08X}") if fate.answered else said("numbers.none", locale)
    receipt = code(f"{fate.state} err:{fate.error}")
    if fate.submit_status != codes.OK or not fate.receipts:
        receipt = said("numbers.none", locale)
    fated = fate.zh if locale == "zh_CN" else fate.en
    return [code(fate.ending) or said("numbers.others", locale), words(fated), answer, receipt]
