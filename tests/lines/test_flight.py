"""What is under way on a line, without a network or a database."""

from __future__ import annotations

from datetime import UTC, datetime

from umcloud.domains.messaging.following import Logged
from umcloud.domains.messaging.report_model import Sent
from umcloud.lines.flight import Flight, Slot
from umcloud.lines.smpp.words import Answered, Receipt

MOMENT = datetime(2026, 3, 2, 4, tzinfo=UTC)


class _Ears:
    def acknowledge(self, tokens: list[int]) -> None:
        raise AssertionError(tokens)


def _logged(id_: int, *, cls: str = "notice", text: str = "hi") -> Logged:
    return Logged(Sent(7, id_, 1, cls, 1, 1), "8613800138888", "10690000", text, {})


def _flight(count: int, *, window: int = 100, per_second: int | None = None) -> Flight:
    flight = Flight(window, per_second)
    flight.add([_logged(n) for n in range(1, count + 1)])
    return flight


def _slots(flight: Flight, room: int, now: float) -> list[Slot]:
    return flight.take(room, now)


def test_what_is_not_durable_fills_the_window() -> None:
    flight = _flight(30, window=10)
    slots = _slots(flight, 99, 0.0)
    assert len(slots) == 10
    for n, slot in enumerate(slots):
        flight.submitted([Answered(slot, 0, b"c%d" % n)])
    assert flight.take(99, 0.0) == [], "answered is not durable"
    heard = flight.collect()
    assert flight.checkpoint({7: 30}) == {7: 0}
    flight.committed(heard)
    assert flight.checkpoint({7: 30}) == {7: 10}
    assert len(flight.take(99, 0.0)) == 10


def test_the_speed_limit_is_kept_and_nothing_is_saved_up() -> None:
    flight = _flight(500, window=1000, per_second=50)
    taken = [len(flight.take(999, 100.0 + step / 20)) for step in range(21)]
    assert sum(taken) <= 50 + 10
    assert sum(taken) >= 50
    assert len(flight.take(999, 900.0)) == 10, "a fifth of a second, however long the rest"


def test_after_throttled_the_line_rests_and_then_sends_the_same_first() -> None:
    flight = _flight(3, window=2)
    first, second = _slots(flight, 2, 50.0)
    flight.throttled(first, 50.0)
    flight.throttled(second, 50.0)
    assert flight.take(9, 50.05) == []
    assert _slots(flight, 9, 50.2) == [first, second]


def test_an_answer_before_the_second_try_spares_it() -> None:
    flight = _flight(1)
    (slot,) = _slots(flight, 1, 0.0)
    flight.unknown(slot)
    flight.submitted([Answered(slot, 0, b"late")])
    assert flight.take(1, 0.0) == []
    heard = flight.collect()
    assert [(row.attempt, row.state) for row in heard.tried] == [(1, "unknown"), (2, "submitted")]
    flight.committed(heard)
    assert flight.quiet
    assert flight.checkpoint({7: 1}) == {7: 1}


def test_a_text_that_cannot_be_sent_is_rejected_by_ourselves() -> None:
    flight = Flight(10, None)
    flight.add([_logged(1, text="\ud800")])
    heard = flight.collect()
    assert [row.state for row in heard.tried] == ["rejected"]
    flight.committed(heard)
    assert flight.quiet


def test_intermediate_reports_are_acknowledged_and_no_end() -> None:
    flight = _flight(1)
    (slot,) = _slots(flight, 1, 0.0)
    flight.submitted([Answered(slot, 0, b"c1")])
    flight.receipts(_Ears(), [Receipt(b"c1", "ENROUTE", "000", MOMENT, 5)])
    heard = flight.collect()
    assert heard.reported == []
    assert list(heard.acks.values()) == [[5]]


def test_a_submission_is_known_by_heart_until_its_receipt_is_durable() -> None:
    flight = _flight(1)
    (slot,) = _slots(flight, 1, 0.0)
    flight.submitted([Answered(slot, 0, b"c1")])
    receipt = Receipt(b"c1", "DELIVRD", "000", MOMENT, 5)
    ears = _Ears()
    flight.receipts(ears, [receipt])
    heard = flight.collect()
    flight.receipts(ears, [receipt._replace(ack=6)])
    assert flight.strangers == [], "not durable yet: the log does not know it"
    flight.committed(heard)
    flight.receipts(ears, [receipt._replace(ack=7)])
    assert flight.strangers == [(receipt._replace(ack=7), ears)]
    assert [row.state for row in flight.collect().reported] == ["delivered"]
