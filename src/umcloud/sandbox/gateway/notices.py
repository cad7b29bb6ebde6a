"""Delivering notices: signed, repeated until acknowledged, never for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from umcloud.infra.clock import Now
from umcloud.providers.payment import rsa2
from umcloud.providers.payment.sandbox_pay import APP_ID, to_wire
from umcloud.sandbox.gateway.trades import PAID, Trade, TradeBook

log = logging.getLogger(__name__)

#: Seconds before each try.
RETRIES: Sequence[float] = (0, 1, 2, 5, 10, 30, 60, 120)
LATE_SECONDS = 20.0
_TIMEOUT_SECONDS = 10.0


def facts(trade: Trade) -> dict[str, str]:
    """Return what the gateway says of a trade, in notices and answers."""
    told = {
        "app_id": APP_ID,
        "charset": "utf-8",
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "trade_status": trade.status,
        "total_amount": trade.total_amount,
        "subject": trade.subject,
        "buyer_id": trade.buyer_id,
        "buyer_logon_id": trade.buyer_logon_id,
    }
    if trade.status == PAID:
        told["gmt_payment"] = trade.decided_at
    return told


class Notifier:
    """Posts notices in the background; `settled()` waits for all of them (tests)."""

    def __init__(
        self,
        book: TradeBook,
        *,
        key: RSAPrivateKey,
        http: httpx.AsyncClient,
        now: Now,
        retries: Sequence[float] = RETRIES,
    ) -> None:
        self._book = book
        self._key = key
        self._http = http
        self._now = now
        self._retries = retries
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, trade: Trade, *, after: float = 0, copies: int = 1) -> None:
        """Deliver the trade's notice; `copies` of it at the same moment."""
        for _ in range(copies):
            task = asyncio.create_task(self._deliver(trade, after))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def resume(self) -> None:
        """Go on with notices that an earlier process did not deliver."""
        for trade in self._book.undelivered():
            self.send(trade)

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop; what is undelivered is resumed by the next process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, trade: Trade, after: float) -> None:
        await asyncio.sleep(after)
        for delay in self._retries:
            await asyncio.sleep(delay)
            if await self._post(trade):
                break
        else:
            log.warning("gave up the notice of trade %s", trade.trade_no)
        self._book.end_notice(trade.notify_id)

    async def _post(self, trade: Trade) -> bool:
        fields = {
            **facts(trade),
            "notify_type": "trade_status_sync",
            "notify_id": trade.notify_id,
            "notify_time": to_wire(self._now()),
        }
        try:
            answer = await self._http.post(
                trade.notify_url, data=rsa2.signed(fields, self._key), timeout=_TIMEOUT_SECONDS
            )
        except httpx.HTTPError as error:
            log.info("notice of trade %s failed: %s", trade.trade_no, type(error).__name__)
            return False
        return answer.is_success and answer.text.strip() == "success"
