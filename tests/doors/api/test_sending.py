from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from bench.customers import Customer
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.programs import SESSION, Recorder
from umcloud.domains.accounts.model import AccountState, KeyFacts, KeyState, Scope
from umcloud.domains.agreements.errors import ConsentNeeded
from umcloud.domains.ledger.errors import IdempotencyConflict, InsufficientBalance
from umcloud.domains.messaging.errors import Overloaded, TemplateNotApproved
from umcloud.domains.messaging.model import SESSION_MASK, SendAnswer
from umcloud.doors.api.accepting import read_request
from umcloud.doors.api.answers import head_of, tail_of, written
from umcloud.infra.i18n import LOCALES, Texts
from umcloud.kernel.ids import AccountId, KeyId, show
from umcloud.kernel.refusals import Refusal
from umcloud.wire.phones import NumberMalformed

ONE = {"to": "13800138000", "template": "UTN260302ABCDEF", "values": ["123456"]}

UNREADABLE: tuple[int, str, dict[str, str]] = (400, "api.body_unreadable", {})


def shown(prefix: str, number: int) -> str:
    return show(prefix, UUID(int=number))


async def test_one_message_is_accepted(
    http: httpx.AsyncClient, pump: Recorder, program: Customer
) -> None:
    response = await http.post(
        "/messages", json={**ONE, "signature": "云店", "reference": "order-1"}
    )
    assert response.status_code == 202
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "session": shown("ses", SESSION),
        "messages": [{"id": shown("msg", SESSION + 1), "segments": 1}],
    }
    (asked,) = pump.requests
    assert str(asked.account_id) == program.account
    assert asked.atomic
    assert asked.idempotency_key is None
    (group,) = asked.groups
    assert (group.template, group.signature) == (ONE["template"], "云店")
    (recipient,) = group.recipients
    assert (recipient.destination, recipient.values) == ("13800138000", ("123456",))
    assert recipient.client_ref == "order-1"


async def test_of_several_each_has_its_outcome_in_order(
    http: httpx.AsyncClient, pump: Recorder
) -> None:
    pump.refused = {1: NumberMalformed(), 3: TemplateNotApproved(template="UTX")}
    others = {**ONE, "template": "UTX"}
    response = await http.post("/messages", json={"messages": [ONE, ONE, others, others, ONE]})
    assert response.status_code == 202
    outcomes = response.json()["messages"]
    assert [one.get("id") for one in outcomes] == [
        shown("msg", SESSION + 1),
        None,
        shown("msg", SESSION + 3),
        None,
        shown("msg", SESSION + 5),
    ]
    assert outcomes[1]["refusal"]["type"] == "number.malformed"
    assert outcomes[3]["refusal"]["facts"] == {"template": "UTX"}
    assert outcomes[3]["refusal"]["detail"]
    (asked,) = pump.requests
    assert not asked.atomic
    assert [len(group.recipients) for group in asked.groups] == [2, 2, 1]


async def test_a_single_message_that_is_refused_is_a_problem(
    http: httpx.AsyncClient, pump: Recorder
) -> None:
    pump.refused = {0: InsufficientBalance.of("CNY", needed=50_000, available=1)}
    response = await http.post("/messages", json=ONE)
    assert response.status_code == 402
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == "en"
    problem = response.json()
    assert problem["type"] == "balance.insufficient"
    assert problem["status"] == 402
    assert problem["instance"].startswith("req_")
    chinese = await http.post("/messages", json=ONE, headers={"accept-language": "zh-CN"})
    assert chinese.json()["title"] == "余额不足"


async def test_a_repeated_request_is_known_by_its_key(
    http: httpx.AsyncClient, pump: Recorder
) -> None:
    pump.replayed = True
    headers = {"idempotency-key": "order-1"}
    response = await http.post("/messages", json=ONE, headers=headers)
    assert response.headers["idempotency-replayed"] == "true"
    await http.post("/messages", json={**ONE, "to": "13800138001"}, headers=headers)
    first, second = pump.requests
    assert first.idempotency_key == second.idempotency_key == "order-1"
    assert first.request_hash != second.request_hash
    pump.fault = IdempotencyConflict(key="order-1")
    assert (await http.post("/messages", json=ONE, headers=headers)).status_code == 409


@pytest.mark.clause("P.2")
async def test_without_consent_the_problem_says_where_to_give_it(
    http: httpx.AsyncClient, pump: Recorder
) -> None:
    pump.fault = ConsentNeeded(version="1.1")
    answer = await http.post("/messages", json=ONE)
    said = answer.json()
    assert (answer.status_code, said["type"]) == (403, "agreements.consent_needed")
    assert said["facts"] == {"version": "1.1"}
    assert "portal" in said["detail"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
async def test_a_malformed_idempotency_key_is_refused(
    http: httpx.AsyncClient, pump: Recorder, key: str
) -> None:
    response = await http.post(
        "/messages", json=ONE, headers={b"idempotency-key": key.encode("latin-1")}
    )
    assert response.status_code == 400
    assert response.json()["type"] == "api.idempotency_key_malformed"
    assert not pump.requests


async def test_busy_says_when_to_come_back(http: httpx.AsyncClient, pump: Recorder) -> None:
    pump.fault = Overloaded(retry_after_seconds=3)
    response = await http.post("/messages", json=ONE)
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")


async def test_a_fault_of_ours_is_told_without_its_values(
    http: httpx.AsyncClient, pump: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    pump.fault = RuntimeError("13800138000 and a secret")
    response = await http.post("/messages", json=ONE)
    assert response.status_code == 500
    assert response.json()["type"] == "api.faulty"
    assert response.json()["instance"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "13800138000" not in caplog.text + response.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", UNREADABLE),
        (b"{", UNREADABLE),
        (b"\xff\xfe", UNREADABLE),
        (b'{"to":"\xff","template":"x"}', UNREADABLE),
        (b'{"to":"1","template":"\\ud800"}', UNREADABLE),
        (b"[]", (422, "api.field_wrong", {"path": "$", "expected": "object"})),
        (b'{"to":"1"}', (422, "api.field_missing", {"field": "template", "path": "$"})),
        (b'{"to":1}', (422, "api.field_wrong", {"path": "$.to", "expected": "str"})),
        (
            b'{"to":"1","template":"x","colour":"red"}',
            (422, "api.field_unknown", {"field": "colour", "path": "$"}),
        ),
        (
            b'{"to":"1","template":"x","values":["messages",2]}',
            (422, "api.field_wrong", {"path": "$.values[1]", "expected": "str"}),
        ),
        (
            b'{"messages":[{"to":"1","template":"x"},{"to":"1"}]}',
            (422, "api.field_missing", {"field": "template", "path": "$.messages[1]"}),
        ),
        (
            b'{"messages":[],"to":"1"}',
            (422, "api.field_unknown", {"field": "to", "path": "$"}),
        ),
        (b" " * 1_000_001, (413, "api.body_too_large", {"most": 1_000_000})),
    ],
)
async def test_bad_bodies_are_told_what_is_wrong(
    http: httpx.AsyncClient,
    pump: Recorder,
    body: bytes,
    expected: tuple[int, str, dict[str, Any]],
) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    response = await http.post("/messages", content=body, headers=headers)
    problem = response.json()
    assert (response.status_code, problem["type"], problem.get("facts", {})) == expected
    assert problem["detail"]
    assert pump.requests == []


async def test_a_body_in_pieces_is_read_and_bounded(
    http: httpx.AsyncClient, pump: Recorder
) -> None:
    async def pieces(count: int) -> Any:
        yield b'{"to":"13800138000","template":"x"'
        for _ in range(count):
            yield b" " * 100_000
        yield b"}"

    assert (await http.post("/messages", content=pieces(2))).status_code == 202
    assert (await http.post("/messages", content=pieces(11))).status_code == 413
    assert len(pump.requests) == 1


async def test_a_form_is_not_taken_for_json(http: httpx.AsyncClient) -> None:
    assert (await http.post("/messages", data={"to": "1"})).status_code == 415


@given(st.integers(0, (1 << 112) - 1), st.integers(0, 1000))
def test_ids_are_written_as_everywhere(high: int, position: int) -> None:
    session = high << 16
    letters = b"msg_" + head_of(session) + tail_of(session + position)
    assert letters.decode() == shown("msg", (session & ~SESSION_MASK) + position)


def test_answers_need_no_reader_where_nothing_is_refused() -> None:
    texts = Texts("en")
    body = written(SendAnswer(SESSION, {}, [1, 2]), texts)
    assert body.count(b"msg_") == 2


FACTS = KeyFacts(
    KeyId(UUID(int=1)),
    AccountId(UUID(int=2)),
    3,
    AccountState.ACTIVE,
    None,
    "public",
    "private",
    KeyState.ACTIVE,
    frozenset(Scope),
    (),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["to", "template", "values", "messages", "reference", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        request = read_request(body, FACTS)
    except Refusal as refusal:
        told = [Texts(locale).refusal(refusal) for locale in LOCALES]
    else:
        told = ["accepted"]
        assert request.account_id == FACTS.account_id
    assert all(told)
