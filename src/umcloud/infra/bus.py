"""News goes up: a slice announces a fact, and `main/wiring.py` lists who listens.

Listeners run inside the announcing transaction, so a fact and its consequences commit together
or not at all. What may take long is put into the job queue by its listener, in that transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from umcloud.kernel.act import Act

if TYPE_CHECKING:
    from umcloud.infra.db import Tx


@dataclass(frozen=True, slots=True)
class Event:
    """Base of announced facts: frozen, ids and plain values only.

    `name` is its code (`signature.approved`); `account_id`, where a subclass has such a field, is
    the customer it concerns.
    """

    name: ClassVar[str]


E = TypeVar("E", bound=Event)
Listener = Callable[["Tx", Act, E], Awaitable[None]]


class Bus:
    """Who listens to what. Filled once, by the wiring; the order of listening is kept."""

    def __init__(self) -> None:
        self._listeners: dict[type[Event], list[Listener[Event]]] = {}
        self._everything: list[Listener[Event]] = []

    def on(self, event_type: type[E], listener: Listener[E]) -> None:
        """Call the listener for each announced event of exactly this type."""
        self._listeners.setdefault(event_type, []).append(cast("Listener[Event]", listener))

    def on_everything(self, listener: Listener[Event]) -> None:
        """Call the listener for every event (the audit log)."""
        self._everything.append(listener)

    async def announce(self, tx: Tx, act: Act, event: Event) -> None:
        """Tell the listeners; what they raise undoes the announcing deed too."""
        for listener in self._everything:
            await listener(tx, act, event)
        for listener in self._listeners.get(type(event), ()):
            await listener(tx, act, event)
