"""Customers send, small and large, well and badly; each answer is foretold."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from sim.books import Customer, DiffersError, Kept, Message, Part, Template
from sim.tariff import ABROAD, segments_of
from sim.wallets import Draws, give_back
from sim.world import World
from umcloud.domains.messaging.model import Recipient, SendAnswer, SendGroup, SendRequest
from umcloud.domains.messaging.pump import SMALL_REQUEST
from umcloud.kernel.moments import SHANGHAI
from umcloud.kernel.refusals import Refusal

MAINLAND = "86"
_OPENS, _CLOSES = 8, 20
_LONGEST = 500
_FOREIGN_LENGTH = {"852": 8, "81": 10, "60": 9, "1": 10}
_NOBODYS = Template("UTA260101000000", "otp", "{1}", 1, usable=False)
"""What those ask for who may not send yet."""
_FOREIGN_START = {"852": "6", "81": "90", "60": "12", "1": "202"}


@dataclass(slots=True)
class Target:
    """One recipient of a request."""

    written: str
    dial: str | None
    """Empty for the mainland; None where it is no number."""
    digits: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Asked:
    """A request, and what its answer must be."""

    customer: Customer
    template: Template
    targets: list[Target]
    atomic: bool
    key: str | None
    hash: str
    stopped: str | None = None
    """The code with which all of it is refused."""
    replay: Kept | None = None
    refused: dict[int, str] = field(default_factory=dict)
    accepted: dict[int, int] = field(default_factory=dict)
    """Billed segments by position."""
    paid: dict[int, tuple[str, Draws, bool]] = field(default_factory=dict)

    def request(self) -> SendRequest:
        """Return it as a door hands it to the pump."""
        group = SendGroup(
            self.template.public_id,
            None,
            [Recipient(target.written, target.values) for target in self.targets],
        )
        return SendRequest(
            self.customer.id,
            self.customer.lane,
            [group],
            atomic=self.atomic,
            idempotency_key=self.key,
            request_hash=self.hash if self.key else None,
        )


class Sending:
    """Makes a tick's requests, sends small and large ones and compares the answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0
        self._before: list[Asked] = []
        """Requests with a key, to be repeated."""

    async def send(self, customers: list[Customer], share: float) -> list[Message]:
        """Let about this share of the customers send; return what was accepted."""
        world, chance = self._world, self._world.chance
        asked = [
            self._ask(customer)
            for customer in customers
            for _ in range(chance.choice((1, 1, 2)))
            if chance.random() < share
        ]
        self._before = self._before[-200:]
        asked += [self._repeat(one) for one in self._before if chance.random() < 0.1]
        self._before += [one for one in asked if one.key]
        world.note(f"{len(asked)} requests for {sum(len(one.targets) for one in asked)} messages")
        # Small and large ones have writers of their own: which of a customer's comes first is
        # promised to nobody where they are sent at once, and decides what the last money pays.
        small = [one for one in asked if len(one.targets) < SMALL_REQUEST]
        large = [one for one in asked if len(one.targets) >= SMALL_REQUEST]
        return await self._send_at_once(small) + await self._send_at_once(large)

    async def _send_at_once(self, asked: list[Asked]) -> list[Message]:
        world = self._world
        now = world.clock.tick()
        for one in asked:
            self._foretell(one, now)
        async with world.timed("pump"):
            answers = await asyncio.gather(
                *(world.pump.submit(one.request()) for one in asked), return_exceptions=True
            )
        return [
            message
            for one, answer in zip(asked, answers, strict=True)
            for message in self._compare(one, answer, now)
        ]

    def _ask(self, customer: Customer) -> Asked:
        chance = self._world.chance
        template = chance.choice(customer.templates or [_NOBODYS])
        size = chance.choices((1, chance.randint(2, 8), chance.randint(20, 120)), (12, 4, 1))[0]
        if template.cls == "otp":
            size = min(size, 3)
        targets = [self._target(template) for _ in range(size)]
        self._count += 1
        key = f"key-{self._count}" if chance.random() < 0.5 else None
        return self._asked(customer, template, targets, atomic=chance.random() < 0.5, key=key)

    def _repeat(self, one: Asked) -> Asked:
        """Ask again by the same key; one time in four for something else."""
        targets = one.targets
        if self._world.chance.random() < 0.25:
            targets = [*targets, self._target(one.template)]
        return self._asked(one.customer, one.template, targets, atomic=one.atomic, key=one.key)

    def _asked(
        self,
        customer: Customer,
        template: Template,
        targets: list[Target],
        *,
        atomic: bool,
        key: str | None,
    ) -> Asked:
        plain = repr((template.public_id, atomic, [(t.written, t.values) for t in targets]))
        digest = hashlib.sha256(plain.encode()).hexdigest()
        return Asked(customer, template, targets, atomic, key, digest)

    def _target(self, template: Template) -> Target:
        chance = self._world.chance
        if template.cls == "otp":
            value = f"{chance.randrange(10**6):06d}" if chance.random() < 0.98 else "！"
            values: tuple[str, ...] = (value,)
        else:
            longer = chance.choice((0, 0, 0, 40, 90, 160)) if chance.random() < 0.3 else 0
            values = ("单" * longer + str(chance.randrange(10**6)), "晚上")[: template.variables]
        dice = chance.random()
        if dice < 0.01:
            return Target("12345", None, "", values)
        if dice < 0.05:
            dial = chance.choice(list(ABROAD))
            start = _FOREIGN_START[dial]
            rest = _FOREIGN_LENGTH[dial] - len(start)
            digits = dial + start + str(chance.randrange(10 ** (rest - 1), 10**rest))
            return Target(f"({dial}){digits.removeprefix(dial)}", dial, digits, values)
        number = f"13{chance.randrange(10**9):09d}"
        return Target(number, "", MAINLAND + number, values)

    def _foretell(self, one: Asked, now: datetime) -> None:
        """Work out the answer, and charge for it in the second opinion."""
        customer = one.customer
        if customer.state != "ACTIVE":
            one.stopped = "send.account_stopped"
            return
        if not customer.verified:
            one.stopped = "send.not_verified"
            return
        kept = customer.keys.get(one.key or "")
        if kept is not None:
            if kept.asked == one.hash:
                one.replay = kept
                one.accepted, one.refused = kept.accepted, kept.refused
            else:
                one.stopped = "idempotency.conflict"
            return
        ready = {}
        for position, target in enumerate(one.targets):
            objection = self._objection(one.template, target, customer, now)
            if objection is None:
                ready[position] = segments_of(_text(one.template, target, customer))
            else:
                one.refused[position] = objection
        if not (one.atomic and one.refused):
            self._charge(one, ready, now)
        if one.key:
            customer.keys[one.key] = Kept(one.hash, 0, one.accepted, one.refused, now)

    def _objection(
        self, template: Template, target: Target, customer: Customer, now: datetime
    ) -> str | None:
        if not template.usable:
            return "send.template_not_approved"
        if template.cls == "marketing" and not (_OPENS <= now.astimezone(SHANGHAI).hour < _CLOSES):
            return "send.outside_hours"
        if target.dial is None:
            return "number.malformed"
        if "！" in target.values:
            return "template.value_not_allowed"
        if len(_text(template, target, customer)) > _LONGEST:
            return "send.text_too_long"
        return None

    def _charge(self, one: Asked, ready: dict[int, int], now: datetime) -> None:
        books, customer = self._world.books, one.customer
        for position, segments in ready.items():
            paid = books.charge(
                customer,
                cls=one.template.cls,
                dial=one.targets[position].dial or "",
                segments=segments,
                now=now,
            )
            if paid is not None:
                one.paid[position] = paid
                one.accepted[position] = segments
            elif one.atomic:
                for _, draws, _ in one.paid.values():
                    give_back(draws)
                one.paid.clear()
                one.accepted.clear()
                one.refused.update(dict.fromkeys(ready, "balance.insufficient"))
                return
            else:
                one.refused[position] = "balance.insufficient"

    def _compare(
        self, one: Asked, answer: SendAnswer | BaseException, now: datetime
    ) -> list[Message]:
        who = f"customer {one.customer.number}, {len(one.targets)} of {one.template.cls}"
        if isinstance(answer, Refusal) and answer.code == one.stopped:
            self._world.books.refusals[answer.code] += 1
            return []
        if isinstance(answer, BaseException):
            raise DiffersError(f"{who}: {answer!r}, expected {one.stopped or 'an answer'}")
        accepted = {p: segments for p, segments in enumerate(answer.segments) if segments}
        refused = {p: refusal.code for p, refusal in answer.refused.items()}
        if one.stopped or accepted != one.accepted or refused != one.refused:
            raise DiffersError(
                f"{who}: accepted {accepted}, refused {refused}; expected {one.stopped or ''} "
                f"{one.accepted}, {one.refused}"
            )
        if answer.replayed != (one.replay is not None):
            raise DiffersError(f"{who}: replayed {answer.replayed}")
        if one.replay is not None:
            if answer.session != one.replay.session:
                raise DiffersError(f"{who}: another session than the first time")
            self._world.books.replays += 1
            return []
        self._world.books.refusals.update(refused.values())
        if one.key:
            one.customer.keys[one.key].session = answer.session
        return [self._message(one, answer, position, now) for position in one.accepted]

    def _message(self, one: Asked, answer: SendAnswer, position: int, now: datetime) -> Message:
        currency, draws, on_delivery = one.paid[position]
        target, segments = one.targets[position], one.accepted[position]
        message = Message(
            id=answer.message_id(position).int,
            customer=one.customer,
            cls=one.template.cls,
            text=_text(one.template, target, one.customer),
            digits=target.digits,
            segments=segments,
            currency=currency,
            draws=draws,
            on_delivery=on_delivery,
            accepted_at=now,
            parts=[Part() for _ in range(segments)],
        )
        self._world.books.accept(message)
        return message


def _text(template: Template, target: Target, customer: Customer) -> str:
    text = template.content
    for number, value in enumerate(target.values, 1):
        text = text.replace(f"{{{number}}}", value)
    return f"【{customer.signature}】{text}"
