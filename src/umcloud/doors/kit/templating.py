"""The templates of the kit and of a door, their filters and the kit's macros."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup

from umcloud.doors.kit.assets import Assets, icon
from umcloud.doors.kit.values import Key, is_numeric, said, show, words_of
from umcloud.infra.i18n import masked_phone
from umcloud.kernel.money import Money

KIT_TEMPLATES: Final = Path(__file__).parent / "templates"
PARTS: Final = ("values", "form", "table", "story", "cards", "charts")


class Templates:
    """The templates of the kit (`kit/…`) and of one door."""

    def __init__(self, folder: Path | None, assets: Assets) -> None:
        folders = [folder] if folder else []
        self.environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(path) for path in [*folders, KIT_TEMPLATES]]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.filters.update(_FILTERS)
        self.environment.globals.update(icon=icon, Key=Key)
        self.assets = assets

    def __call__(self, name: str) -> Template:
        """Return a template by its name."""
        return self.environment.get_template(name)

    def parts(self, facts: dict[str, Any]) -> None:
        """Put the kit's macros into the facts as `kit`; each macro knows the request's language."""
        kit = SimpleNamespace()
        facts["kit"] = kit
        for part in PARTS:
            module = self(f"kit/{part}.html").make_module(facts)
            kit.__dict__.update(
                {name: macro for name, macro in vars(module).items() if name[0] != "_"}
            )


@pass_context
def _money(context: Context, amount: Money) -> str:
    return str(context["texts"].money(amount))


@pass_context
def _exact(context: Context, amount: Money) -> str:
    return str(context["texts"].exact(amount))


@pass_context
def _unit(context: Context, price: Money | Decimal) -> str:
    return str(context["texts"].unit_price(price))


@pass_context
def _count(context: Context, number: int) -> str:
    return str(context["texts"].count(number))


@pass_context
def _percent(context: Context, share: Decimal | None) -> str:
    return str(context["texts"].percent(share))


@pass_context
def _day(context: Context, day: date) -> str:
    return str(context["texts"].day(day))


@pass_context
def _show(context: Context, value: object) -> Markup:
    return show(context["texts"], value, context["ctx"].root)


@pass_context
def _moment(context: Context, moment: datetime) -> Markup:
    return show(context["texts"], moment)


@pass_context
def _said(context: Context, words: str) -> str:
    return said(context["texts"], words)


@pass_context
def _words(context: Context, value: object) -> str:
    return words_of(context["texts"], value)


_FILTERS: Final[Mapping[str, Any]] = {
    "money": _money,
    "exact": _exact,
    "unit": _unit,
    "count": _count,
    "percent": _percent,
    "day": _day,
    "moment": _moment,
    "show": _show,
    "said": _said,
    "words": _words,
    "phone": masked_phone,
    "numeric": is_numeric,
}
