"""The next version of the prices: prepared by one, compared and published by another."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from tests.doors.office.conftest import SignIn, Visit, World
from umcloud.domains.audit import queries as audit
from umcloud.domains.catalogue import queries as catalogue
from umcloud.domains.catalogue import rules
from umcloud.domains.catalogue.model import DraftLine, MessageClass
from umcloud.doors.office.pricing import LineUnreadableError, read_destinations, read_tiers
from umcloud.kernel.moments import day_begins

OTP = "1 0.052\n10,000 0.045\n100000 0.042\n500000 0.041\n1000000 0.040\n3000000 -"
DAY = date(2026, 3, 9)


async def prefilled(visit: Visit) -> dict[str, str]:
    """Return the form as it is shown."""
    page = (await visit.get("/published/next?lang=en")).text
    areas = dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n?([^<]*)</textarea>', page))
    day = re.search(r'name="begins_on"[^>]*|type="date" value="([^"]+)"', page)
    assert day
    return {**areas, "begins_on": DAY.isoformat(), "source": "Carrier notice 17"}


async def prepare(visit: Visit, **change: str) -> str:
    """Prepare a version and return where its page is."""
    answer = await visit.post(
        "/published/next", {**await prefilled(visit), **change}, page="/published/next"
    )
    assert answer.status_code == 200, answer.text
    return str(answer.url.path)


def test_tiers_are_read_as_typed() -> None:
    lines = read_tiers(MessageClass.OTP, OTP)
    assert [(one.tier_from, one.tier_below) for one in lines][-2:] == [
        (500_000, 1_000_000),
        (1_000_000, 3_000_000),
    ]
    assert lines[0].unit_price == Decimal("0.052")
    [open_end] = read_tiers(MessageClass.OTP, " 1  ¥0.05 \n\n")
    assert open_end.tier_below is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1 0.05\n1 0.04", 1),
        ("10 0.05\n1 0.04", 1),
        ("1 0.05\nx", 2),
        ("1 -\n10 0.05", 1),
        ("1 -0.05", 1),
        ("1 1e3", 1),
        ("1-CA 0.05", 1),
        ("1 0.05\n99999999999 0.04", 1),
    ],
)
def test_tiers_that_cannot_be_are_named_by_line(text: str, line: int) -> None:
    with pytest.raises(LineUnreadableError) as caught:
        read_tiers(MessageClass.OTP, text)
    assert caught.value.number == line


def test_destinations_are_read_as_typed() -> None:
    assert read_destinations("971 0.18\n1-CA -") == [
        DraftLine(MessageClass.INTERNATIONAL, "971", 1, None, Decimal("0.18")),
        DraftLine(MessageClass.INTERNATIONAL, "1-CA", 1, None, None),
    ]
    with pytest.raises(LineUnreadableError):
        read_destinations("971 0.18\n971 0.19")


@pytest.mark.usefixtures("world")
async def test_the_form_begins_with_what_will_hold(sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    form = await prefilled(finance)
    assert form["otp"].startswith("1 0.05\n10000 0.045\n")
    assert form["otp"].endswith("\n3000000 -")
    same = await finance.post("/published/next", form, page="/published/next")
    assert same.status_code == 422
    assert "what holds anyway" in same.text


async def test_two_people_publish_a_version(world: World, sign_in: SignIn) -> None:
    finance, admin = await sign_in("finance"), await sign_in("admin")
    draft = await prepare(finance, otp=OTP, international="971 -")
    page = (await finance.get(draft)).text
    assert "Dearer" in page
    assert "0.0520" in page
    assert "Ends" in page
    assert f"{draft}/publish" not in page
    assert draft in (await admin.get("/published/versions")).text
    own = await finance.post(f"{draft}/publish", page=draft)
    assert own.status_code == 403
    assert "does not publish it" in own.text
    done = await admin.post(f"{draft}/publish", page=draft)
    assert "The version is published." in done.text
    assert "Coming" in done.text
    again = await admin.post(f"{draft}/publish", page="/published/next")
    assert again.status_code == 409
    async with world.database.transaction() as tx:
        every = await catalogue.price_versions(tx)
        [told] = [
            one
            for one in await audit.latest(tx, name="price.published")
            if one.facts["source"] == "Carrier notice 17"
        ]
    held = rules.price_at(every, cls=MessageClass.OTP, at=day_begins(DAY))
    assert held.unit_price == Decimal("0.052")
    assert told.facts["versions"] == 6
    listed = (await admin.get("/published/prices?time=coming")).text
    assert listed.count("Carrier notice 17") == 6
    assert "Carrier notice 17" in (await admin.get("/published/versions")).text


@pytest.mark.usefixtures("world")
async def test_mistakes_are_named_beside_their_field(sign_in: SignIn) -> None:
    finance = await sign_in("finance")
    form = await prefilled(finance)
    for change, words in (
        ({"begins_on": "2026-03-02", "otp": OTP}, "2026-03-03 is the earliest day"),
        ({"begins_on": "2020-01-01", "otp": OTP}, "2026-03-03 is the earliest day"),
        ({"otp": "1 0.05\nx"}, "Line 2 cannot be read"),
        ({"otp": "2 0.05"}, "Tiers run from 1 on"),
        ({"international": "999 1"}, "“999” is not on the price list"),
    ):
        answer = await finance.post("/published/next", {**form, **change}, page="/published/next")
        assert answer.status_code == 422
        assert words in answer.text
        for typed in change.values():
            assert typed.splitlines()[-1] in answer.text


@pytest.mark.usefixtures("world")
async def test_a_withdrawn_version_is_gone_for_good(sign_in: SignIn) -> None:
    finance, admin = await sign_in("finance"), await sign_in("admin")
    draft = await prepare(finance, otp=OTP)
    done = await finance.post(f"{draft}/withdraw", page=draft)
    assert "was withdrawn" in done.text
    late = await admin.post(f"{draft}/publish", page="/published/next")
    assert late.status_code == 409
    assert "Withdrawn" in late.text
    support = await sign_in("support")
    assert (await support.get(draft)).status_code == 200
    assert (await support.post(f"{draft}/publish", page="/")).status_code == 403
