"""The names of the countries and regions of the price list, in both languages."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from importlib.resources import files

MAINLAND_CODE = "CN"
"""What the domestic prices, which name no country, are for."""


@functools.cache
def _every() -> Mapping[str, Mapping[str, str]]:
    text = (files(__package__) / "data" / "places.csv").read_text(encoding="utf-8")
    return {row["country"]: row for row in csv.DictReader(text.splitlines())}


def names_of(countries: str, locale: str) -> list[str]:
    """Return the names of codes as a price holds them: joined by commas, empty for the mainland.

    A code that has no name stands for itself.
    """
    return [_every().get(code, {}).get(locale, code) for code in _codes(countries)]


def means(countries: str, text: str) -> bool:
    """Tell whether a text is one of the codes, or a part of one of the names in any language."""
    wanted = text.strip().casefold()
    for code in _codes(countries):
        row = _every().get(code, {"country": code})
        for field, name in row.items():
            said = name.casefold()
            if wanted == said or (field != "country" and wanted in said):
                return True
    return False


def _codes(countries: str) -> list[str]:
    return (countries or MAINLAND_CODE).split(",")
