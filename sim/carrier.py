"""The carrier: follows the log as a line does, takes, refuses, loses, reports late or never."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from sim.books import DiffersError, Message
from sim.world import LINE, World
from umcloud.domains.messaging import following
from umcloud.domains.messaging.report_model import Orphan, Reported, Sent, Tried
from umcloud.domains.messaging.reports import News, find, record
from umcloud.infra.hot import HotConnection

_FULL = 0x14
"""ESME_RMSGQFUL (SMPP 3.4, 5.1.3): the carrier will not have it."""
_READ = 500
_WORDS = {"delivered": "DELIVRD", "failed": "UNDELIV", "unknown": "UNKNOWN"}
_BATCHES = (1, 7, 60, 500)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the carrier says of a part."""

    message: Message
    part: int
    """From 1."""
    what: str
    """submitted, rejected, lost; or a report's state."""
    by_name: bool = False
    """The report names the carrier's id alone, and the log must know whose it is."""


class Carrier:
    """One line with everything behind it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._follower = following.Follower(LINE)
        self._reading: HotConnection | None = None
        self._agenda: list[tuple[float, int, Step]] = []
        self._count = 0
        self._unread: dict[int, Message] = {}
        self._orphans = 0

    def expect(self, messages: list[Message]) -> None:
        """Be told what was accepted, to find exactly that in the log."""
        self._unread.update((message.id, message) for message in messages)

    async def work(self) -> None:
        """Read the log to its end, then say all that is due by now."""
        self._world.note("the carrier answers")
        async with self._world.timed("reading"):
            await self._read()
        async with self._world.timed("reports"):
            await self._speak()

    async def _read(self) -> None:
        if self._reading is None:
            world = self._world
            self._reading = await HotConnection.open(world.database, following.STATEMENTS)
            world.tools.closing.push_async_callback(self._reading.close)
            await self._follower.begin(self._reading)
        while True:
            found = await self._follower.read(self._reading, _READ)
            for one in found:
                message = self._unread.pop(one.message.id, None)
                if message is None:
                    raise DiffersError("the log holds a message that nobody sent, or twice")
                if (one.text, one.destination) != (message.text, message.digits):
                    raise DiffersError("the log holds another text or number than was sent")
            if not found:
                break
        if self._unread:
            raise DiffersError(f"{len(self._unread)} accepted messages are not in the log")

    def plan(self, messages: list[Message]) -> None:
        """Decide the fate of each part, in the order in which they were sent."""
        for message in messages:
            for part in range(1, len(message.parts) + 1):
                self._plan_part(message, part)

    def _plan_part(self, message: Message, part: int) -> None:
        chance = self._world.chance
        dice = chance.random()
        lost = 0
        if dice < 0.02:
            lost = 1 if message.cls == "otp" else chance.randint(1, 3)
        for again in range(lost):
            self._add(Step(message, part, "lost"), timedelta(hours=9 * again))
        if lost and (message.cls == "otp" or lost == 3):
            return
        wait = timedelta(hours=9 * lost)
        if 0.02 <= dice < 0.06:
            self._add(Step(message, part, "rejected"), wait)
            return
        self._add(Step(message, part, "submitted"), wait)
        if 0.06 <= dice < 0.08:
            return  # silence
        state = chance.choices(("delivered", "failed", "unknown"), (93, 6, 1))[0]
        delay = timedelta(minutes=chance.choice((0, 0, 0, 5, 600, 2_000)))
        if 0.08 <= dice < 0.10:
            delay = timedelta(days=chance.randint(4, 20))
        self._add(Step(message, part, state, by_name=chance.random() < 0.05), wait + delay)
        if dice > 0.97:  # said twice, and not always the same
            other = chance.choice((state, "failed", "delivered"))
            self._add(Step(message, part, other), wait + delay + timedelta(hours=1))

    def _add(self, step: Step, wait: timedelta) -> None:
        self._count += 1
        due = (self._world.clock() + wait).timestamp()
        heapq.heappush(self._agenda, (due, self._count, step))

    async def _speak(self) -> None:
        due: deque[Step] = deque()
        now = self._world.clock.tick()
        while self._agenda and self._agenda[0][0] <= now.timestamp():
            due.append(heapq.heappop(self._agenda)[2])
        while due:
            size = self._world.chance.choice(_BATCHES)
            await self._say([due.popleft() for _ in range(min(size, len(due)))])

    async def _say(self, steps: list[Step]) -> None:
        world, chance = self._world, self._world.chance
        await self._look_up([step for step in steps if step.by_name])
        now = world.clock.tick()
        news = News()
        for step in steps:
            self._write(news, step)
        if chance.random() < 0.02:
            self._orphans += 1
            news.orphans.append(Orphan(f"nobody-{self._orphans}", "delivered", "DELIVRD", None))
        connection = await world.tools.hot()
        for _ in range(2 if chance.random() < 0.05 else 1):
            await record(connection, news, line=LINE, now=now)
        for step in steps:
            if step.message.ended is None:
                world.books.settle(step.message)

    def _write(self, news: News, step: Step) -> None:
        """Add the step to the news, and to what the second opinion knows of the part."""
        part = step.message.parts[step.part - 1]
        sent = _sent(step.message)
        if step.what in _WORDS:
            code = _WORDS[step.what]
            news.reported.append(Reported(sent, step.part, step.what, code, None))
            if part.report is None:
                part.report = step.what
            return
        state = "unknown" if step.what == "lost" else step.what
        part.tries.append(state)
        carrier_id = _name(step) if state == "submitted" else None
        error = _FULL if state == "rejected" else None
        attempt = len(part.tries)
        news.tried.append(Tried(sent, step.part, attempt, state, carrier_id, error))
        if state == "submitted":
            part.taken_at = self._world.clock()

    async def _look_up(self, steps: list[Step]) -> None:
        """Find out by the carrier's ids whose reports these are, as a restarted line must."""
        known = [step for step in steps if step.what in _WORDS and self._taken(step)]
        if not known:
            return
        names = [_name(step) for step in known]
        found = await find(await self._world.tools.hot(), names, line=LINE)
        for step, name in zip(known, names, strict=True):
            if found.get(name) != (_sent(step.message), step.part):
                raise DiffersError("a report by the carrier's id found another message, or none")

    def _taken(self, step: Step) -> bool:
        return step.message.parts[step.part - 1].taken_at is not None


def _sent(message: Message) -> Sent:
    customer = message.customer
    return Sent(
        customer.lane, message.id, customer.id.int, message.cls, message.segments,
        len(message.parts),
    )  # fmt: skip


def _name(step: Step) -> str:
    return f"C{step.message.id:032x}-{step.part}"
