"""RSA2: what is signed, and that nothing signed can be changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.gateway.world import keys
from umcloud.domains.payments.errors import (
    ChannelUnavailable,
    NoticeMalformed,
    NoticeNotGenuine,
)
from umcloud.providers.payment import rsa2
from umcloud.providers.payment.keys import sandbox_keys
from umcloud.providers.payment.sandbox_pay import APP_ID, SandboxPay

PAID = {
    "app_id": APP_ID,
    "notify_id": "n1",
    "trade_no": "T1",
    "out_trade_no": "pay_1",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "100.00",
    "buyer_id": "2088",
    "buyer_logon_id": "fin***",
    "gmt_payment": "2026-03-02 12:00:00",
}


def channel(http: httpx.AsyncClient) -> SandboxPay:
    return SandboxPay(
        gateway_url="http://gateway",
        notify_url="",
        return_url="",
        key=keys().platform,
        gateway_key=keys().gateway_public,
        http=http,
    )


def test_what_is_signed_is_sorted_and_leaves_out_the_signature() -> None:
    fields = {"b": "2 &=", "a": "优铭云", "empty": "", "sign": "x", "sign_type": "RSA2"}
    assert rsa2.canonical(fields) == "a=优铭云&b=2 &=".encode()


@given(
    st.dictionaries(st.text("abcxyz_", min_size=1, max_size=8), st.text(max_size=20), max_size=6),
    st.text(min_size=1, max_size=5),
)
def test_a_changed_parameter_breaks_the_signature(fields: dict[str, str], more: str) -> None:
    signed = rsa2.signed(fields, keys().platform)
    assert rsa2.is_genuine(signed, keys().platform_public)
    assert not rsa2.is_genuine(signed, keys().gateway_public)
    for name in fields:
        changed = {**signed, name: signed[name] + more}
        assert not rsa2.is_genuine(changed, keys().platform_public)
    assert not rsa2.is_genuine({**signed, "0added": more}, keys().platform_public)


@pytest.mark.parametrize("sign", ["", "?", "AAAA", "é"])
def test_garbage_is_no_signature(sign: str) -> None:
    fields = {"a": "1", "sign": sign, "sign_type": "RSA2"}
    assert not rsa2.is_genuine(fields, keys().platform_public)
    assert not rsa2.is_genuine({"a": "1"}, keys().platform_public)


async def test_a_notice_must_be_signed_whole_and_ours() -> None:
    async with httpx.AsyncClient() as http:
        ours = channel(http)
        genuine = rsa2.signed(PAID, keys().gateway)
        assert ours.verify_notify(genuine).trade_number == "T1"
        cases: list[dict[str, str]] = [
            {**genuine, "total_amount": "100000.00"},
            {**PAID, "sign_type": "RSA2"},
            rsa2.signed(PAID, keys().platform),
            rsa2.signed({**PAID, "app_id": "another"}, keys().gateway),
        ]
        for fields in cases:
            with pytest.raises(NoticeNotGenuine):
                ours.verify_notify(fields)
        for name, value in [
            ("trade_status", "TRADE_DANCED"),
            ("total_amount", "a lot"),
            ("total_amount", "NaN"),
            ("gmt_payment", "yesterday"),
        ]:
            with pytest.raises(NoticeMalformed) as caught:
                ours.verify_notify(rsa2.signed({**PAID, name: value}, keys().gateway))
            assert caught.value.facts == {"field": name}
        with pytest.raises(NoticeMalformed):
            ours.verify_notify(rsa2.signed({**PAID, "buyer_id": "a\0"}, keys().gateway))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, json={"lines": 1}),
    ],
)
async def test_a_gateway_that_talks_nonsense_is_unavailable(answer: httpx.Response) -> None:
    transport = httpx.MockTransport(lambda _request: answer)
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(ChannelUnavailable):
            await channel(http).query("pay_1")


async def test_keys_are_made_once_a_home(tmp_path: Path) -> None:
    made = await asyncio.gather(*(asyncio.to_thread(sandbox_keys, tmp_path) for _ in range(3)))
    again = sandbox_keys(tmp_path)
    numbers = {pair.platform.private_numbers().d for pair in (*made, again)}
    assert len(numbers) == 1
    assert again.platform.private_numbers().d != again.gateway.private_numbers().d
    folder = tmp_path / "payment-sandbox"
    assert sorted(path.name for path in folder.iterdir()) == ["gateway.pem", "platform.pem"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
