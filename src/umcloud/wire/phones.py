"""Phone numbers as customers write them, and as carriers and screens need them.

Accepted forms (R-SEND-06): a bare mainland mobile, `(cc)number`, `(00cc)number` and `+cc…`.
Mainland numbers are checked against the mobile ranges; foreign ones against the possible lengths
of their country's numbering plan (ITU-T E.164, data of the `phonenumbers` package).
"""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple

import phonenumbers

from umcloud.kernel.refusals import Kind, Refusal

MAINLAND = "86"

_BARE_LENGTH = 11
_WRITTEN = re.compile(
    r"\((?:00)?(?P<code>[1-9]\d{0,3})\)(?P<rest>\d{4,14})|\+(?P<whole>[1-9]\d{6,14})", re.ASCII
)
_MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class NumberMalformed(Refusal):
    """The text is no number that can receive messages. The number itself is never a fact."""

    code: ClassVar[str] = "number.malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class Destination(NamedTuple):
    """Whom a message goes to. A tuple, because one is made for every message."""

    country_code: str
    """Dial code without plus or zeros: `86`, `1`, `852`."""
    national: str
    """The number inside its country: `13800138000`."""
    e164_digits: str
    """Dial code and national number without a plus: `8613800138000`."""
    domestic: bool
    """Mainland China. Hong Kong, Macau and Taiwan are charged and routed as international."""

    @property
    def text(self) -> str:
        """Return the form the native interface answers with: bare, or `(cc)number`."""
        return self.national if self.domestic else f"({self.country_code}){self.national}"


def parse_destination(text: str) -> Destination:
    """Return the destination written as `text`; `NumberMalformed` where there is none.

    The bare mainland mobile, by far the most frequent form, takes no regular expression.
    """
    if (
        len(text) == _BARE_LENGTH
        and text[0] == "1"
        and "3" <= text[1] <= "9"
        and text.isdigit()
        and text.isascii()
    ):
        return Destination(MAINLAND, text, "86" + text, True)  # noqa: FBT003 - a tuple's place
    return _parse_with_code(text)


def _parse_with_code(text: str) -> Destination:
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise NumberMalformed
    code = written["code"]
    digits = written["whole"] or code + written["rest"]
    if digits.startswith(MAINLAND):
        national = digits.removeprefix(MAINLAND)
        if code not in {None, MAINLAND} or not _MAINLAND_MOBILE.fullmatch(national):
            raise NumberMalformed
        return Destination(MAINLAND, national, digits, domestic=True)
    return _foreign(digits, code)


def _foreign(digits: str, code: str | None) -> Destination:
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException as error:
        raise NumberMalformed from error
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise NumberMalformed
    country = str(number.country_code)
    # The price list writes codes such as 1268, so the code given may reach into the number, but
    # it must begin with the country's own.
    if code is not None and not code.startswith(country):
        raise NumberMalformed
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    return Destination(country, whole.removeprefix(country), whole, domestic=False)
