"""What the catalogue refuses."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class PriceNotPublished(Refusal):
    """No price is in force for the class and moment. Facts: message_class, destination."""

    code: ClassVar[str] = "price.not_published"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class PriceNotOffered(Refusal):
    """The destination is listed without a price. Facts: message_class, destination."""

    code: ClassVar[str] = "price.not_offered"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class DestinationUnknown(Refusal):
    """No dial prefix of the list fits the number; the number itself is no fact of this."""

    code: ClassVar[str] = "price.destination_unknown"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class QuantityBeyondList(Refusal):
    """No tier is published for the quantity. Facts: quantity, limit (first one not listed)."""

    code: ClassVar[str] = "price.quantity_beyond_list"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class PriceOverlap(Refusal):
    """Two prices of one list would hold at once. Facts: message_class, destination, tier."""

    code: ClassVar[str] = "price.overlap"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PriceRetroactive(Refusal):
    """A new list would change a price of the past. Facts: message_class, destination."""

    code: ClassVar[str] = "price.retroactive"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PriceMalformed(Refusal):
    """A price that cannot be: negative, empty tier or empty validity. Facts: what."""

    code: ClassVar[str] = "price.malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED
