"""What cells, facts and figures hold; `show` writes each kind the way a reader expects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from markupsafe import Markup

from umcloud.infra.i18n import Texts, masked_body, masked_phone
from umcloud.kernel.money import Money


class Key(str):
    """A ui key where a text may stand too: `Key("portal.signatures.title")`."""

    __slots__ = ()


class Tone(Enum):
    """What a colour means; a word always stands beside it."""

    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"
    ATTENTION = "attention"
    IDLE = "idle"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word and a colour."""

    text: str
    """Text, or a `Key`."""
    tone: Tone = Tone.IDLE


@dataclass(frozen=True, slots=True)
class Link:
    """A way to somewhere; `href` as `ctx.url` takes it."""

    text: object
    href: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A number, shown masked unless the viewer may see it."""

    number: str
    unmasked: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A message's text; masked for operators."""

    text: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """An identifier or a piece of a program: monospaced, easy to copy."""

    text: str


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A price of one: 4 decimals."""

    amount: Money | Decimal


@dataclass(frozen=True, slots=True)
class Exact:
    """An amount with all its decimals: ledger lines and charges."""

    amount: Money


@dataclass(frozen=True, slots=True)
class Percent:
    """A share, 1 = all; a dash where there is none."""

    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Lines:
    """A value with a smaller second line."""

    first: object
    second: object


def said(texts: Texts, words: str) -> str:
    """Return a text as it is and a `Key` in the reader's language.

    The names of an enum's members fit into sentences; by themselves they begin with a capital.
    """
    if not isinstance(words, Key):
        return words
    told = texts.ui(words)
    return told[:1].upper() + told[1:] if words.startswith("enum.") else told


def named(member: Enum) -> Key:
    """Return a choice by its name, as a thing that stands by itself: with a capital."""
    return Key(f"enum.{type(member).__name__}.{member.name}")


def time_tag(texts: Texts, moment: datetime) -> Markup:
    """Return a moment in Shanghai's time, with UTC on hover."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), texts.moment_utc(moment), texts.moment(moment)
    )


def is_numeric(value: object) -> bool:
    """Tell whether a value stands right-aligned in a column."""
    kinds = (Money, UnitPrice, Exact, Percent, Decimal, int)
    return isinstance(value, kinds) and not isinstance(value, bool)


def show(texts: Texts, value: Any, root: str = "") -> Markup:
    """Return a value as HTML, escaped, by its kind; a dash for None."""
    if isinstance(value, Markup):
        return value
    if value is None or value == "":
        return Markup('<span class="text-secondary">—</span>')
    if isinstance(value, Badge):
        return _badge(texts, value)
    if isinstance(value, Link):
        href = root + value.href if value.href.startswith("/") else value.href
        return Markup('<a href="{}">{}</a>').format(href, show(texts, value.text, root))
    if isinstance(value, Lines):
        parts = show(texts, value.first, root), show(texts, value.second, root)
        return Markup('{}<div class="text-secondary small">{}</div>').format(*parts)
    return _plain(texts, value)


def _badge(texts: Texts, badge: Badge) -> Markup:
    return Markup('<span class="k-badge k-{}"><i></i>{}</span>').format(
        badge.tone.value, said(texts, badge.text)
    )


def _plain(texts: Texts, value: object) -> Markup:
    if isinstance(value, datetime):
        return time_tag(texts, value)
    if isinstance(value, Phone):
        return Markup('<span class="k-num">{}</span>').format(words_of(texts, value))
    if isinstance(value, Body):
        return Markup('<span class="k-body">{}</span>').format(words_of(texts, value))
    if isinstance(value, Code):
        return Markup('<code class="k-code">{}</code>').format(value.text)
    return Markup('<span class="{}">{}</span>').format(
        "k-num" if is_numeric(value) or isinstance(value, date) else "", words_of(texts, value)
    )


def words_of(texts: Texts, value: object) -> str:
    """Return a value as plain text: for exports, attributes and sentences."""
    words: object = value
    if isinstance(value, UnitPrice):
        words = texts.unit_price(value.amount)
    elif isinstance(value, Exact):
        words = texts.exact(value.amount)
    elif isinstance(value, Percent):
        words = texts.percent(value.share)
    elif isinstance(value, Key):
        words = said(texts, value)
    elif isinstance(value, Badge | Link | Code):
        words = words_of(texts, value.text)
    elif isinstance(value, Body):
        words = masked_body(value.text) if value.masked else value.text
    elif isinstance(value, Phone):
        words = value.number if value.unmasked else masked_phone(value.number)
    elif isinstance(value, Lines):
        words = f"{words_of(texts, value.first)} {words_of(texts, value.second)}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        words = texts.ui("kit.comma").join(words_of(texts, one) for one in value)
    return "" if words is None else texts.say(words)
