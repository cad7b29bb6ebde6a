"""Keeps one bind to a carrier up: connects, hears, connects again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from umcloud.domains.messaging.following import LineConfig
from umcloud.lines.flight import Flight, Slot
from umcloud.lines.inbound import Keeper
from umcloud.lines.smpp.link import SmppLink
from umcloud.lines.smpp.words import Answered, Inbound, Outgoing, Receipt

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 10.0
_LASTED_SECONDS = 10.0
_GOODBYE_SECONDS = 5.0
_STATUS_MASK = 0xFFFFFFFF
_DETAIL = 200
_log = logging.getLogger("umcloud.lines")


@dataclass(slots=True)
class Health:
    """How the links of a line do, for those who watch."""

    bound: int = 0
    """Links that are up."""
    kind: str = ""
    """The last trouble: no_link, link_lost, throttled, rejected, unanswered."""
    detail: str = ""
    troubles: int = 0
    """How many there were: tells whether the last one is news."""

    def note(self, kind: str, detail: str) -> None:
        """Keep a trouble in the protocol's words; nothing of a message."""
        self.kind, self.detail = kind, detail[:_DETAIL]
        self.troubles += 1


class Hearing:
    """What one link tells, handed on; and the way back for acknowledgements."""

    def __init__(
        self, flight: Flight, keeper: Keeper, news: Callable[[], None], health: Health
    ) -> None:
        self._flight = flight
        self._health = health
        self._keeper = keeper
        self._news = news
        self._name = keeper.new_link()
        self._inbound = 0
        self._time = asyncio.get_running_loop().time
        self._early: list[int] = []
        self._link: SmppLink | None = None
        self.gone = asyncio.Event()

    def bound(self, link: SmppLink) -> None:
        """Know the link; receipts may have come before `connect` returned."""
        self._link = link
        link.acknowledge(self._early)
        self._early.clear()

    def acknowledge(self, tokens: list[int]) -> None:
        """Tell the carrier that these receipts and messages are durable."""
        if self._link is None:
            self._early += tokens
        else:
            self._link.acknowledge(tokens)

    def submitted(self, batch: list[Answered]) -> None:
        """Hear that the carrier took parts over."""
        self._flight.submitted(batch)
        self._news()

    def rejected(self, part: Outgoing, status: int) -> None:
        """Hear that it refused one."""
        self._health.note("rejected", f"0x{status & _STATUS_MASK:08x}")
        self._flight.rejected(cast("Slot", part), status)
        self._news()

    def throttled(self, part: Outgoing, status: int) -> None:
        """Hear that it wants fewer."""
        self._health.note("throttled", f"0x{status & _STATUS_MASK:08x}")
        self._flight.throttled(cast("Slot", part), self._time())

    def unknown(self, part: Outgoing) -> None:
        """Hear that a part's outcome is not known."""
        self._health.note("unanswered", "")
        self._flight.unknown(cast("Slot", part))
        self._news()

    def receipts(self, batch: list[Receipt]) -> None:
        """Hear what became of parts."""
        self._flight.receipts(self, batch)
        self._news()

    def inbound(self, message: Inbound) -> None:
        """Hear what a handset writes; it is answered once it is kept."""
        self._inbound += 1
        self._keeper.hear(self, self._name, self._inbound, message)

    def lost(self, reason: str) -> None:
        """Hear that the link is gone."""
        self._health.note("link_lost", reason)
        self.gone.set()


class Delay:
    """How long to wait before the next attempt: twice as long each time, up to ten seconds.

    Only a link that lasted makes it short again: a carrier that lets us in and hangs up at once,
    again and again, would else see five binds a second, and lock the account.
    """

    def __init__(self) -> None:
        self._next = _FIRST_DELAY

    def after(self, lived: float) -> float:
        """Return the seconds to wait after a link that lived so long; 0 where there was none."""
        if lived >= _LASTED_SECONDS:
            self._next = _FIRST_DELAY
        delay, self._next = self._next, min(_LONGEST_DELAY, self._next * 2)
        return delay


class Bind:
    """One bind of a line. `run` until cancelled; `link` is there while it is up."""

    def __init__(
        self,
        config: LineConfig,
        password: str,
        flight: Flight,
        keeper: Keeper,
        *,
        news: Callable[[], None],
        up: Callable[[], None],
        response_seconds: float,
        health: Health,
    ) -> None:
        self._health = health
        self.link: SmppLink | None = None
        self._config = config
        self._password = password
        self._flight = flight
        self._keeper = keeper
        self._news = news
        self._up = up
        self._response_seconds = response_seconds

    async def run(self) -> None:
        """Connect, wait for the loss, connect again, for ever."""
        delay, time = Delay(), asyncio.get_running_loop().time
        number = self._config.number
        while True:
            hearing = Hearing(self._flight, self._keeper, self._news, self._health)
            try:
                link = await self._connect(hearing)
            except (OSError, TimeoutError) as error:
                self._health.note("no_link", str(error) or type(error).__name__)
                seconds = delay.after(0.0)
                _log.warning("line %d: no link (%s); again in %.1f s", number, error, seconds)
                await asyncio.sleep(seconds)
                continue
            since = time()
            _log.info("line %d: bound", number)
            self.link = link
            self._health.bound += 1
            hearing.bound(link)
            self._up()
            try:
                await hearing.gone.wait()
            finally:
                self._health.bound -= 1
                if hearing.gone.is_set():
                    self.link = None
            seconds = delay.after(time() - since)
            _log.warning("line %d: link lost; again in %.1f s", number, seconds)
            await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Wait a little for the answers that are due, unbind, hang up."""
        link, self.link = self.link, None
        if link is None:
            return
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await link.close()
        except TimeoutError:
            link.abort()
            await asyncio.sleep(0)

    async def _connect(self, hearing: Hearing) -> SmppLink:
        config = self._config
        return await SmppLink.connect(
            config.host,
            config.port,
            system_id=config.system_id,
            password=self._password,
            events=hearing,
            window=config.window,
            response_timeout_seconds=self._response_seconds,
        )
