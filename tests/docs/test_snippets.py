"""What the guides show is run: calls against a door over the real pump, checks against our hand."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench.customers import Customer
from docs.writing import callbacks as example

from tests.doors.programs import Cloud, prepare, served
from umcloud.domains.callbacks import payloads, rules
from umcloud.domains.callbacks.model import Topic
from umcloud.domains.messaging.pump import Pump
from umcloud.doors.api.app import api
from umcloud.doors.dialects.uapi.app import uapi
from umcloud.doors.kit.programs import Accepts, Receive, Scope, Send
from umcloud.infra.db import Database
from umcloud.kernel.act import Act

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
LANGUAGES = ("", ".zh-CN")


def snippets(page: str, language: str) -> list[str]:
    """Return the page's blocks in a programming language, in order."""
    text = (GUIDE / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


class Both:
    """The two doors for programs under one address, as `main/web.py` has them."""

    def __init__(self, **given: Any) -> None:
        self._api, self._uapi = api(**given), uapi(**given)
        self.ring = self

    async def close(self) -> None:
        await self._api.ring.close()
        await self._uapi.ring.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._uapi if scope["path"].startswith("/uapi") else self._api
        await door(scope, receive, send)


@pytest.fixture
def cloud(database_url: str, now: datetime, act: Act) -> Cloud:
    made = Cloud(database_url, now)
    made.use(lambda database: prepare(database, act))
    return made


@pytest.fixture
def door(cloud: Cloud) -> Iterator[str]:
    async def start(database: Database) -> tuple[Accepts, Callable[[], Awaitable[None]]]:
        pump = Pump(database, lambda: cloud.now)
        await pump.start()
        return pump, pump.stop

    with served(cloud.url, Both, start, cloud.now) as url:
        yield url


@pytest.fixture
def variables(cloud: Cloud, door: str) -> dict[str, str]:
    customer: Customer = cloud.customer()
    return {
        "CLOUD": door,
        "PUBLIC_KEY": customer.public_key,
        "PRIVATE_KEY": customer.private_key,
        "TEMPLATE": customer.template,
    }


def curl(command: str, variables: dict[str, str]) -> httpx.Response:
    """Do what the command says; the few options that our pages use, and no others."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    program, url, *rest = shlex.split(command.replace("\\\n", " "))
    assert program == "curl"
    options = list(zip(rest[::2], rest[1::2], strict=True))
    assert {option for option, _ in options} <= {"-H", "-d"}
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    bodies = [value.encode() for option, value in options if option == "-d"]
    method = "POST" if bodies else "GET"
    return httpx.request(method, url, headers=headers, content=b"".join(bodies))


def python(code: str, variables: dict[str, str]) -> list[str]:
    """Run the code as a reader would; return the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_of_the_guide_do_what_it_says(language: str, variables: dict[str, str]) -> None:
    page = f"send-by-api{language}.md"
    one, ask, wrong = snippets(page, "sh")
    accepted, refusal = (json.loads(text) for text in snippets(page, "json"))

    sent = curl(one, variables)
    assert sent.status_code == 202
    assert sent.json().keys() == accepted.keys()
    assert sent.json()["messages"][0].keys() == accepted["messages"][0].keys()
    found = curl(ask, variables).json()
    assert found["messages"][0]["reference"] == "order-1"

    refused = curl(wrong, variables)
    assert refused.status_code == refusal["status"] == 422
    assert refused.json().keys() == refusal.keys()
    assert refused.json()["type"] == refusal["type"]
    assert refused.json()["facts"] == refusal["facts"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_of_the_guide_do_what_it_says(language: str, variables: dict[str, str]) -> None:
    again, several, sdk = snippets(f"send-by-api{language}.md", "python")
    assert python(again, variables) == ["202 true True"]
    message, refusal = python(several, variables)
    assert message.startswith("msg_")
    assert refusal == "number.malformed"
    (session,) = python(sdk, variables)
    assert len(session) == 36


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_checks_a_callback_s_signature(language: str) -> None:
    (code,) = snippets(f"callbacks{language}.md", "python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    genuine = names["genuine"]
    body = payloads.signed(example.delivery(Topic.RECEIPTS), [example.report()])
    header = rules.signature(example.SECRET, body, example.AT)
    then = example.AT.timestamp()
    assert genuine(example.SECRET, header, body, then + 299)
    assert not genuine(example.SECRET, header, body, then + 301)
    assert not genuine(example.SECRET, header, body + b" ", then)
    assert not genuine("another", header, body, then)
