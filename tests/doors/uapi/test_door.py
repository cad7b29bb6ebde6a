from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from bench.customers import Customer

from tests.doors.programs import Recorder, customer, prepare, vault
from umcloud.domains.agreements.errors import ConsentNeeded
from umcloud.domains.messaging.errors import NoLine, Overloaded
from umcloud.doors.dialects.uapi import errors
from umcloud.doors.dialects.uapi.app import Uapi, uapi
from umcloud.infra.db import Database
from umcloud.kernel.act import Act
from umcloud.kernel.refusals import Refusal
from umcloud.wire.uapi.flattening import flatten
from umcloud.wire.uapi.signing import sign, sign_json

SEND = {
    "Action": "SendUSMSMessage",
    "ProjectId": "org-test01",
    "PhoneNumbers": ["13800138000"],
    "TemplateId": "UTN260302ABCDEF",
    "TemplateParams": ["1 & 2", ""],
}


@pytest.fixture
def pump() -> Recorder:
    return Recorder()


@pytest.fixture
async def program(database: Database, act: Act) -> Customer:
    await prepare(database, act)
    return await customer(database, act)


@pytest.fixture
async def door(database: Database, pump: Recorder, now: datetime) -> AsyncIterator[Uapi]:
    made = uapi(database=database, now=lambda: now, vault=vault(), pump=pump)
    yield made
    await made.ring.close()


@pytest.fixture
async def http(door: Uapi) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        yield client


def form(program: Customer, **changes: Any) -> dict[str, str]:
    flat = flatten({**SEND, "PublicKey": program.public_key} | changes)
    return {**flat, "Signature": sign(flat, program.private_key)}


async def code_of(response: httpx.Response) -> int:
    assert response.status_code == 200
    body = response.json()
    assert body["ReqUuid"] == response.headers["x-ucloud-request-uuid"]
    assert body["Message"]
    return int(body["RetCode"])


async def test_a_form_is_taken_at_any_path(
    http: httpx.AsyncClient, program: Customer, pump: Recorder
) -> None:
    for path in ("/", "/uapi", "/uapi/deeper"):
        response = await http.post(path, data=form(program, UserId="u-1"))
        assert await code_of(response) == 0
    body = response.json()
    assert body["Action"] == "SendUSMSMessageResponse"
    assert body["UserId"] == "u-1"
    asked = pump.requests[-1]
    assert asked.atomic
    assert asked.groups[0].signature is None
    assert asked.groups[0].recipients[0].values == ("1 & 2", "")


async def test_json_and_get_are_taken_too(http: httpx.AsyncClient, program: Customer) -> None:
    params = {**SEND, "PublicKey": program.public_key, "PhoneNumbers": ["13800138000"] * 12}
    signed = {**params, "Signature": sign_json(params, program.private_key)}
    assert await code_of(await http.post("/", json=signed)) == 0
    assert await code_of(await http.get("/", params=form(program))) == 0


async def test_each_fault_before_the_action_has_its_code(
    http: httpx.AsyncClient, program: Customer, pump: Recorder
) -> None:
    cases: list[tuple[int, dict[str, str]]] = [
        (160, {}),
        (160, form(program, Action="")),
        (161, form(program, Action="sendusmsmessage")),
        (170, flatten({**SEND, "PublicKey": program.public_key})),
        (171, form(program) | {"TemplateId": "UTN260302ABCDEE"}),
        (171, form(program) | {"Signature": "ä"}),
        (172, flatten(SEND) | {"Signature": "x"}),
        (172, form(program) | {"PublicKey": "nobody"}),
        (172, form(program) | {"PublicKey": "no\x00body"}),
        (174, form(program, SecurityToken="x")),
        (18003, form(program, SenderId="x")),
        (18002, form(program, PhoneNumbers="13800138000")),
        (18002, form(program, TemplateId="\x00")),
    ]
    for code, fields in cases:
        assert await code_of(await http.post("/", data=fields)) == code, fields
    assert pump.requests == []


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"Action=A&Action=B", "application/x-www-form-urlencoded", 18002),
        (b"Action=%FF", "application/x-www-form-urlencoded", 18000),
        (b"Action=A&P.0=1&P.2=2", "application/x-www-form-urlencoded", 18002),
        (b"{", "application/json", 18000),
        (b"\xff\xfe", "application/json; charset=utf-8", 18000),
        (b"[]", "application/json", 18000),
        (b"x" * 16_000_001, "text/plain", 18003),
        (b"&".join(b"a%d=" % n for n in range(5000)), "text/plain", 18002),
    ],
)
async def test_unreadable_bodies_are_refused(
    http: httpx.AsyncClient, body: bytes, media_type: str, code: int
) -> None:
    response = await http.post("/", content=body, headers={"content-type": media_type})
    assert await code_of(response) == code


async def test_other_methods_are_refused(http: httpx.AsyncClient) -> None:
    assert await code_of(await http.put("/", content=b"")) == 18003


async def test_what_may_have_been_sent_is_never_asked_for_again(
    http: httpx.AsyncClient, program: Customer, pump: Recorder
) -> None:
    """The SDK repeats every code above 2000."""
    for fault, code in ((Overloaded(), 150), (RuntimeError("books on fire"), 130)):
        pump.fault = fault
        assert await code_of(await http.post("/", data=form(program))) == code


async def test_a_refused_recipient_refuses_the_request(
    http: httpx.AsyncClient, program: Customer, pump: Recorder
) -> None:
    pump.refused = {1: NoLine()}
    request = form(program, PhoneNumbers=["13800138000", "(60)112345678"])
    assert await code_of(await http.post("/", data=request)) == 18004


@pytest.mark.clause("P.2")
async def test_without_consent_the_account_is_stopped(
    http: httpx.AsyncClient, program: Customer, pump: Recorder
) -> None:
    pump.fault = ConsentNeeded(version="1.1")
    answer = (await http.post("/", data=form(program))).json()
    assert (answer["RetCode"], "控制台" in answer["Message"]) == (173, True)


async def test_messages_are_in_the_readers_language(
    http: httpx.AsyncClient, program: Customer
) -> None:
    body = form(program) | {"Signature": "0" * 40}
    chinese = (await http.post("/", data=body)).json()["Message"]
    english = (await http.post("/", data=body, headers={"accept-language": "en"})).json()
    assert chinese.startswith("签名")
    assert english["Message"].startswith("The signature is wrong")


async def test_a_key_has_so_many_requests_a_second(
    database: Database, program: Customer, pump: Recorder, now: datetime
) -> None:
    door = uapi(
        database=database, now=lambda: now, vault=vault(), pump=pump, requests_per_second=1.0
    )
    transport = httpx.ASGITransport(app=door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
        codes = [await code_of(await http.post("/", data=form(program))) for _ in range(30)]
    await door.ring.close()
    assert codes[0] == 0
    assert 153 in codes


def test_codes_that_the_sdk_repeats_are_for_nothing_sent() -> None:
    unsure: list[type[Refusal]] = [errors.Faulty, Overloaded, errors.RateLimited]
    assert all(errors.retcode_of(one()) <= 2000 for one in unsure)
