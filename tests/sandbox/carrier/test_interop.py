"""A foreign client over real TCP: smpplib binds, submits and gets its receipt from our carrier."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions

from tests.lines.recorder import PASSWORD, carrier_running

NUMBER = "8613800138888"


def _send_one(port: int, text: bytes) -> tuple[bytes, bytes, int]:
    """Return the message id of the answer, the receipt's text and its esm_class."""
    client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
    answers: list[bytes] = []
    receipts: list[tuple[bytes, int]] = []
    client.set_message_sent_handler(lambda pdu: answers.append(pdu.message_id))
    client.set_message_received_handler(
        lambda pdu: receipts.append((pdu.short_message, pdu.esm_class))
    )
    client.connect()
    try:
        client.bind_transceiver(system_id="umcloud", password=PASSWORD)
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr="UMCloud",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr=NUMBER,
            short_message=text,
            data_coding=8,
            registered_delivery=True,
        )
        for _ in range(5):
            if answers and receipts:
                break
            client.read_once()
        client.unbind()
    finally:
        client.disconnect()
    return answers[0], *receipts[0]


async def test_smpplib_submits_and_gets_its_receipt() -> None:
    async with carrier_running() as (carrier, port):
        message_id, text, esm_class = await asyncio.to_thread(
            _send_one, port, "您好".encode("utf-16-be")
        )
        assert esm_class == 0x04
        assert text.startswith(b"id:" + message_id + b" sub:001 dlvrd:001 submit date:")
        assert b" stat:DELIVRD err:000 " in text
        assert [message.text for message in carrier.messages(NUMBER)] == ["您好"]
        assert carrier.counts.acknowledged == 1
        assert carrier.binds() == {"umcloud": 0}


def _bind_wrongly(port: int) -> None:
    client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
    client.connect()
    try:
        client.bind_transceiver(system_id="umcloud", password="wrong")
    finally:
        client.disconnect()


async def test_smpplib_is_not_let_in_with_a_wrong_password() -> None:
    async with carrier_running() as (_, port):
        with pytest.raises(smpplib.exceptions.PDUError):
            await asyncio.to_thread(_bind_wrongly, port)
