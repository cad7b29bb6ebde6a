"""`GET /v1/inbound`: what handsets wrote back to this account."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import httpx
from bench.customers import Customer

from tests.domains.inbound.stage import HANDSET, OURS, SECOND, Sent
from tests.doors.api.test_reading import DOCUMENT, conforms
from umcloud.doors.api import openapi
from umcloud.infra.db import Database
from umcloud.kernel.ids import AccountId, show


async def test_replies_are_read_page_by_page(
    http: httpx.AsyncClient, program: Customer, database: Database, now: datetime
) -> None:
    sent = Sent(database, now)
    await sent.begin()
    message = await sent.send(AccountId(UUID(program.account)), reference="o-1")
    await sent.send(SECOND, "8613900139000")
    await sent.keep(sent.part("别人的", source="8613900139000"))
    for n in range(3):
        await sent.keep(sent.part(str(n), after=timedelta(seconds=n)))
        await sent.gather(timedelta(seconds=n + 1))
    answer = await http.get("/inbound", params={"limit": "2"})
    assert answer.status_code == 200
    page = answer.json()
    conforms(page, "InboundPage")
    assert [one["text"] for one in page["inbound"]] == ["2", "1"]
    rest = (await http.get("/inbound", params={"before": page["next"]})).json()
    conforms(rest, "InboundPage")
    (oldest,) = rest["inbound"]
    assert rest["next"] is None
    assert oldest == {
        "id": oldest["id"],
        "sender": f"+{HANDSET}",
        "to": OURS,
        "extend_code": "",
        "text": "0",
        "received_at": "2026-03-02T04:00:00Z",
        "message": show("msg", message),
        "reference": "o-1",
    }


async def test_what_cannot_be_read_is_said(http: httpx.AsyncClient, program: Customer) -> None:
    assert program.account
    empty = (await http.get("/inbound")).json()
    assert empty == {"inbound": [], "next": None}
    for wrong in ("before=msg_1", "limit=0", "since=2026-03-02"):
        answer = await http.get(f"/inbound?{wrong}")
        assert (answer.status_code, answer.json()["type"]) == (400, "api.parameter_wrong")


def test_the_example_is_what_the_document_says() -> None:
    conforms(openapi.INBOUND_EXAMPLE, "InboundPage")
    content = DOCUMENT["paths"]["/inbound"]["get"]["responses"]["200"]["content"]
    assert content["application/json"]["examples"]["some"]["value"] == openapi.INBOUND_EXAMPLE
