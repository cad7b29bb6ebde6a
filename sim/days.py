"""A day: what the customers, the operator, the carrier and the clock do to the cloud."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sim.books import Customer
from sim.carrier import Carrier
from sim.people import People
from sim.sending import Sending
from sim.tariff import Price
from sim.till import Till
from sim.world import World
from umcloud.domains.catalogue import service as catalogue
from umcloud.domains.catalogue.model import ChargeOn, MessageClass, NewPrice
from umcloud.kernel.act import Door
from umcloud.kernel.moments import day_begins

NIGHT = timedelta(hours=2)
MORNING = timedelta(hours=10)
AFTERNOON = timedelta(hours=16)
EVENING = timedelta(hours=21)
"""Every third day's second round is after the hours for marketing."""
_LOOK_AHEAD_EVERY = 5
"""Days after which the log's next partitions are made; they reach a week ahead."""
_STARTS = (1, 10_000, 100_000, 500_000, 1_000_000, 3_000_000)


class Days:
    """Lets days pass."""

    def __init__(self, world: World, *, accounts: int, arrive_in: int) -> None:
        """Let so many accounts arrive, evenly in the first `arrive_in` days."""
        self._world = world
        self._accounts = accounts
        self._arrive_in = arrive_in
        self._people = People(world)
        self._till = Till(world)
        self._sending = Sending(world)
        self._carrier = Carrier(world)
        self._frozen: list[tuple[int, Customer]] = []
        self._number = 0
        self._expected = date.min

    async def pass_one(self, day: date) -> None:
        """Let a Shanghai day pass, up to the check at its end."""
        world = self._world
        world.deeds.clear()
        begin = day_begins(day)
        await world.move_to(begin + NIGHT)
        if self._number % _LOOK_AHEAD_EVERY == 0 or day != self._expected:
            await world.look_ahead()
        self._number += 1
        self._expected = day + timedelta(days=1)
        await world.move_to(begin + MORNING)
        async with world.timed("people"):
            await self._arrive()
            await self._change()
        await self._round()
        await world.move_to(begin + (EVENING if self._number % 3 == 0 else AFTERNOON))
        await self._round()

    async def _round(self) -> None:
        async with self._world.timed("till"):
            await self._till.catch_up()
            await self._trade()
        messages = await self._sending.send(self._world.books.customers, 0.5)
        self._carrier.plan(messages)
        self._carrier.expect(messages)
        await self._carrier.work()
        await self._world.run_jobs()

    async def _arrive(self) -> None:
        await self._people.review()
        wanted = min(self._accounts, -(-self._accounts * self._number // self._arrive_in))
        while len(self._world.books.customers) < wanted:
            await self._people.come()
            if self._number == 1:
                await self._till.recharge(self._world.books.customers[-1])

    async def _change(self) -> None:
        """Freeze, thaw, close, withdraw and publish now and then."""
        world, chance = self._world, self._world.chance
        for due, customer in list(self._frozen):
            if due <= self._number:
                self._frozen.remove((due, customer))
                await self._people.thaw(customer)
        customers = self._active()
        if customers and chance.random() < 0.15:
            customer = chance.choice(customers)
            await self._people.freeze(customer)
            self._frozen.append((self._number + chance.randint(1, 5), customer))
        customers = [one for one in self._active() if one.templates]
        if customers and chance.random() < 0.15:
            await self._people.withdraw_template(chance.choice(customers))
        if customers and chance.random() < 0.2:
            await self._people.rotate_key(chance.choice(customers))
        if len(customers) > 4 and chance.random() < 0.1:
            await self._people.close(chance.choice(customers))
        if self._number % 20 == 9:
            await self._publish(world)

    def _active(self) -> list[Customer]:
        return [
            one for one in self._world.books.customers if one.verified and one.state == "ACTIVE"
        ]

    async def _trade(self) -> None:
        """Let money move at some of the customers."""
        till, chance = self._till, self._world.chance
        deeds = (
            (till.recharge, 0.10), (till.buy, 0.06), (till.give, 0.05), (till.lend, 0.02),
            (till.set_aside, 0.06), (till.use_hold, 0.06),
        )  # fmt: skip
        for customer in self._world.books.customers:
            if customer.state == "CLOSED":
                continue
            for deed, share in deeds:
                if chance.random() < share:
                    await deed(customer)

    async def _publish(self, world: World) -> None:
        """Publish another price of marketing, due on delivery and finer than a micro-yuan."""
        first = f"0.0{world.chance.randrange(5_400_001, 5_600_000)}"
        tiers = (first, "0.054", "0.049", "0.048", "0.048")
        on_delivery = self._number % 40 == 9
        since = world.clock() + timedelta(days=2)
        world.note(f"marketing costs {first} from {since:%Y-%m-%d} on")
        prices = [
            NewPrice(
                cls=MessageClass.MARKETING,
                destination="",
                countries="",
                tier_from=start,
                tier_below=end,
                unit_price=Decimal(tier),
                valid_from=since,
                valid_to=None,
                source="simulated",
                charge_on=ChargeOn.DELIVERY if on_delivery else ChargeOn.SUBMISSION,
            )
            for start, end, tier in zip(_STARTS, _STARTS[1:], tiers, strict=False)
        ]
        async with world.transaction() as tx:
            await catalogue.publish(tx, world.act(Door.OFFICE), prices=prices)
        world.books.tariff.change("marketing", Price(since, tiers, on_delivery))
