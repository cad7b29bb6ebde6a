"""How soon a bind is tried again."""

from __future__ import annotations

from umcloud.lines.bind import Delay


def test_each_failure_waits_longer_up_to_ten_seconds() -> None:
    delay = Delay()
    assert [delay.after(0.0) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_a_carrier_that_lets_us_in_and_hangs_up_at_once_is_not_pestered() -> None:
    delay = Delay()
    assert [delay.after(0.1) for _ in range(3)] == [0.2, 0.4, 0.8]
    assert delay.after(3600.0) == 0.2, "a link that lasted was an accident"
    assert delay.after(0.1) == 0.4
