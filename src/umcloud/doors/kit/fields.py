"""The fields of forms: how each is shown and how what was typed becomes a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from umcloud.kernel.money import MICROS_PER_FEN, Money

ONE_FEN: Final = Money(MICROS_PER_FEN)
ONE_MILLION_YUAN: Final = Money.yuan(1_000_000)


class UnfitError(Exception):
    """What was typed does not fit; `key` is a ui key and `facts` what its sentence names."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its value, its name (a text or a `values.Key`), a line of explanation."""

    value: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent, read wholly; its size was bounded by its field."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What all fields have. `label`, `help` and `placeholder` are ui keys."""

    widget: ClassVar[str] = "text"

    name: str
    label: str
    help: str = ""
    placeholder: str = ""
    required: bool = True

    def read(self, typed: list[str]) -> object:
        """Return the value; UnfitError where it does not fit."""
        text = typed[0].strip() if typed else ""
        if not text:
            if self.required:
                raise UnfitError("kit.field.required")
            return self.nothing()
        return self.parse(text)

    def nothing(self) -> object:
        """Return the value of a field that was left empty and may be."""
        return ""

    def parse(self, text: str) -> object:
        """Return the value of a text that is not empty."""
        return text

    def typed(self, value: object) -> list[str]:
        """Return a value as it would have been typed, to fill a form with."""
        if value is None:
            return []
        if isinstance(value, Money):
            return [value.plain()]
        if isinstance(value, list | tuple | set | frozenset):
            return [str(one) for one in value]
        return [str(value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """One line. `input_type` sets the keyboard of phones: text, email, tel, url, search."""

    max_length: int = 200
    min_length: int = 0
    pattern: str = ""
    """A regular expression that the whole text fits."""
    pattern_key: str = "kit.field.pattern"
    """ui key of what to say where it does not."""
    input_type: str = "text"
    autocomplete: str = ""

    def parse(self, text: str) -> object:
        """Return the line without blanks around it."""
        if len(text) > self.max_length:
            raise UnfitError("kit.field.too_long", most=self.max_length, length=len(text))
        if len(text) < self.min_length:
            raise UnfitError("kit.field.too_short", least=self.min_length)
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise UnfitError(self.pattern_key)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Text):
    """An address of the usual shape; whether it exists only a letter tells."""

    pattern: str = r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+"
    pattern_key: str = "kit.field.email"
    input_type: str = "email"
    autocomplete: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Password(Text):
    """Never shown again, not even after an error; read as typed."""

    widget: ClassVar[str] = "password"

    max_length: int = 128
    autocomplete: str = "current-password"

    def read(self, typed: list[str]) -> object:
        """Return what was typed, blanks and all."""
        if not typed or not typed[0]:
            raise UnfitError("kit.field.required")
        return self.parse(typed[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LongText(Text):
    """Several lines; line ends become plain newlines. `counted` shows the length beside it."""

    widget: ClassVar[str] = "long"

    max_length: int = 2000
    rows: int = 4
    counted: bool = False

    def parse(self, text: str) -> object:
        """Return the text with plain line ends."""
        # Named, because a dataclass with slots is a new class that bare super() does not know.
        return Text.parse(self, text.replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Field):
    """A whole number between two bounds."""

    widget: ClassVar[str] = "number"

    least: int = 0
    most: int = 1_000_000_000
    step: int = 1

    def nothing(self) -> object:
        """Return None."""
        return None

    def parse(self, text: str) -> object:
        """Return an int."""
        if not re.fullmatch(r"-?[0-9]{1,15}", text.replace(",", "")):
            raise UnfitError("kit.field.whole")
        number = int(text.replace(",", ""))
        if not self.least <= number <= self.most:
            raise UnfitError("kit.field.between", least=self.least, most=self.most)
        if number % self.step:
            raise UnfitError("kit.field.step", step=self.step)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Field):
    """An amount in yuan, to the fen, as `Money`."""

    widget: ClassVar[str] = "amount"

    least: Money = ONE_FEN
    most: Money = ONE_MILLION_YUAN
    suggestions: tuple[Money, ...] = ()

    def nothing(self) -> object:
        """Return None."""
        return None

    def parse(self, text: str) -> object:
        """Return Money."""
        plain = text.replace(",", "").lstrip("¥￥")
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", plain):
            raise UnfitError("kit.field.amount")
        amount = Money.yuan(plain)
        if not self.least <= amount <= self.most:
            raise UnfitError("kit.field.between", least=self.least, most=self.most)
        return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A calendar day in Shanghai."""

    widget: ClassVar[str] = "day"

    def nothing(self) -> object:
        """Return None."""
        return None

    def parse(self, text: str) -> object:
        """Return a date."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise UnfitError("kit.field.day") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of several options: `look` is cards, radio or select."""

    widget: ClassVar[str] = "choice"

    options: tuple[Option, ...] = ()
    look: str = "select"

    def parse(self, text: str) -> object:
        """Return the value of an option."""
        if text not in {option.value for option in self.options}:
            raise UnfitError("kit.field.choice")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks(Field):
    """Any of several options; with `every`, each must be ticked (acknowledged) by itself."""

    widget: ClassVar[str] = "checks"

    options: tuple[Option, ...] = ()
    every: bool = False

    def read(self, typed: list[str]) -> object:
        """Return the ticked values in the order of the options."""
        ticked = tuple(option.value for option in self.options if option.value in typed)
        if self.every and len(ticked) < len(self.options):
            raise UnfitError("kit.field.every", missing=len(self.options) - len(ticked))
        if self.required and not ticked:
            raise UnfitError("kit.field.required")
        return ticked


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Field):
    """A single box; must be ticked where the field is required."""

    widget: ClassVar[str] = "check"

    def read(self, typed: list[str]) -> object:
        """Return a bool."""
        if self.required and not typed:
            raise UnfitError("kit.field.tick")
        return bool(typed)

    def typed(self, value: object) -> list[str]:
        """Return a tick for True."""
        return ["yes"] if value else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden(Field):
    """A value that travels with the form; `label` is for errors only."""

    widget: ClassVar[str] = "hidden"

    label: str = "kit.field.hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Field):
    """A file, or several; kinds by filename ending and by the bytes they begin with."""

    widget: ClassVar[str] = "file"

    accept: tuple[str, ...] = (".pdf", ".png", ".jpg", ".jpeg")
    most_bytes: int = 5_000_000
    several: int = 1
    """How many files at most."""
    magic: tuple[bytes, ...] = field(default=(b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff"))
    """What content may begin with; anything where empty."""

    def check(self, upload: Upload) -> Upload:
        """Return the file; UnfitError where its kind or size does not fit."""
        if len(upload.content) > self.most_bytes:
            raise UnfitError("kit.field.file_size", most=self.most_bytes)
        kinds = ", ".join(self.accept)
        if self.accept and not upload.filename.lower().endswith(self.accept):
            raise UnfitError("kit.field.file_kind", kinds=kinds)
        if self.magic and not upload.content.startswith(self.magic):
            raise UnfitError("kit.field.file_kind", kinds=kinds)
        return upload
