from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import jsonschema_rs
import pytest
from bench.customers import Customer

from tests.doors.programs import customer, vault
from umcloud.domains.messaging.pump import Pump
from umcloud.doors.api import openapi
from umcloud.doors.api.app import Api, api
from umcloud.doors.api.errors import STATUS_OF
from umcloud.infra.db import Database
from umcloud.kernel.refusals import registry

DOCUMENT: dict[str, Any] = json.loads(openapi.document())


@pytest.fixture
async def door(database: Database, program: Customer, now: datetime) -> AsyncIterator[Api]:
    """Return the door over the real pump."""
    assert program.balance
    pump = Pump(database, lambda: now)
    await pump.start()
    made = api(database=database, now=lambda: now, vault=vault(), pump=pump)
    yield made
    await made.ring.close()
    await pump.stop()


def conforms(body: Any, name: str) -> None:
    """Fail unless the body is what the document says under this name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.validate(schema, body)


def message(program: Customer, to: str, **more: str) -> dict[str, Any]:
    return {"to": to, "template": program.template, "values": ["A42"], **more}


async def test_records_tell_what_was_sent(http: httpx.AsyncClient, program: Customer) -> None:
    sent = await http.post("/messages", json=message(program, "13800138000", reference="o-1"))
    accepted = sent.json()
    conforms(accepted, "Accepted")
    response = await http.get(f"/messages/{accepted['messages'][0]['id']}")
    assert response.status_code == 200
    record = response.json()
    conforms(record, "MessageRecord")
    assert record["session"] == accepted["session"]
    assert record["to"] == "+8613800138000"
    assert record["class"] == "notice"
    assert record["status"] == "accepted"
    assert record["reference"] == "o-1"
    assert record["segments"] == 1


async def test_an_idempotency_key_sends_once(http: httpx.AsyncClient, program: Customer) -> None:
    headers = {"idempotency-key": "order-1"}
    body = message(program, "13800138000")
    first = await http.post("/messages", json=body, headers=headers)
    again = await http.post("/messages", json=body, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await http.post("/messages", json=message(program, "13800138001"), headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "idempotency.conflict")
    conforms(other.json(), "Problem")
    assert len((await http.get("/messages")).json()["messages"]) == 1


async def test_an_empty_balance_accepts_an_exact_prefix(
    http: httpx.AsyncClient, program: Customer
) -> None:
    several = [message(program, f"138001380{number:02}") for number in range(25)]
    response = await http.post("/messages", json={"messages": several})
    accepted = response.json()
    conforms(accepted, "Accepted")
    assert response.status_code == 202
    assert ["id" in one for one in accepted["messages"]] == [True] * 20 + [False] * 5
    refusal = accepted["messages"][20]["refusal"]
    assert refusal["type"] == "balance.insufficient"
    assert "0.05 needed, 0.00 available" in refusal["detail"]
    alone = await http.post("/messages", json=several[0])
    assert alone.status_code == 402
    page = (await http.get("/messages", params={"session": accepted["session"]})).json()
    conforms(page, "MessagePage")
    assert len(page["messages"]) == 20


async def test_too_many_are_refused_as_a_whole(http: httpx.AsyncClient, program: Customer) -> None:
    several = [message(program, "13800138000")] * 1001
    response = await http.post("/messages", json={"messages": several})
    assert (response.status_code, response.json()["type"]) == (422, "send.too_many_recipients")
    nobody = await http.post("/messages", json={"messages": []})
    assert nobody.json()["type"] == "send.no_recipient"


async def test_pages_follow_each_other(http: httpx.AsyncClient, program: Customer) -> None:
    for number in range(5):
        await http.post("/messages", json=message(program, f"1380013800{number}"))
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await http.get("/messages", params={"limit": "2", **before})).json()
        conforms(page, "MessagePage")
        seen += [one["to"][-1] for one in page["messages"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == ["4", "3", "2", "1", "0"]


async def test_balance_templates_and_signatures(http: httpx.AsyncClient, program: Customer) -> None:
    balance = (await http.get("/balance")).json()
    conforms(balance, "BalanceAnswer")
    assert (balance["posted"], balance["available"]) == ("1.00", "1.00")
    templates = (await http.get("/templates")).json()
    conforms(templates, "TemplatePage")
    assert [one["id"] for one in templates["templates"]] == [program.template]
    assert templates["templates"][0]["status"] == "approved"
    signatures = (await http.get("/signatures", params={"limit": "1"})).json()
    conforms(signatures, "SignaturePage")
    assert [one["text"] for one in signatures["signatures"]] == [program.signature]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/messages/msg_0", 404, "message.unknown"),
        ("/messages/msg_01jd00000000000000000000f1", 404, "message.unknown"),
        ("/messages?session=ses_01jd00000000000000000000f0", 404, "message.unknown"),
        ("/messages?session=ses_01jd00000000000000000000f0&limit=1", 400, "api.parameter_wrong"),
        ("/messages?limit=0", 400, "api.parameter_wrong"),
        ("/messages?limit=1&limit=2", 400, "api.parameter_wrong"),
        ("/messages?before=x", 400, "api.parameter_wrong"),
        ("/balance?colour=red", 400, "api.parameter_wrong"),
        ("/templates?limit=²", 400, "api.parameter_wrong"),
        ("/nowhere", 404, "api.nothing_here"),
    ],
)
async def test_what_is_not_there_is_told(
    http: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    response = await http.get(path)
    assert (response.status_code, response.json()["type"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    conforms(response.json(), "Problem")


async def test_other_methods_are_refused(http: httpx.AsyncClient) -> None:
    response = await http.delete("/messages")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    response = await http.post("/balance")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


async def test_nobody_reads_what_is_not_theirs(
    http: httpx.AsyncClient, program: Customer, database: Database, act: Any
) -> None:
    mine = (await http.post("/messages", json=message(program, "13800138000"))).json()
    other = await customer(database, act, 2)
    headers = {"authorization": f"Bearer {other.bearer}"}
    found = await http.get(f"/messages/{mine['messages'][0]['id']}", headers=headers)
    assert found.status_code == 404
    assert (await http.get("/messages", headers=headers)).json()["messages"] == []


async def test_the_document_is_served_and_its_examples_are_right(http: httpx.AsyncClient) -> None:
    served = await http.get("/openapi.json")
    assert served.json() == DOCUMENT
    sending = DOCUMENT["paths"]["/messages"]["post"]
    examples = sending["requestBody"]["content"]["application/json"]["examples"]
    conforms(examples["one"]["value"], "NewMessage")
    conforms(examples["several"]["value"], "NewMessages")
    for example in examples.values():
        response = await http.post("/messages", json=example["value"])
        assert str(response.status_code) in sending["responses"]
    answer = sending["responses"]["202"]["content"]["application/json"]["examples"]
    conforms(answer["one"]["value"], "Accepted")


def test_every_status_is_documented_and_every_row_is_a_refusal() -> None:
    documented = {
        status
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        for status in operation["responses"]
    }
    assert {str(status) for status in STATUS_OF.values()} <= documented | {"405"}
    assert set(STATUS_OF) <= set(registry())
