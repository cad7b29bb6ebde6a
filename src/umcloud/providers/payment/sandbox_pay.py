"""The platform's side of the sandbox's payment gateway. Implements `payments.ports`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from umcloud.domains.payments.errors import (
    ChannelUnavailable,
    NoticeMalformed,
    NoticeNotGenuine,
)
from umcloud.domains.payments.model import Bill, Notice, Payer, StatementLine, TradeState
from umcloud.kernel.moments import SHANGHAI
from umcloud.kernel.money import Money
from umcloud.providers.payment import rsa2

NAME = "sandbox"
APP_ID = "2026000000000001"
_STATES = {
    "WAIT_BUYER_PAY": TradeState.WAITING,
    "TRADE_SUCCESS": TradeState.PAID,
    "TRADE_CLOSED": TradeState.CLOSED,
}
_WHEN = "%Y-%m-%d %H:%M:%S"
_TIMEOUT_SECONDS = 10.0


def to_wire(moment: datetime) -> str:
    """Return the moment as the gateway writes it: Shanghai time, to the second."""
    return moment.astimezone(SHANGHAI).strftime(_WHEN)


def from_wire(text: str) -> datetime:
    """Return the moment, in UTC, that the gateway wrote; ValueError where it is none."""
    return datetime.strptime(text, _WHEN).replace(tzinfo=SHANGHAI).astimezone(UTC)


def _query_id(fields: Mapping[str, str]) -> str:
    """Return an id for an answer to a query, so that it is acted on once, like a notice."""
    return f"query-{fields.get('trade_no', '')}-{fields.get('trade_status', '')}"


@dataclass(frozen=True, slots=True)
class SandboxPay:
    """A client of the gateway: signs what it asks, checks what it is told.

    `gateway_url` is where a browser and this process reach the gateway, `notify_url` where the
    gateway posts its notices, `return_url` where the customer's browser goes after paying.
    """

    gateway_url: str
    notify_url: str
    return_url: str
    key: RSAPrivateKey
    gateway_key: RSAPublicKey
    http: httpx.AsyncClient
    app_id: str = APP_ID
    name: str = NAME

    async def create(self, bill: Bill) -> str:
        """Return the signed address of the gateway's pay page for the bill."""
        fields = {
            "app_id": self.app_id,
            "method": "trade.page.pay",
            "charset": "utf-8",
            "timestamp": to_wire(bill.created_at),
            "time_expire": to_wire(bill.expires_at),
            "out_trade_no": bill.number,
            "total_amount": bill.amount.plain(),
            "subject": bill.subject,
            "notify_url": self.notify_url,
            "return_url": self.return_url,
        }
        return f"{self.gateway_url}/pay?{urlencode(rsa2.signed(fields, self.key))}"

    async def query(self, bill_number: str) -> Notice | None:
        """Return the gateway's word on the bill; None where nobody has decided on its pay page."""
        fields = await self._ask("query", {"method": "trade.query", "out_trade_no": bill_number})
        if fields.get("code") == "TRADE_NOT_EXIST":
            return None
        return self._notice({**fields, "notify_id": _query_id(fields)})

    def verify_notify(self, fields: Mapping[str, str]) -> Notice:
        """Return the notice of a posted form; NoticeNotGenuine unless the gateway signed it for us.

        The amount is the gateway's: whether it is what was asked is decided by `payments.rules`.
        """
        self._check(fields)
        return self._notice(fields)

    async def statement(self, day: date) -> list[StatementLine]:
        """Return the paid trades of the Shanghai day."""
        fields = await self._ask(
            "statement", {"method": "bill.download", "bill_date": day.isoformat()}
        )
        try:
            rows = msgspec.json.decode(fields["lines"], type=list[dict[str, str]])
            return [
                StatementLine(
                    trade_number=row["trade_no"],
                    bill_number=row["out_trade_no"],
                    amount=Money.yuan(row["total_amount"]),
                    payer_id=row["buyer_id"],
                    paid_at=from_wire(row["gmt_payment"]),
                )
                for row in rows
            ]
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise ChannelUnavailable(channel=self.name) from error

    async def _ask(self, path: str, fields: dict[str, str]) -> dict[str, str]:
        asked = rsa2.signed({"app_id": self.app_id, "charset": "utf-8", **fields}, self.key)
        try:
            answer = await self.http.post(
                f"{self.gateway_url}/{path}", data=asked, timeout=_TIMEOUT_SECONDS
            )
            answer.raise_for_status()
            told: Any = msgspec.json.decode(answer.content, type=dict[str, str])
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise ChannelUnavailable(retry_after_seconds=60, channel=self.name) from error
        self._check(told)
        return dict(told)

    def _check(self, fields: Mapping[str, str]) -> None:
        if not rsa2.is_genuine(fields, self.gateway_key):
            raise NoticeNotGenuine(reason="signature")
        if fields.get("app_id") != self.app_id:
            raise NoticeNotGenuine(reason="app_id")

    def _notice(self, fields: Mapping[str, str]) -> Notice:
        if any("\0" in value for value in fields.values()):
            raise NoticeMalformed(field="NUL")
        field = "trade_status"
        try:
            state = _STATES[fields[field]]
            field = "total_amount"
            amount = Money.yuan(fields[field])
            field = "gmt_payment"
            paid_at = from_wire(fields[field]) if state is TradeState.PAID else None
            field = "identity"
            return Notice(
                channel=self.name,
                id=fields["notify_id"],
                bill_number=fields["out_trade_no"],
                trade_number=fields["trade_no"],
                state=state,
                amount=amount,
                payer=Payer(fields.get("buyer_id", ""), fields.get("buyer_logon_id", "")),
                paid_at=paid_at,
            )
        except (KeyError, ValueError) as error:
            raise NoticeMalformed(field=field) from error
