"""From an empty installation to a charged, delivered message, through the public doors alone.

    ./dev first-message [--images docs/images]

A browser at the portal, at the operator's desk and at the sandbox's pages; the vendor's own SDK for
the programming interface. Prints a line a step with its time. `--images` keeps pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.stack import Stack, running, staff_sign_in
from playwright.async_api import Browser, async_playwright
from ucloud.client import Client

from tests.browser import FLAGS, chromium_path
from tests.journeys.desk import Desk

COMPANY = "杭州远山优云科技有限公司"
USCC = "91110000600037341L"
PERSON = "林一舟"
EMAIL = "lin@yuanshan.example"
PASSWORD = "four-green-hills-42"
SIGNATURE = "远山优云"
CONTENT = "您的验证码是{1}，5分钟内有效，请勿告诉他人。"
CODE = "624518"
PHONE = "13800138000"
TEXT = f"【{SIGNATURE}】" + CONTENT.replace("{1}", CODE)
REPLY = "不是我本人操作的"
AMOUNT = "100"
LICENCE = f"""<body style="margin:0"><main style="width:760px;padding:30px;font:20px sans-serif;
background:#fdf6e3;border:12px double #a33"><h1 style="text-align:center;letter-spacing:1em">
营业执照</h1><p>统一社会信用代码 {USCC}</p><p>名称 {COMPANY}</p><p>类型 有限责任公司</p>
<p>法定代表人 {PERSON}</p><p style="color:#a33">（沙箱示例，非真实证照）</p></main></body>"""


@dataclass(slots=True)
class Journey:
    """The journey and what was learnt on the way."""

    stack: Stack
    portal: Desk
    office: Desk
    world: Desk
    images: Path | None = None
    public_key: str = ""
    private_key: str = ""
    template: str = ""
    session: str = ""
    _since: float = field(default_factory=time.monotonic)

    async def go(self) -> None:
        """Take every step in order."""
        for step in (
            self.register,
            self.prove,
            self.approve_organisation,
            self.sign,
            self.write_template,
            self.recharge,
            self.make_key,
            self.send,
            self.watch_phone,
            self.ask_receipt,
            self.read_charge,
            self.write_back,
        ):
            try:
                told = await step()
            except Exception:
                await self._say_where()
                raise
            now = time.monotonic()
            sys.stdout.write(f"{now - self._since:6.1f} s  {told}\n")
            sys.stdout.flush()
            self._since = now

    async def register(self) -> str:
        await self.portal.open("/sign-up")
        await self.portal.send("sign-up", {"contact": EMAIL})
        code = await self._mailed_code()
        await self.portal.send(
            "details",
            {
                "code": code,
                "organisation": COMPANY,
                "name": PERSON,
                "password": PASSWORD,
                "acknowledged": True,
                "authority": True,
            },
        )
        return f"registered {COMPANY} with code {code} from the mailbox; agreement accepted"

    async def prove(self) -> str:
        await self.portal.open("/account/verification")
        answers = {"name": COMPANY, "uscc": USCC, "legal_person": PERSON}
        licence = await self._licence()
        await self.portal.send("organisation", {**answers, "licence": licence})
        return "handed in the business licence"

    async def approve_organisation(self) -> str:
        email, password = staff_sign_in(self.stack)
        await self.office.open("/office/sign-in")
        await self.office.send("sign-in", {"email": email, "password": password})
        await self._review("accounts", picture="office-review.png")
        return "the operator approved the organisation"

    async def sign(self) -> str:
        await self.portal.open("/signatures/new")
        licence = await self._licence()
        await self.portal.send("signature", {"text": SIGNATURE, "certificate": licence})
        await self._review("signatures")
        return f"signature 【{SIGNATURE}】 created, reviewed, approved"

    async def write_template(self) -> str:
        await self.portal.open("/templates/new")
        words = {"cls": "otp", "name": "登录验证码", "content": CONTENT, "instruction": "验证码"}
        await self.portal.send("template", words)
        self.template = self.portal.page.url.rsplit("/", 1)[1].partition("?")[0]
        await self._review("templates")
        return f"template {self.template} created, reviewed, approved"

    async def recharge(self) -> str:
        await self.portal.open("/costs/recharge")
        await self.portal.send("recharge", {"amount": AMOUNT})
        await self.portal.page.locator("button[value=approve]").click()
        await self.portal.page.wait_for_load_state()
        await self.portal.until("/costs", "100.00")
        return f"¥{AMOUNT} paid at the sandbox's gateway and in the wallet"

    async def make_key(self) -> str:
        await self.portal.open("/developer")
        await self.portal.send("key", {"name": "first message", "scopes": True})
        shown = await self.portal.page.locator("main").inner_text()
        values = [
            await one.input_value() if await one.evaluate("e => 'value' in e") else ""
            for one in await self.portal.page.locator("main input, main textarea").all()
        ]
        printed = "\n".join([shown, *values])
        public = re.search(r"(?<![\w-])[\w-]{43}(?![\w-])", printed)
        private = re.search(r"(?<![\w-])[0-9a-f]{40}(?![\w-])", printed)
        assert public, printed
        assert private, printed
        self.public_key, self.private_key = public[0], private[0]
        return "API key made; its private half was shown once"

    async def send(self) -> str:
        await self.world.open(f"/phones/{PHONE}")
        answer = await asyncio.to_thread(self._call, "send_usms_message", {
            "PhoneNumbers": [PHONE],
            "TemplateId": self.template,
            "SigContent": SIGNATURE,
            "TemplateParams": [CODE],
        })  # fmt: skip
        self.session = answer["SessionNo"]
        return f"sent with the vendor's SDK: session {self.session}"

    async def watch_phone(self) -> str:
        await self.world.sees(TEXT, seconds=30)
        return f"on the phone: {TEXT}"

    async def ask_receipt(self) -> str:
        deadline = time.monotonic() + 30
        while True:
            question = {"SessionNoSet": [self.session]}
            answer = await asyncio.to_thread(self._call, "get_usms_send_receipt", question)
            receipts = [one for part in answer["Data"] for one in part["ReceiptSet"]]
            state = receipts[0]["ReceiptResult"] if receipts else ""
            if state == "发送成功":
                return "the SDK reads the receipt: delivered"
            assert time.monotonic() < deadline, answer
            await asyncio.sleep(0.3)

    async def read_charge(self) -> str:
        await self.portal.open("/records")
        await self.portal.page.locator("main table tbody a").first.click()
        await self.portal.page.wait_for_load_state()
        path = self.portal.page.url.removeprefix(self.portal.base)
        await self.portal.until(path, "0.05")
        await self.portal.page.locator("details summary").get_by_text("这笔费用怎么来的").click()
        why = await self.portal.page.locator("details[open]").inner_text()
        assert "0.05" in why, why
        await self._picture(self.portal, "message.png")
        await self.portal.until("/costs", "99.95")
        if self.images:
            await self._enliven()
        return "the portal shows the message's life and explains its ¥0.05; ¥99.95 are left"

    async def write_back(self) -> str:
        await self.world.open(f"/phones/{PHONE}")
        await self.world.send("reply", {"text": REPLY})
        await self.portal.until("/replies", REPLY)
        return f"the phone answered, and the portal shows it: {REPLY}"

    async def _enliven(self) -> None:
        """Write to more phones, so that the pictures show a day's work."""
        for number, ending in enumerate(("8001", "0002", "8003", "8004")):
            await asyncio.to_thread(self._call, "send_usms_message", {
                "PhoneNumbers": [f"1390000{ending}"],
                "TemplateId": self.template,
                "SigContent": SIGNATURE,
                "TemplateParams": [str(318_402 + number * 7919)],
            })  # fmt: skip
        await self.world.until("/", "1390000" + "8004")
        await self._picture(self.world, "phones.png")
        await self.portal.open("/")
        await self.portal.page.wait_for_timeout(1500)
        await self.portal.open("/")
        await self._picture(self.portal, "portal.png")

    async def _say_where(self) -> None:
        for desk in (self.portal, self.office, self.world):
            text = await desk.page.locator("body").inner_text()
            sys.stderr.write(f"--- {desk.page.url}\n{text[:2000]}\n")
        for name in ("web", "world"):
            log = (self.stack.home / "log" / f"{name}.log").read_text(encoding="utf-8")
            sys.stderr.write(f"--- {name}.log\n{log[-3000:]}\n")

    async def _mailed_code(self) -> str:
        for _ in range(60):
            await self.world.open(f"/mailbox?to={EMAIL}")
            text = await self.world.page.locator("main").inner_text()
            if found := re.search(r"(?<!\d)\d{6}(?!\d)", text):
                return found[0]
            await asyncio.sleep(0.25)
        raise AssertionError("no code came to the mailbox")

    async def _review(self, queue: str, *, picture: str = "") -> None:
        await self.office.open(f"/office/reviews/{queue}")
        take = self.office.page.locator("form[action$='/take'] button")
        if await take.count():
            await self.office.press(take.first)
        if picture:
            await self._picture(self.office, picture)
        await self.office.press(self.office.page.locator("form[action$='/approve'] button").first)

    async def _licence(self) -> bytes:
        page = await self.world.page.context.new_page()
        await page.set_content(LICENCE)
        drawn = await page.locator("main").screenshot()
        await page.close()
        return drawn

    async def _picture(self, desk: Desk, name: str) -> None:
        if self.images:
            await desk.picture(self.images / name)

    def _call(self, action: str, question: dict[str, Any]) -> dict[str, Any]:
        """Call the vendor's SDK, as its users do; it blocks."""
        client = Client({
            "base_url": f"{self.stack.url}/uapi",
            "public_key": self.public_key,
            "private_key": self.private_key,
            "region": "cn-bj2",
            "project_id": "",
        }, logger=logging.getLogger(__name__))  # fmt: skip
        answer: dict[str, Any] = getattr(client.usms(), action)(question)
        return answer


@asynccontextmanager
async def begun(stack: Stack, images: Path | None = None) -> AsyncIterator[Journey]:
    """Give a journey in a browser of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            portal, office = await _desk(browser, stack.url), await _desk(browser, stack.url)
            world = await _desk(browser, stack.world_url)
            yield Journey(stack, portal, office, world, images)
        finally:
            await browser.close()


async def _desk(browser: Browser, base: str) -> Desk:
    context = await browser.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 800}, timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(15_000)
    return Desk(await context.new_page(), base)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a cloud, take the journey, stop it."""
    parser = argparse.ArgumentParser(prog="./dev first-message", description=__doc__)
    parser.add_argument("--images", type=Path, help="keep pictures in this folder")
    chosen = parser.parse_args(arguments)

    async def travel(stack: Stack) -> None:
        async with begun(stack, chosen.images) as journey:
            await journey.go()

    begin = time.monotonic()
    with running() as stack:
        sys.stdout.write(f"{time.monotonic() - begin:6.1f} s  the cloud is up at {stack.url}\n")
        asyncio.run(travel(stack))
    sys.stdout.write(f"{time.monotonic() - begin:6.1f} s  in all\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
