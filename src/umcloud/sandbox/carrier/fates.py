"""Test numbers: the last four digits decide what becomes of a message. One table, for all readers.

Error codes are those of MAP (3GPP TS 29.002): 27 absent subscriber, 32 short message delivery
failure, 1 unknown subscriber.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from umcloud.wire.smpp import codes
from umcloud.wire.smpp.pdus import Message


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a message whose number ends so; the defaults are the ordinary course."""

    ending: str
    zh: str
    en: str
    submit_status: int = codes.OK
    """The answer to submit_sm; anything but 0 and nothing else happens."""
    answered: bool = True
    """False: submit_sm is never answered, though the message was taken and delivered."""
    state: str = "DELIVRD"
    error: str = "000"
    receipts: int = 1
    receipt_after_seconds: float = 0.0
    """Added to the receipt delay of the knobs."""
    answer_after_seconds: float = 0.0
    """Not 0: the answer to submit_sm comes so long after the receipt."""

    @property
    def delivered(self) -> bool:
        """Whether the handset gets the message."""
        return self.state == "DELIVRD" and self.submit_status == codes.OK


ORDINARY = Fate("", "正常送达", "delivered")

FATES: tuple[Fate, ...] = (
    Fate("0001", "提交即被拒绝", "refused at submission", submit_status=codes.SUBMIT_FAILED),
    Fate("0002", "用户关机或不在服务区", "absent subscriber", state="UNDELIV", error="027"),
    Fate("0003", "送达但没有回执", "delivered, but no receipt ever", receipts=0),
    Fate("0004", "回执迟到 10 秒", "the receipt comes 10 s late", receipt_after_seconds=10.0),
    Fate("0005", "回执重复", "the receipt comes twice", receipts=2),
    Fate("0006", "超过有效期", "expired", state="EXPIRED", error="027"),
    Fate("0007", "关键词被拦截", "refused for its words", state="REJECTD", error="032"),
    Fate(
        "0008",
        "送达但提交没有应答，也没有回执",
        "delivered, but the submission is never answered and no receipt comes",
        answered=False,
        receipts=0,
    ),
    Fate(
        "0009",
        "回执先于提交应答",
        "the receipt comes before the answer to the submission",
        answer_after_seconds=0.2,
    ),
    Fate("0010", "空号", "unknown subscriber", state="UNDELIV", error="001"),
)

_BY_ENDING = {fate.ending.encode(): fate for fate in FATES}


def fate_of(destination: bytes) -> Fate:
    """Return the fate of a message to that number; ordinary delivery where the table is silent."""
    return _BY_ENDING.get(destination[-4:], ORDINARY)


def all_ordinary(messages: Iterable[Message]) -> bool:
    """Return whether the table is silent about every one of them."""
    return _BY_ENDING.keys().isdisjoint([message.destination[-4:] for message in messages])
