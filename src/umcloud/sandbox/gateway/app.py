"""The gateway's pages and endpoints. See README.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from umcloud.infra.clock import Now
from umcloud.kernel.moments import shanghai_day
from umcloud.providers.payment import rsa2
from umcloud.providers.payment.sandbox_pay import APP_ID, from_wire, to_wire
from umcloud.sandbox.gateway.notices import LATE_SECONDS, RETRIES, Notifier, facts
from umcloud.sandbox.gateway.texts import TEXTS
from umcloud.sandbox.gateway.trades import CLOSED, PAID, TradeBook

_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_PAY = "trade.page.pay"
_BILL_FIELDS = frozenset(
    {"out_trade_no", "total_amount", "subject", "notify_url", "return_url", "time_expire"}
)


class Gateway:
    """One simulated payment company with one merchant."""

    def __init__(
        self,
        home: Path,
        *,
        key: RSAPrivateKey,
        merchant_key: RSAPublicKey,
        http: httpx.AsyncClient,
        now: Now,
        retries: Sequence[float] = RETRIES,
        late_seconds: float = LATE_SECONDS,
    ) -> None:
        self.book = TradeBook(home / "payment-sandbox" / "trades.jsonl")
        self.notices = Notifier(self.book, key=key, http=http, now=now, retries=retries)
        self.late_seconds = late_seconds
        self._key = key
        self._merchant_key = merchant_key
        self._now = now

    def app(self) -> Starlette:
        """Return the application; a server that mounts it must call `running` itself."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Starlette(
            routes=[
                Route("/pay", self.page, methods=["GET"]),
                Route("/pay", self.decide, methods=["POST"]),
                Route("/query", self.query, methods=["POST"]),
                Route("/statement", self.statement, methods=["POST"]),
            ],
            lifespan=lifespan,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver what an earlier process left undelivered, and stop cleanly at the end."""
        self.notices.resume()
        try:
            yield
        finally:
            await self.notices.close()

    def _genuine(self, fields: Mapping[str, str]) -> bool:
        return rsa2.is_genuine(fields, self._merchant_key) and fields.get("app_id") == APP_ID

    def _bill(self, request: Request) -> dict[str, str] | None:
        fields = {name: value for name, value in request.query_params.items() if name != "lang"}
        whole = fields.get("method") == _PAY and fields.keys() >= _BILL_FIELDS
        return fields if whole and self._genuine(fields) else None

    def _expired(self, bill: Mapping[str, str]) -> bool:
        return self._now() >= from_wire(bill["time_expire"])

    async def page(self, request: Request) -> Response:
        """Show the pay page of a signed bill."""
        lang = _language(request)
        texts = TEXTS[lang]
        bill = self._bill(request)
        problem = None
        if bill is None:
            problem = texts["forged"]
        elif self._expired(bill):
            problem = texts["expired"]
        other = {**request.query_params, "lang": "en" if lang == "zh" else "zh"}
        trade = self.book.of_bill(bill["out_trade_no"]) if bill else None
        html = _PAGES.get_template("page.html").render(
            t=texts,
            lang=lang,
            bill=bill,
            problem=problem,
            paid=trade is not None and trade.status == PAID,
            back=_back(bill) if bill else "",
            late_seconds=f"{self.late_seconds:g}",
            other_url=f"?{urlencode(other)}",
        )
        return HTMLResponse(html, status_code=400 if bill is None else 200)

    async def decide(self, request: Request) -> Response:
        """Act on a button: make the trade, send its notice, lead the browser back."""
        bill = self._bill(request)
        form = await request.form()
        decision = str(form.get("decision", ""))
        logon = str(form.get("payer", "")).strip()[:64]
        decisions = ("approve", "decline", "twice", "late", "thrice")
        if bill is None or self._expired(bill) or decision not in decisions:
            return Response(status_code=400)
        if not logon or not logon.isprintable():
            return Response(status_code=400)
        before = self.book.of_bill(bill["out_trade_no"])
        paid = before is not None and before.status == PAID
        at = to_wire(self._now())
        if decision == "twice":
            for _ in range(1 if paid else 2):
                self.notices.send(self.book.add(bill, status=PAID, logon=logon, at=at))
        elif not paid:
            status = CLOSED if decision == "decline" else PAID
            self.notices.send(
                self.book.add(bill, status=status, logon=logon, at=at),
                after=self.late_seconds if decision == "late" else 0,
                copies=3 if decision == "thrice" else 1,
            )
        return RedirectResponse(_back(bill), status_code=303)

    async def query(self, request: Request) -> Response:
        """Answer the merchant's question about one bill."""
        fields = await _form(request)
        if not self._genuine(fields) or fields.get("method") != "trade.query":
            return Response(status_code=403)
        trade = self.book.of_bill(fields.get("out_trade_no", ""))
        if trade is None:
            return self._answer({"app_id": APP_ID, "code": "TRADE_NOT_EXIST"})
        return self._answer({**facts(trade), "code": "10000"})

    async def statement(self, request: Request) -> Response:
        """Answer with the paid trades of an ended Shanghai day."""
        fields = await _form(request)
        if not self._genuine(fields) or fields.get("method") != "bill.download":
            return Response(status_code=403)
        try:
            day = date.fromisoformat(fields.get("bill_date", ""))
        except ValueError:
            return Response(status_code=400)
        if day >= shanghai_day(self._now()):
            return Response(status_code=404)
        lines = [facts(trade) for trade in self.book.paid_on(day)]
        return self._answer(
            {
                "app_id": APP_ID,
                "code": "10000",
                "bill_date": day.isoformat(),
                "lines": msgspec.json.encode(lines).decode(),
            }
        )

    def _answer(self, fields: dict[str, str]) -> Response:
        return JSONResponse(rsa2.signed(fields, self._key))


async def _form(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


def _back(bill: Mapping[str, str]) -> str:
    joint = "&" if "?" in bill["return_url"] else "?"
    return f"{bill['return_url']}{joint}{urlencode({'number': bill['out_trade_no']})}"


def _language(request: Request) -> str:
    asked = request.query_params.get("lang")
    if asked in TEXTS:
        return asked
    wishes = request.headers.get("accept-language", "zh").lower()
    zh, en = wishes.find("zh"), wishes.find("en")
    return "en" if en >= 0 and (zh < 0 or en < zh) else "zh"
