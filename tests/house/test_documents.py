"""Every link from one document to another, or to a picture, leads somewhere."""

from __future__ import annotations

import re

from tests.house.files import nothing, shown, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{shown(path)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if "://" not in target
        and not target.startswith("mailto:")
        and not (path.parent / target).exists()
    ]
    nothing(broken)
