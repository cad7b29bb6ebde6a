"""The journey of a new customer, as `./dev first-message` takes it."""

from __future__ import annotations

import asyncio

import pytest
from bench.stack import running

from tests.journeys.first_message import begun


@pytest.mark.timeout(180)
def test_from_nothing_to_a_charged_and_delivered_message() -> None:
    async def travel() -> None:
        async with begun(stack) as journey:
            await journey.go()

    with running() as stack:
        asyncio.run(travel())
        audit = stack.command("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr
