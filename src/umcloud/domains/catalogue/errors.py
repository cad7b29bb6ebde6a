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


class PriceTooSoon(Refusal):
    """A prepared version would begin before it could be announced. Fact: earliest, a day."""

    code: ClassVar[str] = "price.too_soon"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PriceBeforeComing(Refusal):
    """A published list of the same key begins later. Facts: message_class, destination, begins."""

    code: ClassVar[str] = "price.before_coming"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PriceTiersBroken(Refusal):
    """The tiers do not run from 1 on without gaps. Facts: message_class, destination, tier."""

    code: ClassVar[str] = "price.tiers_broken"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PriceNotListed(Refusal):
    """The destination is on no published list. Fact: destination."""

    code: ClassVar[str] = "price.not_listed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PriceUnchanged(Refusal):
    """The prepared version says what holds anyway."""

    code: ClassVar[str] = "price.unchanged"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PriceDraftNotFound(Refusal):
    """No version was prepared under that id."""

    code: ClassVar[str] = "price.draft_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class PriceDraftSettled(Refusal):
    """The prepared version was published or withdrawn already. Fact: state."""

    code: ClassVar[str] = "price.draft_settled"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PriceFourEyes(Refusal):
    """Who prepared a version does not publish it."""

    code: ClassVar[str] = "price.four_eyes"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class PriceBasisMoved(Refusal):
    """Another list was published since the version was prepared: the comparison is out of date."""

    code: ClassVar[str] = "price.basis_moved"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PriceMalformed(Refusal):
    """A price that cannot be: negative, empty tier or empty validity. Facts: what."""

    code: ClassVar[str] = "price.malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED
