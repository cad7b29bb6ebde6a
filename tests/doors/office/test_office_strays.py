"""What handsets write that answers nothing we sent is shown to the network's people."""

from __future__ import annotations

import html
from datetime import datetime

from tests.domains.inbound.stage import Sent
from tests.doors.office.conftest import SignIn, World


async def test_nobodys_replies_are_shown_masked(
    world: World, sign_in: SignIn, now: datetime
) -> None:
    network = await sign_in("network")
    assert "Nobody's replies" not in html.unescape((await network.get("/lines")).text)
    sent = Sent(world.database, now)
    await sent.keep(sent.part("怎么回事啊你们", source="8613700137000"))
    await sent.gather()
    page = html.unescape((await network.get("/lines")).text)
    assert "Nobody's replies" in page
    assert "137****7000" in page
    assert "13700137000" not in page
    assert "怎么回事啊你们" not in page
