"""The sandbox's two key pairs: the platform signs with one, the gateway with the other.

They are made once per home directory, so that a restart does not make old pay pages invalid.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_BITS = 2048
_EXPONENT = 65537


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """Both private halves; each side is given its own and the other's public half."""

    platform: RSAPrivateKey
    gateway: RSAPrivateKey

    @property
    def platform_public(self) -> RSAPublicKey:
        """What the gateway checks the platform's requests with."""
        return self.platform.public_key()

    @property
    def gateway_public(self) -> RSAPublicKey:
        """What the platform checks the gateway's notices with."""
        return self.gateway.public_key()


def sandbox_keys(home: Path) -> SandboxKeys:
    """Return the key pairs kept under `home`, made where they are missing.

    Processes may call this at the same moment: all get the pair of whoever was first.
    """
    folder = home / "payment-sandbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SandboxKeys(_pair(folder / "platform.pem"), _pair(folder / "gateway.pem"))


def _pair(path: Path) -> RSAPrivateKey:
    if not path.exists():
        _make(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key")
    return key


def _make(path: Path) -> None:
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        # A link, unlike a rename, fails where the file exists: the first process wins.
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
