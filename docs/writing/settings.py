"""Every setting: its variable, what it is when nobody says, and what it means."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Final

from docs.writing.markdown import code, page, said, table, told, words
from docs.writing.sources import PACKAGE, documented_fields, parsed
from umcloud.infra.settings import settings

_HEADS: Final = {"zh_CN": ("变量", "缺省值", "含义"), "en": ("variable", "default", "meaning")}
#: What a default says that depends on the installation.
_DEFAULTS: Final = {
    "home": "`.umcloud`",
    "database_url": "",
    "secret": "`$UMCLOUD_HOME/secret`",
    "sandbox": "`0`",
    "public_url": "`http://$UMCLOUD_HOST:$UMCLOUD_PORT`",
}
_NAMED: Final = re.compile(r"`(UMCLOUD_\w+)(?:=1)?`:\s*(.+)")


def write(locale: str) -> str:
    """Return the page."""
    with tempfile.TemporaryDirectory() as home:
        found = settings({"UMCLOUD_HOME": str(Path(home))})
    rows = []
    documented = documented_fields(parsed(PACKAGE / "infra" / "settings.py"), "Settings")
    for field, text in documented.items():
        match = _NAMED.match(text)
        if match is None:
            raise ValueError(f"the docstring of Settings.{field} does not begin with its variable")
        default = _DEFAULTS.get(field, code(getattr(found, field)))
        meaning = match[2][0].upper() + match[2][1:]
        rows.append((code(match[1]), default, words(told(meaning, locale))))
    return page(
        said("settings.title", locale),
        locale,
        said("settings.lead", locale),
        table(_HEADS[locale], rows),
    )
