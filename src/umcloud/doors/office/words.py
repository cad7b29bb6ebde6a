"""What deeds, doors and journals are called; the technical name where they have no other."""

from __future__ import annotations

from umcloud.doors.kit.values import Code, Key, Lines
from umcloud.infra.i18n import Texts
from umcloud.kernel.act import Door


def _known(key: str) -> bool:
    return Texts("zh_CN").knows("ui", key)


def deed_words(name: str) -> object:
    """Return what an audited deed is called, its technical name beneath."""
    key = f"portal.deed.{name}"
    return Lines(Key(key), name) if _known(key) else Code(name)


def door_words(door: Door) -> str:
    """Return the door's name, as customers read it too."""
    return Key(f"portal.door.{door.value}")


def journal_words(kind: str) -> object:
    """Return what a kind of journal is called, its technical name beneath."""
    name = journal_name(kind)
    return Lines(name, kind) if isinstance(name, Key) else Code(kind)


def journal_name(kind: str) -> str:
    """Return the same as one word, for a choice."""
    key = f"office.journal.{kind}"
    return Key(key) if _known(key) else kind
