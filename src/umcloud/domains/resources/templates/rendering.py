"""Putting values into a template, once a message: as little work as can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from umcloud.domains.resources.templates.errors import (
    ParamsMismatch,
    ValueNotAllowed,
    VariablesBroken,
)
from umcloud.domains.resources.templates.model import TemplateClass

LONGEST_CODE: Final = 7

#: R-TPL-05 “and alike”: control characters but the line feed, arrows, box and block pieces,
#: geometric shapes, dingbats, yen signs, private use and everything beyond the basic plane (emoji).
#: The brackets stand for a signature, and a text with two of them shows a forged one.
GARBLING: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xa5\u200b-\u200f\u2028-\u202e\u203b\u2190-\u21ff\u2500-\u27bf"
    "\u2b00-\u2bff\u3010\u3011\u3013\ud800-\uf8ff\ufe0f\uffe5\ufff0-\uffff\U00010000-\U0010ffff]"
)

_BRACED = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A content prepared for values; keep it as long as the template's facts."""

    content: str
    variable_count: int
    fill: Callable[..., str] = field(repr=False, compare=False)

    def render(self, values: Sequence[str]) -> str:
        """Return the text; `ParamsMismatch` unless there is one value a variable (R-VAR-01, 02)."""
        if len(values) != self.variable_count:
            raise ParamsMismatch(expected=self.variable_count, given=len(values))
        return self.fill(*values)


def compile_content(content: str) -> CompiledTemplate:
    """Return the prepared content; `VariablesBroken` unless they are {1}, {2} … without gaps.

    A variable may stand more than once, and in any order. Other braces are refused.
    """
    numbers = set()
    for inner in _BRACED.findall(content):
        if not _NUMBER.fullmatch(inner):
            raise VariablesBroken(variable=f"{{{inner}}}")
        numbers.add(int(inner))
    rest = _BRACED.sub("", content)
    for brace in "{}":
        if brace in rest:
            raise VariablesBroken(variable=brace)
    for expected, number in enumerate(sorted(numbers), 1):
        if number != expected:
            raise VariablesBroken(variable=f"{{{number}}}")
    # Values are positional arguments of a text that holds nothing but our own numbers in braces,
    # so they can neither reach into objects nor be read as variables themselves.
    pattern = _BRACED.sub(lambda found: f"{{{int(found[1]) - 1}}}", content)
    return CompiledTemplate(content, len(numbers), pattern.format)


def render(content: str, values: Sequence[str]) -> str:
    """Return the text of one message. On the hot path compile once and keep the result."""
    return compile_content(content).render(values)


def check_values(cls: TemplateClass, values: Sequence[str]) -> None:
    """Refuse values that break the variable rules (R-VAR-03, 04): `ValueNotAllowed`.

    OTP: 1 to 7 letters or digits. Others: no garbling symbols, no signature brackets.
    """
    if cls is TemplateClass.OTP:
        for value in values:
            if not (0 < len(value) <= LONGEST_CODE and value.isascii() and value.isalnum()):
                raise ValueNotAllowed(position=values.index(value) + 1)
    else:
        for value in values:
            if GARBLING.search(value):
                raise ValueNotAllowed(position=values.index(value) + 1)
