"""The count after a crash finds every fault that is planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from bench.count import Arrivals, Books, compare, read_ledger
from bench.sender import Sent

TOKENS = ("00010000000000aa", "00010000000000bb", "00010000000000cc")
PRICE = 50_000
OPENING = 10 * PRICE


def clean() -> tuple[Sent, Arrivals, Books]:
    """Return an account of three messages: delivered, refused by the carrier, silent."""
    sent = Sent(accepted=dict(zip(TOKENS, ("1234", "0001", "0003"), strict=True)))
    arrivals = Arrivals(Counter({TOKENS[0]: 1, TOKENS[2]: 1}), Counter({TOKENS[1]: 1}), 1)
    ids = {token: UUID(int=number) for number, token in enumerate(TOKENS)}
    books = Books(
        messages={token: [message] for token, message in ids.items()},
        charges=dict.fromkeys(ids.values(), PRICE),
        refunds={ids[TOKENS[1]]: PRICE},
        finals=Counter({ids[TOKENS[0]]: 1, ids[TOKENS[1]]: 1}),
        spent={"one": 2 * PRICE},
        balances={"one": OPENING - 2 * PRICE},
    )
    return sent, arrivals, books


def broken(sent: Sent, arrivals: Arrivals, books: Books) -> set[str]:
    lines = compare(sent, arrivals, books, {"one": OPENING}, allowed_twice=1)
    return {line.name for line in lines if line.broken}


def test_a_clean_account_keeps_every_promise() -> None:
    assert broken(*clean()) == set()


def _lose(_sent: Sent, arrivals: Arrivals, _books: Books) -> None:
    del arrivals.taken[TOKENS[0]]


def _charge_twice(_sent: Sent, _arrivals: Arrivals, books: Books) -> None:
    books.messages[TOKENS[0]].append(UUID(int=9))
    books.charges[UUID(int=9)] = PRICE


def _give_away(_sent: Sent, _arrivals: Arrivals, books: Books) -> None:
    del books.charges[UUID(int=0)]


def _embezzle(_sent: Sent, _arrivals: Arrivals, books: Books) -> None:
    books.balances["one"] -= 1


def _forget_receipt(_sent: Sent, _arrivals: Arrivals, books: Books) -> None:
    del books.finals[UUID(int=0)]


def _end_twice(_sent: Sent, _arrivals: Arrivals, books: Books) -> None:
    books.finals[UUID(int=0)] = 2


def _send_too_often(_sent: Sent, arrivals: Arrivals, _books: Books) -> None:
    arrivals.taken[TOKENS[0]] = 3


def _invent(_sent: Sent, arrivals: Arrivals, _books: Books) -> None:
    arrivals.taken["00010000000000ff"] = 1


def _refuse(sent: Sent, _arrivals: Arrivals, _books: Books) -> None:
    sent.refused["00010000000000dd"] = "409"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (_lose, "accepted and never arrived"),
        (_charge_twice, "charged twice"),
        (_give_away, "in the books and not charged"),
        (_embezzle, "accounts whose money does not add up"),
        (_forget_receipt, "receipts lost"),
        (_end_twice, "messages that ended twice"),
        (_send_too_often, "sent twice (never charged twice)"),
        (_invent, "at the carrier and not in the books"),
        (_refuse, "definite refusals (none was due)"),
    ],
)
def test_each_planted_fault_is_found(
    fault: Callable[[Sent, Arrivals, Books], None], name: str
) -> None:
    account = clean()
    fault(*account)
    assert name in broken(*account)


def test_the_carriers_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_text(
        f"part\tc1\t00000000\tumcloud\t1069\t86138\t1\t{TOKENS[0]}\n"
        f"part\t-\t00000045\tumcloud\t1069\t86138\t1\t{TOKENS[1]}\n"
        "receipt\tc1\tDELIVRD\nreceipt\tc2\tLOST\npart\tc3\t000"
    )
    found = read_ledger(path)
    assert found.taken == {TOKENS[0]: 1}
    assert found.refused == {TOKENS[1]: 1}
    assert found.acknowledged == 1
