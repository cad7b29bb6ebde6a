"""Calls to addresses that strangers name (webhooks), without lending them our own network.

The host is resolved once, every address it has is judged, and the connection goes to a judged
address: a name that answers differently a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import ClassVar

import httpx

from umcloud.kernel.refusals import Kind, Refusal

#: Return the textual addresses of a host and port; OSError where there is none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

RESOLVE_SECONDS = 5.0
_TRIED = 3

#: What Python's `is_global` lets through and yet leads inside or to a cloud's own services.
_CLOSED: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, among them a metadata service
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("168.63.129.16/32"),  # a large cloud's wire server
    IPv6Network("2001::/23"),  # Teredo and other tunnels
    IPv6Network("2002::/16"),  # 6to4 carries an IPv4 address that nobody would judge
    IPv6Network("64:ff9b:1::/48"),  # NAT64 inside a network
    IPv6Network("fec0::/10"),  # site-local, long deprecated, still routed by some
)
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressForbidden(Refusal):
    """The host leads to a private, local or reserved address. Facts: host."""

    code: ClassVar[str] = "callback.address_forbidden"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class HostUnknown(Refusal):
    """The host's name has no address. Facts: host."""

    code: ClassVar[str] = "callback.host_unknown"
    kind: ClassVar[Kind] = Kind.MALFORMED


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether the address is an ordinary one of the open internet."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(address.packed[-4:]))
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if any(net.version == address.version and address in net for net in _CLOSED):
        return False
    return address.is_global


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver; IPv4 first, for many servers have nothing else."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(RESOLVE_SECONDS):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """Judges hosts, and opens connections to judged addresses only."""

    def __init__(self, *, loopback: bool = False, resolve: Resolve = resolve) -> None:
        """Take whether this machine's own addresses are open too (for the sandbox alone)."""
        self._loopback = loopback
        self._resolve = resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the host's addresses; refuses HostUnknown, AddressForbidden.

        One forbidden address among open ones forbids the host: an honest name has none.
        """
        try:
            found = await self._resolve(host, port)
        except (OSError, TimeoutError, UnicodeError):
            found = ()
        if not found:
            raise HostUnknown(host=host)
        for text in found:
            address = ip_address(text.partition("%")[0])
            if not (is_public(address) or (self._loopback and address.is_loopback)):
                raise AddressForbidden(host=host)
        return list(found)

    def client(
        self, *, seconds: float, connections: int, trust: ssl.SSLContext | None = None
    ) -> httpx.AsyncClient:
        """Return a client that goes straight to judged addresses and follows nobody elsewhere.

        `trust` is whose certificates count; the usual ones where it is None.
        Connections are not kept: a kept one belongs to an address, and the next host behind the
        same address would inherit a certificate that was checked for another name.
        """
        return httpx.AsyncClient(
            transport=_Pinned(self, connections, trust),
            timeout=httpx.Timeout(seconds),
            follow_redirects=False,
            trust_env=False,
        )


class _Pinned(httpx.AsyncBaseTransport):
    """Sends each request to a judged address, under the host's own name."""

    def __init__(self, outbound: Outbound, connections: int, trust: ssl.SSLContext | None) -> None:
        self._outbound = outbound
        self._below = httpx.AsyncHTTPTransport(
            verify=trust or True,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=0),
            trust_env=False,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve, judge, connect; refuses as `Outbound.addresses` does."""
        host = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        addresses = (await self._outbound.addresses(host, port))[:_TRIED]
        for address in addresses[:-1]:
            try:
                return await self._to(request, host, address)
            except httpx.ConnectError:
                continue  # nothing was sent yet, so the next address may have it
        return await self._to(request, host, addresses[-1])

    async def _to(self, request: httpx.Request, host: str, address: str) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # with the Host header of the name
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._below.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._below.aclose()
