from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from umcloud.infra.outbound import AddressForbidden, HostUnknown, Outbound, is_public

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


async def test_the_connection_goes_to_the_judged_address() -> None:
    """A name that answers otherwise the second time is asked once, and cannot turn inside."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []
    heads: list[bytes] = []

    async def turning(host: str, port: int) -> Sequence[str]:
        del port
        asked.append(host)
        return answers[len(asked) - 1]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbound = Outbound(loopback=True, resolve=turning)
    async with outbound.client(seconds=2.0, connections=2) as client:
        response = await client.get(f"http://turning.example:{port}/push")
        assert response.text == "ok"
        assert asked == ["turning.example"]
        with pytest.raises(AddressForbidden):
            await client.get(f"http://turning.example:{port}/push")
    server.close()
    await server.wait_closed()
    assert len(heads) == 1
    assert f"Host: turning.example:{port}".encode().lower() in heads[0].lower()


async def test_the_next_address_is_tried_where_nobody_listens() -> None:
    async def two(host: str, port: int) -> Sequence[str]:
        del host, port
        return ["127.0.0.2", "127.0.0.1"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Outbound(loopback=True, resolve=two).client(seconds=2.0, connections=2) as client:
        response = await client.post(f"http://two.example:{port}/", content=b"x")
    server.close()
    await server.wait_closed()
    assert response.status_code == httpx.codes.NO_CONTENT


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
    async def here(host: str, port: int) -> Sequence[str]:
        del host, port
        return ["127.0.0.1"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    file = certificate("hooks.example", tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)
    trust = ssl.create_default_context(cafile=str(file))
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=ours)
    port = server.sockets[0].getsockname()[1]
    outbound = Outbound(loopback=True, resolve=here)
    async with outbound.client(seconds=5.0, connections=2, trust=trust) as client:
        response = await client.post(f"https://hooks.example:{port}/", content=b"x")
        assert response.status_code == httpx.codes.NO_CONTENT
        with pytest.raises(httpx.ConnectError):
            await client.post(f"https://other.example:{port}/", content=b"x")
    server.close()
    await server.wait_closed()
