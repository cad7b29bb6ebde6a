"""What orders refuse."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class QuantityNotSold(Refusal):
    """Not in hundreds, or out of bounds. Facts: quantity, minimum, maximum, step."""

    code: ClassVar[str] = "order.quantity"
    kind: ClassVar[Kind] = Kind.MALFORMED


class AgreementNotTicked(Refusal):
    """The SMS agreement was not accepted with the order (R-PKG-07)."""

    code: ClassVar[str] = "order.agreement_not_ticked"
    kind: ClassVar[Kind] = Kind.UNPROVEN


class OrderUnaffordable(Refusal):
    """The wallet holds too little. Facts in yuan: needed, available, missing (in whole fen)."""

    code: ClassVar[str] = "order.unaffordable"
    kind: ClassVar[Kind] = Kind.UNAFFORDABLE


class OrderUnknown(Refusal):
    """The account has no such order."""

    code: ClassVar[str] = "order.unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND
