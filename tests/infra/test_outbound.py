"""Where strangers' URLs lead, and how they are called."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from umcloud.infra.exchanges import NoAnswerError
from umcloud.infra.outbound import AddressForbidden, Caller, HostUnknown, Outbound, is_public

FORBIDDEN = [
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_addresses_inside_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "localhost", "0"])
async def test_disguises_of_the_own_machine_are_seen_through(host: str) -> None:
    with pytest.raises((AddressForbidden, HostUnknown)):
        await Outbound().addresses(host, 80)


async def test_one_forbidden_address_forbids_the_name() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        del host, port
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(AddressForbidden):
        await Outbound(resolve=both).addresses("both.example", 80)


async def test_a_name_without_address_is_told_apart() -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError(host, port)

    with pytest.raises(HostUnknown):
        await Outbound(resolve=nobody).addresses("nobody.example", 80)


_LONG = b"x" * 500_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Answers each request of a connection with the next of `answers`, the last one for ever."""

    answers: list[bytes | None]
    """None hangs up without a word."""
    port: int = 0
    connections: int = 0
    heads: list[str] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a caller has hung up."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                _, _, rest = head.lower().partition("content-length: ")
                await reader.readexactly(int(rest.partition("\r\n")[0]))
                self.heads.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer.lower():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    *answers: bytes | None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    made = Server(list(answers))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def calling(
    *addresses: str, resolve: Callable[[str], Sequence[str]] | None = None, **facts: object
) -> AsyncIterator[Caller]:
    """Give a caller for whom every name has these addresses, or those that `resolve` says."""

    async def found(host: str, port: int) -> Sequence[str]:
        del port
        return resolve(host) if resolve else addresses or ["127.0.0.1"]

    seconds = facts.get("seconds", 5.0)
    trust = facts.get("trust")
    assert isinstance(seconds, float)
    assert trust is None or isinstance(trust, ssl.SSLContext)
    caller = Outbound(loopback=True, resolve=found).caller(seconds=seconds, trust=trust)
    yield caller
    caller.close()


async def call(caller: Caller, url: str, *, longest: int = 100) -> tuple[int, bytes]:
    answer = await caller.post(url, b"{}", {"Content-Type": "application/json"}, longest=longest)
    return answer.status, answer.body


async def test_the_request_is_written_as_it_should_be() -> None:
    async with serving(OK) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/ends/\u77ed?a=b c"
        assert await call(caller, url) == (200, b"ok")
    lines = server.heads[0].split("\r\n")
    assert lines[0] == "POST /ends/%E7%9F%AD?a=b%20c HTTP/1.1"
    assert f"Host: hooks.example:{server.port}" in lines
    assert "Content-Length: 2" in lines


async def test_the_connection_goes_to_the_judged_address() -> None:
    """A name that answers otherwise the second time is asked once, and cannot turn inside."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def turning(host: str) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    async with serving(OK) as server, calling(resolve=turning) as caller:
        url = f"http://turning.example:{server.port}/push"
        assert await call(caller, url) == (200, b"ok")
        assert asked == ["turning.example"]
        # A connection is kept, and yet the name is judged again.
        with pytest.raises(AddressForbidden):
            await call(caller, url)
    assert len(server.heads) == 1


async def test_a_kept_connection_serves_its_name_and_address_alone() -> None:
    where = {"one.example": "127.0.0.1", "two.example": "127.0.0.1"}
    async with serving(OK) as server, calling(resolve=lambda host: [where[host]]) as caller:
        for _ in range(3):
            await call(caller, f"http://one.example:{server.port}/")
        assert server.connections == 1
        for _ in range(3):
            await call(caller, f"http://two.example:{server.port}/")
        assert server.connections == 2
        where["one.example"] = "127.0.0.2"  # nobody listens there
        with pytest.raises(NoAnswerError):
            await call(caller, f"http://one.example:{server.port}/")
    assert len(server.heads) == 6


async def test_calls_at_once_have_a_connection_each() -> None:
    async with serving(OK) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        await asyncio.gather(*(call(caller, url) for _ in range(3)))
        await asyncio.gather(*(call(caller, url) for _ in range(3)))
    assert server.connections == 3


async def test_the_next_address_is_tried_where_nobody_listens() -> None:
    async with serving(OK) as server, calling("127.0.0.2", "127.0.0.1") as caller:
        assert await call(caller, f"http://two.example:{server.port}/") == (200, b"ok")


async def test_what_a_kept_connection_lost_is_sent_again_on_a_new_one() -> None:
    async with serving(OK, None, OK) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        await call(caller, url)
        assert await call(caller, url) == (200, b"ok")
    assert (server.connections, len(server.heads)) == (2, 3)


async def test_what_a_new_connection_lost_is_not_sent_again() -> None:
    async with serving(None) as server, calling() as caller:
        with pytest.raises(NoAnswerError):
            await call(caller, f"http://hooks.example:{server.port}/")
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"ok")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
            (200, b"ok"),
        ),
    ],
)
async def test_a_connection_is_kept_after_every_whole_answer(
    answer: bytes, expected: tuple[int, bytes]
) -> None:
    async with serving(answer) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        assert [await call(caller, url), await call(caller, url)] == [expected, expected]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", b"to the end"),
        (OK + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + _LONG, _LONG),
    ],
)
async def test_a_connection_is_not_kept_after_any_other(answer: bytes, expected: bytes) -> None:
    async with serving(answer) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        for _ in range(2):
            status, body = await call(caller, url)
            assert status == 200
            assert body
            assert expected.startswith(body)
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 100_000,
    ],
)
async def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    async with serving(answer) as server, calling() as caller:
        with pytest.raises(NoAnswerError):
            await call(caller, f"http://hooks.example:{server.port}/")


async def test_a_url_that_cannot_be_read_is_no_answer() -> None:
    async with calling() as caller:
        with pytest.raises(NoAnswerError):
            await call(caller, "http://xn--a.xn--\u00fc.example:99999/")


async def test_the_status_alone_does_not_wait_for_the_body() -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    async with serving(begun) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        assert await call(caller, url, longest=0) == (200, b"")
        assert await call(caller, url, longest=0) == (200, b"")
    assert server.connections == 2


async def test_a_body_that_is_passed_over_ends_somewhere() -> None:
    flood = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 9_000_000
    async with serving(flood) as server, calling() as caller:
        url = f"http://hooks.example:{server.port}/"
        assert await call(caller, url, longest=0) == (200, b"")
        async with asyncio.timeout(10):
            await server.hung_up.wait()


async def test_a_machine_that_says_nothing_is_left_in_time() -> None:
    async with serving(b"") as server, calling(seconds=0.2) as caller:
        with pytest.raises(TimeoutError):
            await call(caller, f"http://hooks.example:{server.port}/")
        async with asyncio.timeout(10):
            await server.hung_up.wait()


def certificate(name: str, folder: Path) -> Path:
    """Return a file with a key and a certificate of its own for the name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


async def test_the_certificate_must_be_the_names_not_the_addresses(tmp_path: Path) -> None:
    file = certificate("hooks.example", tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)
    trust = ssl.create_default_context(cafile=str(file))
    async with serving(OK, tls=ours) as server, calling(trust=trust) as caller:
        for _ in range(2):
            assert await call(caller, f"https://hooks.example:{server.port}/") == (200, b"ok")
        assert server.connections == 1
        # The same address, and a connection to it is kept: under another name all the same no.
        with pytest.raises(NoAnswerError, match="SSLCertVerificationError"):
            await call(caller, f"https://other.example:{server.port}/")
    assert len(server.heads) == 2
