from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest
from bench.customers import Customer
from ucloud.client import Client

from tests.contracts.conftest import client_of
from tests.contracts.test_sending import refused, single
from tests.doors.programs import Cloud, vault
from umcloud.domains.accounts import service as accounts
from umcloud.domains.accounts.model import FreezeReason, Scope
from umcloud.domains.resources.signatures import queries as signature_queries
from umcloud.domains.resources.signatures import service as signatures
from umcloud.domains.resources.templates import queries as template_queries
from umcloud.domains.resources.templates import service as templates
from umcloud.infra.db import Tx
from umcloud.kernel.act import Act
from umcloud.kernel.ids import AccountId

LICENCE = base64.b64encode(b"%PDF-1.7 a licence+/of a company").decode()


def asked(**changes: Any) -> dict[str, Any]:
    request = {
        "SigContent": "云上商店",
        "SigType": 0,
        "SigPurpose": 0,
        "CertificateType": 0,
        "Description": "公司简称",
        "File": LICENCE,
    }
    return request | changes


def correction(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in asked(**changes).items() if name != "Description"}


def review_signature(cloud: Cloud, public_id: str, refusal: str = "") -> None:
    async def decide(tx: Tx, act: Act) -> None:
        found = await signature_queries.by_public_id(tx, public_id)
        assert found is not None
        taken = await signatures.take(tx, act, signature_id=found.id)
        if refusal:
            await signatures.refuse(
                tx, act, signature_id=found.id, revision=taken.revision, reason=refusal
            )
        else:
            await signatures.approve(tx, act, signature_id=found.id, revision=taken.revision)

    cloud.do(decide)


def review_template(cloud: Cloud, public_id: str, refusal: str = "") -> None:
    async def decide(tx: Tx, act: Act) -> None:
        found = await template_queries.by_public_id(tx, public_id)
        assert found is not None
        taken = await templates.take(tx, act, template_id=found.id)
        if refusal:
            await templates.refuse(
                tx, act, template_id=found.id, revision=taken.revision, reason=refusal
            )
        else:
            await templates.approve(tx, act, template_id=found.id, revision=taken.revision)

    cloud.do(decide)


def test_the_life_of_a_signature(cloud: Cloud, client: Client, customer: Customer) -> None:
    usms = client.usms()
    made = usms.create_usms_signature(asked())
    public_id = made["SigId"]
    assert public_id.startswith("SIG20260302")
    assert made["SigContent"] == "云上商店"
    assert usms.query_usms_signature({"SigId": public_id})["Data"]["Status"] == 0
    assert refused(usms.send_usms_message, single(customer, SigContent="云上商店")) == 18016

    review_signature(cloud, public_id, "看不清")
    found = usms.query_usms_signature({"SigContent": "云上商店"})["Data"]
    assert (found["SigId"], found["Status"], found["ErrDesc"]) == (public_id, 3, "看不清")

    file = f"application/pdf;base64,{LICENCE}"
    usms.update_usms_signature(correction(SigId=public_id, SigContent="云上书店", File=file))
    review_signature(cloud, public_id)
    assert usms.query_usms_signature({"SigId": public_id})["Data"]["Status"] == 2
    assert usms.send_usms_message(single(customer, SigContent="云上书店"))["SessionNo"]

    usms.delete_usms_signature({"SigIds": [public_id]})
    assert refused(usms.query_usms_signature, {"SigId": public_id}) == 18016
    assert refused(usms.send_usms_message, single(customer, SigContent="云上书店")) == 18016


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SigContent": "x"}, 18003),
        ({"SigType": 9}, 18002),
        ({"File": "no base64 !"}, 18002),
        ({"File": base64.b64encode(b"text").decode()}, 18003),
        ({"SigPurpose": 1}, 18003),
    ],
)
def test_a_wrong_signature_is_not_taken(client: Client, changes: dict[str, Any], code: int) -> None:
    assert refused(client.usms().create_usms_signature, asked(**changes)) == code


def test_the_life_of_a_template(cloud: Cloud, client: Client, customer: Customer) -> None:
    usms = client.usms()
    made = usms.create_usms_template(
        {
            "Purpose": 1,
            "TemplateName": "登录验证码",
            "Template": "您的验证码是{1}，请勿告诉他人。",
            "Remark": "登录",
            "International": False,
        }
    )
    public_id = made["TemplateId"]
    assert public_id.startswith("UTA260302")
    found = usms.query_usms_template({"TemplateId": public_id})["Data"]
    assert (found["Purpose"], found["Status"], found["Remark"]) == (1, 0, "登录")
    request = single(customer, TemplateId=public_id, TemplateParams=["123456"])
    assert refused(usms.send_usms_message, request) == 18017
    usms.update_usms_template(
        {"TemplateId": public_id, "Template": "验证码{1}，五分钟内有效。", "TemplateName": "登录码"}
    )
    review_template(cloud, public_id)
    found = usms.query_usms_template({"TemplateId": public_id})["Data"]
    assert (found["TemplateName"], found["Status"]) == ("登录码", 2)
    assert usms.send_usms_message(request)["SessionNo"]
    too_long = single(customer, TemplateId=public_id, TemplateParams=["12345678"])
    assert refused(usms.send_usms_message, too_long) == 18033
    usms.delete_usms_template({"TemplateIds": [public_id]})
    assert refused(usms.query_usms_template, {"TemplateId": public_id}) == 18017


def test_what_was_refused_is_corrected_and_what_is_approved_stays(
    cloud: Cloud, client: Client
) -> None:
    usms = client.usms()
    content = "您的订单{1}已发货。"
    made = usms.create_usms_template({"Purpose": 2, "TemplateName": "发货", "Template": content})
    public_id = made["TemplateId"]
    asked_again = {"TemplateId": public_id, "Template": content}

    def standing() -> tuple[int, str]:
        data = usms.query_usms_template({"TemplateId": public_id})["Data"]
        return data["Status"], data["ErrDesc"]

    review_template(cloud, public_id, "请说明变量")
    assert standing() == (3, "请说明变量")
    usms.update_usms_template({**asked_again, "TemplateName": "发货通知"})
    assert standing() == (3, "请说明变量")
    usms.update_usms_template({**asked_again, "Instruction": "1 订单号"})
    assert standing() == (0, "")
    review_template(cloud, public_id)
    assert refused(usms.update_usms_template, {**asked_again, "Template": "您好{1}"}) == 18003
    usms.update_usms_template({**asked_again, "TemplateName": "发货"})
    assert standing() == (2, "")

    signature = usms.create_usms_signature(asked())["SigId"]
    review_signature(cloud, signature)
    assert refused(usms.update_usms_signature, correction(SigId=signature)) == 18003

    async def past(tx: Tx, act: Act) -> list[str]:
        del act
        found = await template_queries.by_public_id(tx, public_id)
        assert found is not None
        return [one.verdict.name for one in await template_queries.decisions(tx, found.id)]

    assert cloud.do(past) == ["APPROVED", "REJECTED"]


def test_nobody_reaches_what_is_not_theirs(cloud: Cloud, door: str, client: Client) -> None:
    public_id = client.usms().create_usms_signature(asked())["SigId"]
    other = client_of(cloud.customer(2), door).usms()
    assert refused(other.query_usms_signature, {"SigId": public_id}) == 18016
    assert refused(other.delete_usms_signature, {"SigIds": [public_id]}) == 18016
    assert client.usms().query_usms_signature({"SigId": public_id})["Data"]["Status"] == 0


def new_key(cloud: Cloud, customer: Customer, scope: Scope, *networks: str) -> dict[str, str]:
    async def make(tx: Tx, act: Act) -> dict[str, str]:
        key = await accounts.create_key(
            tx,
            act,
            account_id=AccountId(UUID(customer.account)),
            name="another",
            scopes=frozenset({scope}),
            networks=networks,
            vault=vault(),
        )
        return {"public_key": key.key.public_key, "private_key": key.private_key}

    return cloud.do(make)


def test_keys_do_what_they_may_from_where_they_may(
    cloud: Cloud, door: str, customer: Customer
) -> None:
    reader = client_of(customer, door, **new_key(cloud, customer, Scope.READ))
    assert reader.ubill().get_balance()["AccountInfo"]
    assert refused(reader.usms().send_usms_message, single(customer)) == 291
    away = client_of(customer, door, **new_key(cloud, customer, Scope.SEND, "203.0.113.7"))
    assert refused(away.usms().send_usms_message, single(customer)) == 294


@pytest.mark.clause("C4.2")
def test_a_frozen_account_is_restricted(cloud: Cloud, door: str, customer: Customer) -> None:
    async def freeze(tx: Tx, act: Act) -> None:
        await accounts.freeze(
            tx, act, account_id=AccountId(UUID(customer.account)), reason=FreezeReason.BREACH
        )

    cloud.do(freeze)
    client = client_of(customer, door)
    assert refused(client.usms().send_usms_message, single(customer)) == 173
    assert refused(lambda _: client.ubill().get_balance(), {}) == 173


def test_what_the_sdk_cannot_say_is_still_read(client: Client) -> None:
    assert refused(lambda request: client.invoke("NoSuchAction", request), {}) == 161
    assert refused(lambda request: client.invoke("GetBalance", request), {"Colour": "red"}) == 18003
    raw = client.invoke("GetBalance", {})
    assert (raw["RetCode"], raw["Action"]) == (0, "GetBalanceResponse")
    assert raw["ReqUuid"]
