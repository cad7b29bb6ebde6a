"""What a line says of itself while it runs: its link, what is under way, its last trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from tests.lines.recorder import QUICK, carrier_running
from tests.lines.stage import Stage, eventually, running, staged
from umcloud.domains.messaging import pulses
from umcloud.domains.messaging.pulses import FRESH, Pulse
from umcloud.infra.db import Database

FINE = "8613800138888"
REJECTED = "8613800130001"
NO_ANSWER = "8613800130008"


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    async with staged(database, now) as made:
        yield made


async def told(stage: Stage, wanted: Callable[[Pulse], object]) -> Pulse:
    """Wait for a pulse of line 1 that fits, and return it."""
    found: list[Pulse] = []

    async def fits() -> bool:
        async with stage.database.transaction() as tx:
            said = (await pulses.read(tx)).get(1)
        if said is not None and wanted(said):
            found.append(said)
        return bool(found)

    await eventually(fits)
    return found[0]


async def test_a_line_tells_of_its_link_its_rates_and_its_last_trouble(stage: Stage) -> None:
    async with carrier_running(QUICK) as (carrier, port):
        await stage.line(port)
        async with running(stage):
            quiet = await told(stage, lambda one: one.is_bound)
            assert (quiet.in_flight, quiet.submitted_per_second, quiet.trouble) == (0, 0, None)
            await stage.accept(*[FINE] * 200)
            busy = await told(stage, lambda one: one.receipts_per_second > 0)
            assert busy.submitted_per_second > 0
            await stage.accept(REJECTED)
            refused = await told(stage, lambda one: one.trouble)
            assert refused.trouble is not None
            assert refused.trouble.kind == "rejected"
            assert refused.trouble.detail.startswith("0x")
            await stage.accept(NO_ANSWER)
            await told(stage, lambda one: one.in_flight == 1)
            carrier.drop_links()
            lost = await told(stage, lambda one: one.trouble and one.trouble.kind == "link_lost")
            assert lost.trouble is not None


async def test_a_carrier_that_is_not_there_is_told(stage: Stage) -> None:
    async with carrier_running(QUICK) as (_, port):
        pass
    await stage.line(port)
    async with running(stage):
        down = await told(stage, lambda one: one.trouble)
    assert down.trouble is not None
    assert (down.is_bound, down.trouble.kind) == (False, "no_link")


async def test_an_old_pulse_says_nothing(stage: Stage) -> None:
    pulse = Pulse(1, stage.now, True, 0, 0, 0, 0, None)  # noqa: FBT003 - as the table has it
    assert pulses.is_fresh(pulse, stage.now)
    assert not pulses.is_fresh(pulse, stage.now + FRESH)
    assert not pulses.is_fresh(None, stage.now)
