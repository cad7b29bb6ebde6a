"""Every “no” of callbacks; where a host leads is judged in `infra.outbound`."""

from __future__ import annotations

from typing import ClassVar

from umcloud.kernel.refusals import Kind, Refusal


class UrlMalformed(Refusal):
    """The URL cannot be read, or carries a user, a fragment or blanks."""

    code: ClassVar[str] = "callback.url_malformed"
    kind: ClassVar[Kind] = Kind.MALFORMED


class SchemeForbidden(Refusal):
    """Only http and https are called. Facts: scheme."""

    code: ClassVar[str] = "callback.scheme_forbidden"
    kind: ClassVar[Kind] = Kind.MALFORMED


class PortForbidden(Refusal):
    """Ports below 1024 other than 80 and 443 belong to other services. Facts: port."""

    code: ClassVar[str] = "callback.port_forbidden"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NothingAsked(Refusal):
    """An endpoint must ask for at least one kind of end."""

    code: ClassVar[str] = "callback.nothing_asked"
    kind: ClassVar[Kind] = Kind.MALFORMED


class TooManyEndpoints(Refusal):
    """Facts: limit."""

    code: ClassVar[str] = "callback.too_many_endpoints"
    kind: ClassVar[Kind] = Kind.CONFLICT


class EndpointNotFound(Refusal):
    """The account has no such endpoint."""

    code: ClassVar[str] = "callback.endpoint_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class DeliveryNotFound(Refusal):
    """The account has no such delivery."""

    code: ClassVar[str] = "callback.delivery_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class DeliveryUnderWay(Refusal):
    """The delivery is being tried already."""

    code: ClassVar[str] = "callback.delivery_under_way"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NoSecret(Refusal):
    """The native form is not signed, so there is no secret to renew."""

    code: ClassVar[str] = "callback.no_secret"
    kind: ClassVar[Kind] = Kind.CONFLICT
