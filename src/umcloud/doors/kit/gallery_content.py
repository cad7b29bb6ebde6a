"""What the gallery shows: long names, long sentences, every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from umcloud.doors.kit.fields import (
    Amount,
    Check,
    Checks,
    Choice,
    Day,
    Email,
    File,
    LongText,
    Option,
    Password,
    Text,
    Whole,
)
from umcloud.doors.kit.forms import FormSpec
from umcloud.doors.kit.story import (
    Change,
    Chart,
    Fact,
    Sample,
    Series,
    Stat,
    Step,
    Tab,
    Task,
    Why,
)
from umcloud.doors.kit.table import Column, Empty, Filter, Query, TableSpec
from umcloud.doors.kit.values import (
    Badge,
    Code,
    Exact,
    Key,
    Lines,
    Link,
    Percent,
    Phone,
    Tone,
    UnitPrice,
)
from umcloud.kernel.money import Money
from umcloud.kernel.refusals import Kind, Refusal

CONTENT_ZH = (
    "【云讯科技】您的验证码是 482913，5 分钟内有效，请勿告诉他人。如非本人操作，请忽略本短信。"
)
STATES = {
    "delivered": Tone.GOOD,
    "failed": Tone.BAD,
    "sending": Tone.WAITING,
    "unknown": Tone.ATTENTION,
    "expired": Tone.IDLE,
}
HOW_MANY = 95


class Taken(Refusal):
    """Somebody else has that title already. Facts: `title`, `price`, `since`."""

    code: ClassVar[str] = "gallery.taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class TooPoor(Refusal):
    """The gallery's wallet is always empty. Facts: `needed`, `balance`."""

    code: ClassVar[str] = "gallery.too_poor"
    kind: ClassVar[Kind] = Kind.UNAFFORDABLE


def pretend(title: str) -> None:
    """Refuse two titles, so that refusals can be seen."""
    if title == "taken":
        raise Taken(title=title)
    if title == "poor":
        raise TooPoor(needed=Money.yuan("120.5"), balance=Money.yuan("3.0456"))


SIGN_IN = FormSpec(
    "sign-in",
    (
        Email(name="email", label="gallery.email"),
        Password(name="password", label="gallery.password"),
    ),
    submit="gallery.sign_in",
)

EVERYTHING = FormSpec(
    "everything",
    (
        Text(name="title", label="gallery.title", help="gallery.title.help", max_length=16),
        Choice(
            name="source",
            label="gallery.source",
            look="cards",
            options=(
                Option("company", Key("gallery.company"), Key("gallery.company.hint")),
                Option("brand", Key("gallery.brand"), Key("gallery.brand.hint")),
                Option("site", Key("gallery.site"), Key("gallery.site.hint")),
            ),
        ),
        Choice(
            name="kind",
            label="gallery.kind",
            options=(Option("otp", Key("gallery.otp")), Option("notice", Key("gallery.notice"))),
        ),
        Choice(
            name="pace",
            label="gallery.pace",
            look="radio",
            options=(Option("now", Key("gallery.now")), Option("later", Key("gallery.later"))),
        ),
        LongText(name="body", label="gallery.body", counted=True, max_length=500),
        Amount(
            name="amount",
            label="gallery.amount",
            help="gallery.amount.help",
            least=Money.yuan(10),
            suggestions=(Money.yuan(100), Money.yuan(500), Money.yuan(2000)),
        ),
        Whole(name="quantity", label="gallery.quantity", least=100, most=1_000_000, step=100),
        Day(name="day", label="gallery.day", required=False),
        File(name="licence", label="gallery.licence", required=False),
        Checks(
            name="clauses",
            label="gallery.clauses",
            every=True,
            options=(
                Option("C3.2", Key("gallery.clause.money")),
                Option("C10.4", Key("gallery.clause.content")),
                Option("C12.1", Key("gallery.clause.stop")),
            ),
        ),
        Check(name="authority", label="gallery.authority"),
    ),
    submit="kit.submit",
)


@dataclass(frozen=True, slots=True)
class Record:
    """A message of the gallery."""

    number: int
    at: datetime
    phone: str
    state: str
    body: str
    cost: Money


def records(now: datetime) -> Iterator[Record]:
    """Yield the messages, newest first."""
    states = list(STATES)
    for number in range(HOW_MANY):
        yield Record(
            number=number,
            at=now - timedelta(minutes=7 * number),
            phone=f"138{number:04d}8000" if number % 5 else "+8526123456",
            state=states[number * 7 % 5 if number % 3 else 0],
            body=CONTENT_ZH if number % 2 else "【UMCloud】Your code is 482913.",
            cost=Money.yuan("0.045") * (1 + number % 3),
        )


def search(query: Query, now: datetime) -> list[Record]:
    """Return one row more than a page, as a database would."""
    after = int(query.after[0]) if query.after else -1
    found = [
        record
        for record in records(now)
        if record.number > after
        and query["state"] in (None, record.state)
        and (query["phone"] or "") in record.phone
    ]
    return found[: query.limit + 1]


def state_badge(record: Record) -> Badge:
    """Return a record's state as word and colour."""
    return Badge(Key(f"gallery.state.{record.state}"), STATES[record.state])


RECORDS = TableSpec(
    name="records",
    columns=(
        Column("at", "gallery.at", sortable=True),
        Column("phone", "gallery.phone", value=lambda record: Phone(record.phone)),
        Column("state", "gallery.state", value=state_badge),
        Column("body", "gallery.body", wide=True),
        Column("cost", "gallery.cost", value=lambda record: Exact(record.cost), sortable=True),
        Column("number", "gallery.number", optional=True),
    ),
    filters=(
        Filter(
            "state",
            "gallery.state",
            kind="choice",
            options=tuple(Option(state, Key(f"gallery.state.{state}")) for state in STATES),
        ),
        Filter("phone", "gallery.phone", placeholder="gallery.phone.hint"),
        Filter("since", "gallery.since", kind="day"),
    ),
    empty=Empty("gallery.none", "gallery.none.text", "message", "gallery.first", "/forms"),
    sort="-at",
    detail=lambda record: f"/parts?record={record.number}",
    export="/tables.csv",
)


def home_facts() -> dict[str, Any]:
    """Return figures, tasks and charts."""
    hours = tuple(f"{hour:02d}:00" for hour in range(24))
    sent = tuple(120 + 37 * hour % 410 for hour in range(24))
    return {
        "stats": [
            Stat(Key("gallery.today"), 128_456, "/tables", Key("gallery.today.note"), icon="send"),
            Stat(Key("gallery.rate"), Percent(Decimal("0.9871")), "/tables", icon="circle-check"),
            Stat(
                Key("gallery.spent"), Money.yuan("5780.52"), "/costs", UnitPrice(Decimal("0.045"))
            ),
            Stat(Key("gallery.failed"), 1657, "/tables?state=failed", tone=Tone.BAD),
        ],
        "tasks": [
            Task(Key("gallery.task.agree"), Key("gallery.task.agree.text"), "done", "/parts"),
            Task(
                Key("gallery.task.verify"),
                Key("gallery.task.verify.text"),
                "now",
                "/forms",
                Key("gallery.task.verify.act"),
            ),
            Task(Key("gallery.task.signature"), Key("gallery.task.signature.text"), "later"),
            Task(Key("gallery.task.template"), Key("gallery.task.template.text"), "later"),
            Task(Key("gallery.task.first"), Key("gallery.task.first.text"), "later"),
        ],
        "line": Chart(
            Key("gallery.chart.sent"),
            hours,
            (
                Series(Key("gallery.state.delivered"), sent, Tone.GOOD),
                Series(Key("gallery.state.failed"), tuple(one // 40 for one in sent), Tone.BAD),
            ),
            "stacked",
        ),
        "bar": Chart(
            Key("gallery.chart.spent"),
            hours[:12],
            (Series(Key("gallery.spent"), tuple(f"{one * 0.045:.2f}" for one in sent[:12])),),
            "line",
            "¥",
        ),
    }


def parts_facts(now: datetime) -> dict[str, Any]:
    """Return stories, reasons, samples."""
    price = Link(Key("gallery.why.source"), "/costs")
    return {
        "tabs": [
            Tab(Key("gallery.tab.all"), "/parts", 12),
            Tab(Key("gallery.tab.open"), "/forms", 3),
            Tab(Key("gallery.tab.closed"), "/tables"),
        ],
        "steps": [
            Step(
                now,
                Key("gallery.step.delivered"),
                Tone.GOOD,
                note=Code("DELIVRD err:000"),
                changes=(Change(Key("gallery.cost"), None, Exact(Money.yuan("0.045"))),),
            ),
            Step(
                now - timedelta(seconds=2),
                Key("gallery.step.submitted"),
                Tone.INFO,
                door="SMPP",
                note=Key("gallery.step.submitted.note"),
            ),
            Step(
                now - timedelta(seconds=3),
                Key("gallery.step.accepted"),
                Tone.WAITING,
                actor="欧阳明月",
                door="API",
                changes=(Change(Key("gallery.state"), "—", Badge(Key("gallery.state.sending"))),),
            ),
            Step(now - timedelta(seconds=4), Key("gallery.step.refused"), Tone.BAD),
        ],
        "why": Why(
            Key("gallery.why"),
            (
                Fact(Key("gallery.quantity"), 2),
                Fact(Key("gallery.unit_price"), UnitPrice(Decimal("0.045"))),
                Fact(Key("gallery.cost"), Exact(Money.yuan("0.09"))),
            ),
            Key("gallery.why.rule"),
            price,
            Key("gallery.why.todo"),
            Link(Key("gallery.why.act"), "/costs"),
            open=True,
        ),
        "facts": [
            Fact(Key("gallery.at"), now),
            Fact(Key("gallery.phone"), Phone("13812348000")),
            Fact(Key("gallery.state"), Badge(Key("gallery.state.delivered"), Tone.GOOD)),
            Fact(Key("gallery.body"), CONTENT_ZH),
            Fact(Key("gallery.number"), Lines(Code("msg_06f0c4t8e2v7w1x5y9z3a6b0c4"), "#42")),
            Fact(Key("gallery.line"), None),
        ],
        "samples": [
            Sample(
                "curl", 'curl -X POST https://api.example/v1/messages \\\n  -H "Authorization: …"'
            ),
            Sample("Python", 'client.messages.send(\n    to="13800138000", template="UTA1")'),
            Sample("Java", "client.messages().send(request);"),
        ],
        "tones": list(Tone),
    }
