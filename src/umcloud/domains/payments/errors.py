"""What payments refuse."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class AmountOutOfBounds(Refusal):
    """Too little, too much, or finer than a fen. Facts: minimum, maximum (yuan)."""

    code: ClassVar[str] = "payment.amount"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PaymentUnknown(Refusal):
    """The account has no such payment."""

    code: ClassVar[str] = "payment.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class NoticeNotGenuine(Refusal):
    """A notice that the channel did not sign, or not for us. Facts: reason."""

    code: ClassVar[str] = "payment.notice_not_genuine"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class NoticeMalformed(Refusal):
    """A signed notice that cannot be read. Facts: field."""

    code: ClassVar[str] = "payment.notice_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class ChannelUnavailable(Refusal):
    """The channel did not answer, or not as agreed. Facts: channel."""

    code: ClassVar[str] = "payment.channel_unavailable"
    kind: ClassVar[Kind] = Kind.BUSY


class StatementTooEarly(Refusal):
    """The day has not ended in Shanghai, so its statement cannot be whole. Facts: day."""

    code: ClassVar[str] = "payment.statement_too_early"
    kind: ClassVar[Kind] = Kind.CONFLICT


class StatementDiffers(Refusal):
    """The day's statement was imported before with other lines. Facts: channel, day."""

    code: ClassVar[str] = "payment.statement_differs"
    kind: ClassVar[Kind] = Kind.CONFLICT
