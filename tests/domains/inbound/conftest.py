"""Two customers, a line, and handsets that write."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domains.inbound.stage import Sent
from umcloud.infra.db import Database


@pytest.fixture
async def sent(database: Database, now: datetime) -> Sent:
    made = Sent(database, now)
    await made.begin()
    return made
