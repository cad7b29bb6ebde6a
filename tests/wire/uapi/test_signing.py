from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud.core.auth import Credential
from ucloud.core.typesystem import encoder

from umcloud.wire.uapi.errors import ArrayBroken, BodyUnreadable, NameTwice, TooManyParameters
from umcloud.wire.uapi.flattening import flatten, unflatten
from umcloud.wire.uapi.requests import read_form, read_json
from umcloud.wire.uapi.signing import sign, sign_json, string_to_sign

PUBLIC = "ucloudsomeone@example.com1296235120854146120"
PRIVATE = "46f09bb9fab4f12dfc160dae12273d5332b5debe"

SEND = {"Action": "SendUSMSMessage", "ProjectId": "org-test01"}

VECTORS: list[tuple[dict[str, Any], str]] = [
    (
        {"Action": "DescribeUHostInstance", "Limit": 10, "Region": "cn-bj2"},
        "cba5cf5ec4d4233d206b1b54951e3787350a642f",
    ),
    (
        {
            **SEND,
            "PhoneNumbers": [f"138000000{index:02d}" for index in range(12)],
            "TemplateId": "UTA20210101ABCD",
            "SigContent": "UMCloud",
            "TemplateParams": ["123456", "5"],
        },
        "5e27470ac3852eee803ab4ef30e11aa9a43aaae5",
    ),
    (
        {
            "Action": "CreateUSMSTemplate",
            "ProjectId": "org-test01",
            "Purpose": 1,
            "TemplateName": "otp_tpl",
            "Template": "code {1} & {2}=ok+100%",
            "International": True,
            "Weight": 42.0,
            "Ratio": 0.5,
            "Flag": False,
        },
        "c08d92b521d43889edd085a90b9e3aa5421d9f20",
    ),
    (
        {
            **SEND,
            "PhoneNumbers": ["(86)18512345678"],
            "TemplateId": "UTB20210101ABCD",
            "SigContent": "优铭云",
            "TemplateParams": ["张三 & 李四", "😀"],
            "UserId": "",
        },
        "0281d02fe60d73c98e8398f5e377aab6dc1e5d64",
    ),
    (
        {
            "Action": "SendISMSMessage",
            "PhoneSet": ["(86)18512345678"],
            "TemplateParameter": [
                {"VariableName": "name", "VariableValue": "王五"},
                {"VariableName": "n", "VariableValue": 3},
            ],
            "Obj": {"A": [1, 2.0, True], "B": None},
            "Small": 1e-7,
            "Big": 1e22,
            "Neg": -3.0,
            "Tup": (1, 2),
            "Empty": [],
            "E2": {},
        },
        "6c0c10d7e472f615cc116728b689408ea4e75c6f",
    ),
]

JSON_VECTOR = {
    **SEND,
    "PhoneNumbers": ["13800000000", "13800000001"],
    "TemplateId": "UTA20210101ABCD",
    "SigContent": "UMCloud",
    "TemplateParams": ["123456", "5"],
    "PublicKey": PUBLIC,
}
JSON_SIGNATURE = "a3bd4442d0fbfe88fdd67b0eeafd5b61843cc7f4"


@pytest.mark.parametrize(("params", "signature"), VECTORS)
def test_published_and_recorded_vectors(params: dict[str, Any], signature: str) -> None:
    flat = flatten({**params, "PublicKey": PUBLIC})
    assert sign(flat, PRIVATE) == signature
    body = urlencode({**flat, "Signature": signature}).encode()
    received = read_form(body)
    assert received.signed_by(PRIVATE)
    assert not received.signed_by(PRIVATE + "0")


def test_a_json_body_signs_its_arrays_without_indexes() -> None:
    assert sign_json(JSON_VECTOR, PRIVATE) == JSON_SIGNATURE
    received = read_json(json.dumps({**JSON_VECTOR, "Signature": JSON_SIGNATURE}).encode())
    assert received.signed_by(PRIVATE)
    assert received.params["PhoneNumbers"] == ["13800000000", "13800000001"]


def test_one_call_signs_differently_as_form_and_as_json() -> None:
    assert sign(flatten(JSON_VECTOR), PRIVATE) != sign_json(JSON_VECTOR, PRIVATE)


scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
names = st.text("ABCdef019_", min_size=1, max_size=6)
inner = st.recursive(
    st.one_of(scalars, st.none()),
    lambda below: st.one_of(st.lists(below, max_size=12), st.dictionaries(names, below)),
    max_leaves=12,
)
structures = st.dictionaries(
    names,
    st.one_of(scalars, st.lists(inner, max_size=12), st.dictionaries(names, inner)),
    max_size=6,
)


@given(params=structures, key=st.text("0123456789abcdef", min_size=1, max_size=40))
def test_flattening_and_signature_equal_the_vendors_sdk(params: dict[str, Any], key: str) -> None:
    flat = flatten(params)
    assert flat == encoder.encode(params)
    flat.pop("Signature", None)
    flat["PublicKey"] = PUBLIC
    assert sign(flat, key) == Credential(PUBLIC, key).verify_ac(flat)


wire_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
word_names = st.text("ABCdef", min_size=1, max_size=5)


@given(st.dictionaries(word_names, wire_texts | st.lists(wire_texts, min_size=1, max_size=30)))
def test_a_form_body_comes_back_as_it_was_sent(params: dict[str, Any]) -> None:
    received = read_form(urlencode(flatten(params)).encode())
    assert received.params == params
    assert received.signed_text == string_to_sign(flatten(params))


def test_structures_come_back_and_blank_values_stay() -> None:
    flat = [("Item.1.Phone", "2"), ("Item.0.Phone", "1"), ("Obj.A.0", "x"), ("UserId", "")]
    assert unflatten(flat) == {
        "Item": [{"Phone": "1"}, {"Phone": "2"}],
        "Obj": {"A": ["x"]},
        "UserId": "",
    }


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"A=1&A=2", NameTwice),
        (b"A=1&%41=2", NameTwice),
        (b"A.0=1&A.0=2", NameTwice),
        (b"A.0=1&A.2=2", ArrayBroken),
        (b"A.1=1", ArrayBroken),
        (b"A.00=1", ArrayBroken),
        (b"A.0=1&A.x=2", ArrayBroken),
        (b"A=1&A.0=2", ArrayBroken),
        (b"A.0=2&A=1", ArrayBroken),
        (b"A.0=2&A.0.x=1", ArrayBroken),
        (b"A.=1", ArrayBroken),
        (b".0=1", ArrayBroken),
        (b"a.b.c.d.e.f.g.h=1", ArrayBroken),
        (b"A=%ff", BodyUnreadable),
        (b"A=\xff", BodyUnreadable),
        (b"A=1&" * 5000, TooManyParameters),
    ],
)
def test_broken_forms_are_refused(body: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read_form(body)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", BodyUnreadable),
        (b"[]", BodyUnreadable),
        (b'{"A":NaN}', BodyUnreadable),
        (b'{"A":"\\ud800"}', BodyUnreadable),
        (b'{"A":"\xff"}', BodyUnreadable),
        (b'{"Signature":1}', BodyUnreadable),
        (b'{"A":' + b"[" * 100_000, BodyUnreadable),
        (b'{"A":1,"A":2}', NameTwice),
        (b'{"A":{"B":1,"B":2}}', NameTwice),
    ],
)
def test_broken_json_is_refused(body: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read_json(body)


def test_json_null_counts_as_not_sent_and_scalars_become_text() -> None:
    received = read_json(b'{"A":null,"B":true,"C":42.0,"D":[1,null,{"E":false,"F":null}]}')
    assert received.params == {"B": "true", "C": "42", "D": ["1", {"E": "false"}]}
    assert received.signed_text == "BtrueC42D1EfalseF"
    assert received.signature is None
    assert not received.signed_by("key")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_form, read_json):
        try:
            read(body)
        except (ArrayBroken, BodyUnreadable, NameTwice, TooManyParameters):
            continue


def test_the_recorded_bytes_of_the_vendors_sdk() -> None:
    body = (
        "ProjectId=org-test01&PhoneNumbers.0=18512345678&PhoneNumbers.1=%2860%29112345678"
        "&SigContent=%E4%BC%98%E9%93%AD%E4%BA%91&TemplateId=UTA20210101ABCD"
        "&TemplateParams.0=123456&TemplateParams.1=10+%E5%88%86%E9%92%9F&UserId=uid-1"
        "&Action=SendUSMSMessage&PublicKey=ucloudsomeone%40example.com1296235120854146120"
        "&Signature=7485fad6ebd15d233541414a955f23572490f9c5"
    )
    received = read_form(body.encode())
    assert received.signed_by(PRIVATE)
    assert received.text("PublicKey") == PUBLIC
    assert received.params["PhoneNumbers"] == ["18512345678", "(60)112345678"]
    assert received.params["TemplateParams"] == ["123456", "10 分钟"]
