"""The look of a desk and its left navigation."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_ENTRIES = 8


@dataclass(frozen=True, slots=True)
class Look:
    """How people tell the desks apart."""

    title_key: str
    """ui key of the desk's name, beside the mark."""
    accent: str
    """One of `portal` (deep blue), `office` (graphite), `desk` (dark green), `sandbox` (amber)."""


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A task in the left navigation; `label` is a ui key, `icon` a name of `vendor/icons`."""

    path: str
    label: str
    icon: str = ""
    children: tuple[NavEntry, ...] = ()
    roles: frozenset[str] = frozenset()
    """Shown to these roles only; to everybody where empty."""

    def leads_to(self, path: str) -> bool:
        """Tell whether a page lies under this entry."""
        if self.path == "/":
            return path == "/"
        return path == self.path or path.startswith(f"{self.path}/")


@dataclass(frozen=True, slots=True)
class Navigation:
    """At most eight entries, so that a person can read them at a glance."""

    entries: tuple[NavEntry, ...]

    def __post_init__(self) -> None:
        if len(self.entries) > MOST_ENTRIES:
            raise ValueError(f"a navigation has at most {MOST_ENTRIES} entries")

    def visible_to(self, roles: frozenset[str]) -> tuple[NavEntry, ...]:
        """Return the entries that a person with these roles sees."""
        return _visible(self.entries, roles)

    def current(self, path: str) -> str:
        """Return the path of the most particular entry that leads to a page; "" for none."""
        every = [entry for top in self.entries for entry in (top, *top.children)]
        fitting = [entry.path for entry in every if entry.leads_to(path)]
        return max(fitting, key=len, default="")


def _visible(entries: tuple[NavEntry, ...], roles: frozenset[str]) -> tuple[NavEntry, ...]:
    return tuple(
        replace(entry, children=_visible(entry.children, roles))
        for entry in entries
        if not entry.roles or entry.roles & roles
    )
