"""Calls to addresses that strangers name (webhooks), without lending them our own network.

The host is resolved once, every address it has is judged, and the connection goes to a judged
address: a name that answers differently a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import ClassVar, NamedTuple

import httpx

from umcloud.infra.exchanges import Answer, Connection, NoAnswerError
from umcloud.kernel.refusals import Kind, Refusal

#: Return the textual addresses of a host and port; OSError where there is none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

RESOLVE_SECONDS = 5.0
KEPT_SECONDS = 10.0
"""How long an idle connection is kept."""
KEPT_MOST = 256
"""With more connections than these open, none is kept."""
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

    def caller(self, *, seconds: float, trust: ssl.SSLContext | None = None) -> Caller:
        """Return what calls judged addresses only; each call takes at most so many seconds.

        `trust` is whose certificates count; the usual ones where it is None.
        """
        return Caller(self, seconds, trust or httpx.create_ssl_context(trust_env=False))


class _Where(NamedTuple):
    """Whom a URL calls. A connection is used again for the same one and the same address."""

    scheme: str
    host: str
    port: int


class Caller:
    """Calls URLs at judged addresses, under the host's own name, and follows nobody elsewhere.

    Connections are kept for a few seconds, each for its name and address alone: the next name
    behind the same address would inherit a certificate that was checked for another one.
    """

    def __init__(self, outbound: Outbound, seconds: float, trust: ssl.SSLContext) -> None:
        self._outbound = outbound
        self._seconds = seconds
        self._trust = trust
        self._open: set[Connection] = set()
        self._idle: dict[tuple[_Where, str], list[Connection]] = defaultdict(list)

    def close(self) -> None:
        """Hang up everywhere."""
        for connection in tuple(self._open):
            connection.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, longest: int
    ) -> Answer:
        """Return the answer, of its body little more than `longest` octets (0: no body).

        Refuses as `Outbound.addresses` does; raises NoAnswerError, TimeoutError. What is lost with
        a kept connection before anything came back is sent again, so it may arrive twice.
        """
        where, path, name = _read(url)
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {name}",
            *(f"{key}: {value}" for key, value in headers.items()),
            f"Content-Length: {len(body)}",
        ]
        request = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
        async with asyncio.timeout(self._seconds):
            addresses = (await self._outbound.addresses(where.host, where.port))[:_TRIED]
            for kept in self._kept(where, addresses):
                try:
                    return await kept.exchange(request, longest=longest)
                except NoAnswerError:
                    if kept.heard:
                        raise
            fresh = await self._connect(where, addresses)
            return await fresh.exchange(request, longest=longest)

    def _kept(self, where: _Where, addresses: Sequence[str]) -> Iterator[Connection]:
        for address in addresses:
            resting = self._idle.get((where, address), [])
            while resting:
                yield resting.pop()

    async def _connect(self, where: _Where, addresses: Sequence[str]) -> Connection:
        failed = ""
        for address in addresses:
            try:
                return await self._to(where, address)
            except OSError as error:  # a certificate of another name is one too
                failed = type(error).__name__
        raise NoAnswerError(f"no connection ({failed})")

    async def _to(self, where: _Where, address: str) -> Connection:
        at = (where, address)
        tls = where.scheme == "https"
        _, made = await asyncio.get_running_loop().create_connection(
            lambda: Connection(
                rest=lambda one: self._rest(at, one),
                gone=lambda one: self._gone(at, one),
                kept=KEPT_SECONDS,
            ),
            address,
            where.port,
            ssl=self._trust if tls else None,
            server_hostname=where.host if tls else None,
        )
        self._open.add(made)
        return made

    def _rest(self, at: tuple[_Where, str], connection: Connection) -> None:
        if len(self._open) > KEPT_MOST:
            connection.close()
        else:
            self._idle[at].append(connection)

    def _gone(self, at: tuple[_Where, str], connection: Connection) -> None:
        self._open.discard(connection)
        resting = self._idle.get(at, [])
        if connection in resting:
            resting.remove(connection)
        if not resting:
            self._idle.pop(at, None)


@lru_cache(maxsize=1024)
def _read(url: str) -> tuple[_Where, str, str]:
    """Return whom a URL calls, the request's target and the name in its Host header."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        raise NoAnswerError("the URL cannot be read") from None
    port = read.port or (443 if read.scheme == "https" else 80)
    where = _Where(read.scheme, read.raw_host.decode("ascii"), port)
    return where, read.raw_path.decode("ascii"), read.netloc.decode("ascii")
