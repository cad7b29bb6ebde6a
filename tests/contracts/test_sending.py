from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from bench.customers import Customer
from sqlalchemy import text
from ucloud.client import Client
from ucloud.core import exc

from tests.contracts.conftest import client_of
from tests.doors.programs import Cloud
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act

PRICE = 50_000


def refused(call: Any, request: dict[str, Any]) -> int:
    with pytest.raises(exc.RetCodeException) as caught:
        call(request)
    assert caught.value.message
    return int(caught.value.code)


def stored(cloud: Cloud) -> list[str]:
    async def read(tx: Tx, _act: Act) -> list[str]:
        rows = await tx.execute(text("SELECT destination FROM message ORDER BY lane, id"))
        return [row.destination for row in rows]

    return cloud.do(read)


def single(customer: Customer, *numbers: str, **changes: Any) -> dict[str, Any]:
    request = {
        "PhoneNumbers": list(numbers) or ["13800138000"],
        "TemplateId": customer.template,
        "SigContent": customer.signature,
        "TemplateParams": ["A42 已到"],
    }
    return request | changes


def test_a_message_is_accepted_and_charged(
    cloud: Cloud, client: Client, customer: Customer
) -> None:
    answer = client.usms().send_usms_message(
        single(customer, "(86)13800138000", "13800138001", UserId="uid-1")
    )
    assert answer["UserId"] == "uid-1"
    assert answer["Message"] == "Success"
    assert answer["SessionNo"]
    assert len(stored(cloud)) == 2
    money = client.ubill().get_balance()["AccountInfo"]
    assert money == {
        "Amount": "0.90",
        "AmountAvailable": "0.90",
        "AmountFree": "0.00",
        "AmountFreeze": "0.00",
        "AmountCredit": "0.00",
    }


def test_malformed_numbers_do_not_block_the_rest(
    cloud: Cloud, client: Client, customer: Customer
) -> None:
    answer = client.usms().send_usms_message(single(customer, "12345", "13800138001", "x"))
    assert "0, 2" in answer["Message"]
    assert len(stored(cloud)) == 1
    assert refused(client.usms().send_usms_message, single(customer, "12345")) == 18014


def test_the_default_signature_stands_in(client: Client, customer: Customer) -> None:
    request = single(customer)
    del request["SigContent"]
    assert client.usms().send_usms_message(request)["SessionNo"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"TemplateParams": []}, 18018),
        ({"TemplateParams": ["a", "b"]}, 18018),
        ({"TemplateParams": ["a【b】"]}, 18033),
        ({"TemplateId": "UTN260302FFFFFF"}, 18017),
        ({"SigContent": "别人的"}, 18016),
        ({"PhoneNumbers": []}, 18001),
        ({"PhoneNumbers": [f"138{n:08}" for n in range(1001)]}, 18019),
        ({"UserId": "x" * 33}, 18002),
        ({"ExtendCode": "12"}, 18003),
    ],
)
def test_what_cannot_be_sent_has_its_code(
    cloud: Cloud, client: Client, customer: Customer, changes: dict[str, Any], code: int
) -> None:
    assert refused(client.usms().send_usms_message, single(customer, **changes)) == code
    assert stored(cloud) == []


def test_money_is_for_all_or_for_none(cloud: Cloud, door: str) -> None:
    poor = cloud.customer(2, micros=PRICE)
    client = client_of(poor, door, max_retries=2)
    assert refused(client.usms().send_usms_message, single(poor, "13800138000", "13800138001"))
    assert stored(cloud) == []
    assert client.usms().send_usms_message(single(poor))["SessionNo"]
    assert refused(client.usms().send_usms_message, single(poor)) == 18013
    assert len(stored(cloud)) == 1


def test_wrong_keys_and_signatures_are_told_apart(customer: Customer, door: str) -> None:
    stranger = client_of(customer, door, public_key="nobody")
    assert refused(stranger.usms().send_usms_message, single(customer)) == 172
    forger = client_of(customer, door, private_key="0" * 40)
    assert refused(forger.usms().send_usms_message, single(customer)) == 171


def batch(*items: dict[str, Any]) -> dict[str, str]:
    return {"TaskContent": base64.b64encode(json.dumps(items).encode()).decode()}


def target(phone: str, *values: str) -> dict[str, Any]:
    return {"Phone": phone, "TemplateParams": list(values)}


def item(customer: Customer, *targets: dict[str, Any], **changes: str) -> dict[str, Any]:
    made = {"TemplateId": customer.template, "SigContent": customer.signature}
    return made | {"Target": list(targets)} | changes


def test_a_batch_says_what_failed_and_sends_the_rest(
    cloud: Cloud, client: Client, customer: Customer
) -> None:
    answer = client.usms().send_batch_usms_message(
        batch(
            item(customer, target("13800138000", "a"), target("12", "b")),
            item(customer, target("13800138001", "c"), TemplateId="UTN260302FFFFFF"),
        )
    )
    assert answer["SuccessCount"] == 1
    assert answer["SessionNo"]
    first, second = answer["FailContent"]
    assert [one["Phone"] for one in first["Target"]] == ["12"]
    assert first["Target"][0]["FailureDetails"]
    assert not first["FailureDetails"]
    assert second["FailureDetails"]
    assert second["Target"][0]["FailureDetails"] == ""
    assert len(stored(cloud)) == 1


def test_a_batch_of_which_nothing_is_sent_has_a_code(
    cloud: Cloud, client: Client, customer: Customer
) -> None:
    send = client.usms().send_batch_usms_message
    one = item(customer, target("12", "b"))
    assert refused(send, batch(one)) == 18014
    assert refused(send, batch(one, item(customer, target("13800138000")))) == 18046
    assert refused(send, {"TaskContent": "no base64"}) == 18000
    many = [target(f"138{number:08}", "a") for number in range(201)]
    assert refused(send, batch(item(customer, *many))) == 18019
    assert stored(cloud) == []


def test_receipts_come_once_messages_have_ended(
    cloud: Cloud, client: Client, customer: Customer, now: datetime
) -> None:
    numbers = ["13800138000", "13800138001", "13800138002", "13800138003"]
    session = client.usms().send_usms_message(single(customer, *numbers, UserId="u-1"))["SessionNo"]
    asked = {"SessionNoSet": [session]}
    assert client.usms().get_usms_send_receipt(asked)["Data"] == [
        {"SessionNo": session, "ReceiptSet": []}
    ]
    cloud.do(_ended)
    found = client.usms().get_usms_send_receipt(asked)["Data"][0]["ReceiptSet"]
    assert [(one["Phone"], one["ReceiptResult"], one["CostCount"]) for one in found] == [
        ("13800138000", "发送成功", 1),
        ("13800138001", "发送失败", 1),
        ("13800138002", "状态未知", 1),
    ]
    assert found[0]["ReceiptCode"] == "0"
    assert found[1]["ReceiptCode"] == "MK:0001"
    assert {one["ReceiptTime"] for one in found} == {int(now.timestamp())}
    assert {one["UserId"] for one in found} == {"u-1"}
    assert all(one["ReceiptDesc"] for one in found)
    assert refused(client.usms().get_usms_send_receipt, {"SessionNoSet": ["x"]}) == 18002
    assert refused(client.usms().get_usms_send_receipt, {"SessionNoSet": [session] * 101})


async def _ended(tx: Tx, act: Act) -> None:
    """Write what lines write: parts submitted, receipts, ends of the first three messages."""
    rows = (await tx.execute(text("SELECT lane, id, account_id FROM message ORDER BY id"))).all()
    states = [("delivered", "DELIVRD"), ("failed", "MK:0001"), ("unknown", "EXPIRED")]
    for number, (row, (state, code)) in enumerate(zip(rows[:3], states, strict=True)):
        facts = {"lane": row.lane, "id": row.id, "at": act.now, "state": state, "code": code}
        await tx.sql(
            "INSERT INTO submission (lane, id, part, attempt, line, state, carrier_id, at) "
            "VALUES (:lane, :id, 1, 1, 1, 'submitted', :carrier_id, :at)",
            lane=row.lane,
            id=row.id,
            at=act.now,
            carrier_id=f"c{number}",
        )
        await tx.sql(
            "INSERT INTO receipt (lane, id, part, state, code, at) "
            "VALUES (:lane, :id, 1, :state, :code, :at)",
            **facts,
        )
        await tx.sql(
            "INSERT INTO final (lane, id, account_id, class, segments, state, code, at) "
            "VALUES (:lane, :id, :account, 'notice', 1, :state, :code, :at)",
            account=row.account_id,
            **facts,
        )
