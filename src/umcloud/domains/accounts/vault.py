"""Where accounts' secrets are made and compared: codes, tokens, key pairs, password hashes.

One `Vault` per process, made by the wiring from `UMCLOUD_SECRET`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from umcloud.domains.accounts.model import Contact, Purpose
from umcloud.infra.sealing import Sealer

_PRIVATE_KEY = "accounts.api_key"
_CODE_DIGITS = 6


class Vault:
    """Makes and checks secrets. Hashing passwords leaves the event loop."""

    def __init__(self, sealer: Sealer, *, memory_kib: int = 19_456, rounds: int = 2) -> None:
        """Take the sealer; the defaults are OWASP's second argon2id profile (19 MiB, 2 rounds).

        Two threads bound the memory that a rush of sign-ins may take.
        """
        self.sealer = sealer
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    async def hash_password(self, password: str) -> str:
        """Return the argon2id hash with its parameters and salt."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def password_matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; where there is no hash the same work is done and the answer is no.

        So the time of an answer does not tell whether somebody is registered.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._matches, password_hash, password)

    def _matches(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobody, password) and bool(
                password_hash
            )
        except (VerificationError, InvalidHashError):
            return False

    def new_code(self) -> str:
        """Return six random digits."""
        return f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}d}"

    def code_mac(self, contact: Contact, purpose: Purpose, code: str) -> bytes:
        """Return what is kept of a code: a keyed fingerprint bound to contact and purpose."""
        return self.sealer.fingerprint(
            f"{contact.channel.value}\x00{contact.target}\x00{code.strip()}",
            purpose=f"accounts.code.{purpose.value}",
        )

    def new_token(self) -> str:
        """Return a session token of 256 random bits, URL-safe."""
        return secrets.token_urlsafe(32)

    def new_key_pair(self) -> tuple[str, str]:
        """Return (public, private): 43 URL-safe characters and 40 hexadecimal ones."""
        return secrets.token_urlsafe(32), secrets.token_hex(20)

    def seal_private(self, private_key: str) -> bytes:
        """Return the private key as it rests in the database."""
        return self.sealer.seal(private_key.encode(), purpose=_PRIVATE_KEY)

    def unseal_private(self, sealed: bytes) -> str:
        """Return the private key; BrokenSealError where the row or the secret was changed."""
        return self.sealer.unseal(sealed, purpose=_PRIVATE_KEY).decode()


def token_hash(token: str) -> bytes:
    """Return what is kept of a session token. 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def same_secret(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
