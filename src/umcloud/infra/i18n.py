"""Texts in the languages we speak: sentences from `locale/<language>/*.json`, and formats.

A file is `{"refusals": {code: sentence}, "events": {name: sentence}, "ui": {key: sentence}}`.
Sentences carry facts in braces. What a fact is decides how it is written (`Money` with ¥, a
moment in Shanghai's time, whole numbers grouped); after a colon stands a wish of its own:
`{price:unit}`, `{phone:masked}`, `{count:plural,message,messages}`, `{text:raw}`.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from umcloud.kernel.moments import SHANGHAI, require_utc
from umcloud.kernel.money import MICROS_PER_YUAN, Money
from umcloud.kernel.refusals import Refusal

log = logging.getLogger(__name__)

DEFAULT_LOCALE: Final = "zh_CN"
LOCALES: Final = ("zh_CN", "en")
LANGUAGE_TAGS: Final = {"zh_CN": "zh-CN", "en": "en"}
LOCALE_FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"
_SECTIONS: Final = ("refusals", "events", "ui")
_CENT: Final = Decimal("0.01")
_DIGIT: Final = re.compile(r"\d", re.ASCII)
_MAINLAND_MOBILE: Final = re.compile(r"(?:86)?(1[3-9]\d{9})", re.ASCII)


class MissingTextError(LookupError):
    """A sentence, or a fact that a sentence names, does not exist."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All sentences of one language; `sentences[section][key]`."""

    locale: str
    sentences: Mapping[str, Mapping[str, str]]

    def find(self, section: str, key: str) -> str | None:
        """Return the sentence, or None."""
        return self.sentences[section].get(key)


@functools.cache
def load_catalogue(locale: str, folder: Path = LOCALE_FOLDER) -> Catalogue:
    """Read every file of a language once; ValueError where two files share a key."""
    sentences: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for path in sorted((folder / locale).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for section, entries in content.items():
            if section not in sentences:
                raise ValueError(f"{path.name}: no section is called {section}")
            for key, sentence in entries.items():
                if key in sentences[section]:
                    raise ValueError(f"{path.name}: {section} {key} is said by another file too")
                sentences[section][key] = sentence
    return Catalogue(locale, sentences)


def placeholders(sentence: str) -> frozenset[str]:
    """Return the names of the facts that a sentence carries."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


def discrepancies(folder: Path = LOCALE_FOLDER) -> list[str]:
    """Return, one line each, what one language says and another does not (none is right)."""
    found = []
    first = load_catalogue(DEFAULT_LOCALE, folder)
    for locale in LOCALES[1:]:
        other = load_catalogue(locale, folder)
        for section in _SECTIONS:
            ours, theirs = first.sentences[section], other.sentences[section]
            found += [
                f"{section} {key}: in one language only" for key in ours.keys() ^ theirs.keys()
            ]
            found += [
                f"{section} {key}: other facts in {locale}"
                for key in ours.keys() & theirs.keys()
                if placeholders(ours[key]) != placeholders(theirs[key])
            ]
    return sorted(found)


def choose_locale(*wishes: str | None) -> str:
    """Return the first wish that we speak: our own names, or an Accept-Language header."""
    for wish in wishes:
        for part in (wish or "").split(","):
            tag = part.partition(";")[0].strip().replace("-", "_").lower()
            for locale in LOCALES:
                if tag and locale.lower().partition("_")[0] == tag.partition("_")[0]:
                    return locale
    return DEFAULT_LOCALE


def masked_phone(number: str) -> str:  # C13.2
    """Return a number as screens and the audit may show it: 138****8000, +852****4567.

    Takes every written and stored form. At most three digits in front and four behind are shown,
    and never so many that fewer than four stay hidden.
    """
    digits = "".join(_DIGIT.findall(number)).removeprefix("00")
    mainland = _MAINLAND_MOBILE.fullmatch(digits)
    digits = mainland[1] if mainland else digits
    if len(digits) < len("138****"):
        return "****"
    sign = "" if mainland else "+"
    return f"{sign}{digits[:3]}****{digits[max(7, len(digits) - 4) :]}"


def masked_body(body: str) -> str:
    """Return a message's text with everything hidden but its signature and its length."""
    head, bracket, rest = body.partition("】")
    if not bracket or not head.startswith("【"):
        head, rest = "", body
    return f"{head}{bracket}{'•' * min(len(rest), 12)} ({len(rest)})"


class _Sentence(string.Formatter):
    """Fills sentences; facts are plain names, so a catalogue cannot reach into objects."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def get_field(
        self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, str]:
        del args
        if field_name not in kwargs:
            raise MissingTextError(f"the fact {field_name}")
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._texts.say(value, format_spec)


class Texts:
    """What one reader is told: sentences and formats in one language.

    Strict texts raise `MissingTextError`; lenient ones (production) log an error and fall back on
    the first language, then on the kind of the refusal, and last on the key.
    """

    def __init__(
        self, locale: str = DEFAULT_LOCALE, *, strict: bool = True, folder: Path = LOCALE_FOLDER
    ) -> None:
        if locale not in LOCALES:
            raise ValueError(f"we do not speak {locale}")
        self.locale = locale
        self.language_tag = LANGUAGE_TAGS[locale]
        self.strict = strict
        self._folder = folder
        self._formatter = _Sentence(self)

    def __call__(self, key: str, **facts: object) -> str:
        """Return `ui(key, **facts)`; so that a template may write `t("kit.save")`."""
        return self.ui(key, **facts)

    def ui(self, key: str, **facts: object) -> str:
        """Return a sentence of the screens."""
        return self._told("ui", key, facts)

    def event(self, name: str, **facts: object) -> str:
        """Return what happened, as a person is told."""
        return self._told("events", name, facts)

    def refusal(self, refusal: Refusal) -> str:
        """Return why not and what to do next; facts are filled in."""
        if self.strict or self.knows("refusals", refusal.code):
            return self._told("refusals", refusal.code, refusal.facts)
        log.error("no sentence for refusals %s in %s", refusal.code, self.locale)
        return self._told("ui", f"kit.refused.{refusal.kind.value}", {})

    def knows(self, section: str, key: str) -> bool:
        """Tell whether a sentence exists in this language."""
        return load_catalogue(self.locale, self._folder).find(section, key) is not None

    def _told(self, section: str, key: str, facts: Mapping[str, object]) -> str:
        sentence = load_catalogue(self.locale, self._folder).find(section, key)
        if sentence is None:
            if self.strict:
                raise MissingTextError(f"{section} {key} in {self.locale}")
            log.error("no sentence for %s %s in %s", section, key, self.locale)
            sentence = load_catalogue(DEFAULT_LOCALE, self._folder).find(section, key)
        if sentence is None:
            return key
        try:
            return self._formatter.vformat(sentence, (), facts)
        except MissingTextError as missing:
            if self.strict:
                raise MissingTextError(f"{section} {key} needs {missing}") from missing
            log.error("%s %s needs %s", section, key, missing)  # noqa: TRY400 - no trace is needed
            return sentence

    def say(self, value: object, wish: str = "") -> str:
        """Return a fact as a reader sees it; `wish` is what follows the colon in a sentence."""
        if wish.startswith("plural,"):
            return self._plural(value, wish)
        if wish:
            return _WISHES[wish](self, value)
        for kind, write in _WRITERS:
            if isinstance(value, kind):
                return write(self, value)
        return str(value)

    def _plural(self, value: object, wish: str) -> str:
        _, one, many = wish.split(",", 2)
        number = value if isinstance(value, int) else int(str(value))
        return f"{self.count(number)} {one if number == 1 else many}"

    def money(self, amount: Money) -> str:
        """Return ¥ with 2 decimals, rounded half up; `exact` shows what that hides."""
        return self._yuan(amount, ROUND_HALF_UP)

    def balance(self, amount: Money) -> str:
        """Return ¥ with 2 decimals, never more than there is."""
        return self._yuan(amount, ROUND_FLOOR)

    def exact(self, amount: Money) -> str:
        """Return ¥ with every decimal the amount has, at least 2."""
        return _signed(Decimal(amount.micros) / MICROS_PER_YUAN, 2)

    def unit_price(self, price: Money | Decimal) -> str:
        """Return ¥ with 4 decimals, more where the price is finer."""
        yuan = Decimal(price.micros) / MICROS_PER_YUAN if isinstance(price, Money) else price
        return _signed(yuan, 4)

    def _yuan(self, amount: Money, rounding: str) -> str:
        yuan = (Decimal(amount.micros) / MICROS_PER_YUAN).quantize(_CENT, rounding)
        return _signed(yuan, 2)

    def count(self, number: int) -> str:
        """Return a whole number, grouped by thousands."""
        return f"{number:,}"

    def percent(self, share: Decimal | None, decimals: int = 1) -> str:
        """Return a share (1 = all) as a percentage; a dash where there is none."""
        return "—" if share is None else f"{share * 100:.{decimals}f}%"

    def size(self, count: int) -> str:
        """Return a number of bytes as kB or MB; what is whole in units of 1024 is said in these."""
        binary = count > 0 and count % 1024 == 0
        kilo = 1024 if binary and (count < 1024 * 1024 or count % (1024 * 1024) == 0) else 1000
        if count < kilo * kilo:
            return f"{max(1, count // kilo)} kB"
        megabytes = f"{Decimal(count) / (kilo * kilo):.1f}".removesuffix(".0")
        return f"{megabytes} MB"

    def moment(self, moment: datetime) -> str:
        """Return date and time to the second in Shanghai."""
        return require_utc(moment).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")

    def moment_utc(self, moment: datetime) -> str:
        """Return date and time to the second in UTC, and say so."""
        return require_utc(moment).strftime("%Y-%m-%d %H:%M:%S UTC")

    def hour(self, moment: datetime) -> str:
        """Return hours and minutes in Shanghai."""
        return require_utc(moment).astimezone(SHANGHAI).strftime("%H:%M")

    def day(self, day: date) -> str:
        """Return a calendar day; of a moment, the day in Shanghai."""
        if isinstance(day, datetime):
            day = require_utc(day).astimezone(SHANGHAI).date()
        return day.isoformat()


def _signed(yuan: Decimal, decimals: int) -> str:
    digits = f"{abs(yuan):,f}"
    whole, _, part = digits.partition(".")
    part = part.rstrip("0").ljust(decimals, "0")
    sign = "-" if yuan < 0 else ""
    return f"{sign}¥{whole}.{part}"


def _enumerated(texts: Texts, member: Enum) -> str:
    key = f"enum.{type(member).__name__}.{member.name}"
    return texts.ui(key) if texts.knows("ui", key) else str(member.value)


_WISHES: Final[Mapping[str, Callable[[Texts, Any], str]]] = {
    "unit": Texts.unit_price,
    "exact": Texts.exact,
    "balance": Texts.balance,
    "day": Texts.day,
    "hour": Texts.hour,
    "utc": Texts.moment_utc,
    "percent": Texts.percent,
    "size": Texts.size,
    "masked": lambda _texts, value: masked_phone(str(value)),
    "raw": lambda _texts, value: str(value),
}
_WRITERS: Final[Sequence[tuple[type, Callable[[Texts, Any], str]]]] = (
    (bool, lambda texts, value: texts.ui("kit.yes" if value else "kit.no")),
    (Money, Texts.money),
    (datetime, Texts.moment),
    (date, Texts.day),
    (Enum, _enumerated),
    (int, Texts.count),
    ((tuple), lambda texts, value: texts.ui("kit.comma").join(map(texts.say, value))),
)
