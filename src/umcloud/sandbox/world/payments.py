"""What the simulated payment company has booked."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from umcloud.doors.kit.render import render
from umcloud.doors.kit.values import Badge, Code, Key, Tone
from umcloud.sandbox.gateway.trades import PAID, Trade
from umcloud.sandbox.world.collaborators import outside

SHOWN = 100


async def trades(request: Request) -> Response:
    """Show the newest trades and what became of their notices."""
    place = outside(request)
    waiting = {trade.notify_id for trade in place.gateway.book.undelivered()}
    rows = [_row(trade, waiting=waiting) for trade in place.gateway.book.newest(SHOWN)]
    return await render(request, "world/payments.html", rows=rows, portal_url=place.portal_url)


def _row(trade: Trade, *, waiting: set[str]) -> tuple[object, ...]:
    paid = trade.status == PAID
    notified = trade.notify_id not in waiting
    return (
        trade.decided_at,
        Code(trade.out_trade_no),
        trade.trade_no,
        trade.subject,
        f"¥{trade.total_amount}",
        trade.buyer_logon_id,
        Badge(
            Key(f"sandbox.trade.{'paid' if paid else 'closed'}"), Tone.GOOD if paid else Tone.IDLE
        ),
        Badge(
            Key(f"sandbox.notice.{'ended' if notified else 'waiting'}"),
            Tone.GOOD if notified else Tone.WAITING,
        ),
    )


ROUTES = [Route("/payments", trades)]
