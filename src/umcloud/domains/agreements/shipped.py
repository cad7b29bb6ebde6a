"""What comes with the software: the agreement's texts and the requirements of the mission."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable

from umcloud.domains.agreements.model import AgreementKind, Requirement, ShippedText
from umcloud.domains.agreements.rules import canonical

LOCALES = ("zh_CN", "en")


def _folder() -> Traversable:
    return files("umcloud.domains.agreements")


def shipped_texts() -> list[ShippedText]:
    """Return every shipped text, oldest version first, Chinese before English."""
    found: list[ShippedText] = []
    for kind in (_folder() / "texts").iterdir():
        for version in kind.iterdir():
            meta = json.loads((version / "version.json").read_text("utf-8"))
            found.extend(
                ShippedText(
                    kind=AgreementKind(meta["kind"]),
                    version=meta["version"],
                    locale=locale,
                    text=canonical((version / f"{locale}.md").read_text("utf-8")),
                    effective_from=datetime.fromisoformat(meta["effective_from"]),
                )
                for locale in LOCALES
            )
    return sorted(found, key=lambda s: (s.effective_from, LOCALES.index(s.locale)))


def requirements() -> list[Requirement]:
    """Return the clauses as requirements, in the order of the agreement."""
    rows = json.loads((_folder() / "requirements.json").read_text("utf-8"))
    return [
        Requirement(
            id=row["id"],
            sentence={"zh_CN": row["zh_CN"], "en": row["en"]},
            kept=row["status"] == "kept",
            note=row.get("note", ""),
        )
        for row in rows
    ]
