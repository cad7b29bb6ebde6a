"""Settings: what the environment says, read once by each process's entry."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAIN_PORT = 8000
WORLD_PORT = 8001
CARRIER_PORT = 2775  # SMPP's registered port
MAIL_PORT = 2525
LOOPBACK = "127.0.0.1"
SANDBOX_MARK = "sandbox"
"""A file of this name in the home says that the installation is a sandbox, for good."""
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations. Children get it by environment."""

    home: Path
    """`UMCLOUD_HOME`: data, secrets, logs of the supervisor and of the embedded PostgreSQL."""
    database_url: str
    """`UMCLOUD_DATABASE_URL`: your own PostgreSQL ≥ 16; empty means the embedded one."""
    secret: str = field(repr=False)
    """`UMCLOUD_SECRET`: seals what is kept recoverable; made once, in `home`, where not given."""
    sandbox: bool
    """`UMCLOUD_SANDBOX=1`: with the simulated world and the movable clock."""
    host: str
    """`UMCLOUD_HOST`: the address that the HTTP doors listen on."""
    port: int
    """`UMCLOUD_PORT`: the port of the HTTP doors."""
    world_port: int
    """`UMCLOUD_WORLD_PORT`: the port of the sandbox's pages, phones, mailbox, payment gateway."""
    carrier_port: int
    """`UMCLOUD_CARRIER_PORT`: the port of the sandbox's carrier (SMPP)."""
    smtp_host: str
    """`UMCLOUD_SMTP_HOST`: who takes outgoing mail; in the sandbox, the mailbox."""
    smtp_port: int
    """`UMCLOUD_SMTP_PORT`: the port that mail goes to."""
    public_url: str
    """`UMCLOUD_PUBLIC_URL`: how people reach the HTTP doors, without a slash at the end."""

    def environment(self) -> dict[str, str]:
        """Return the variables from which `settings` makes the same settings again."""
        return {
            "UMCLOUD_HOME": str(self.home),
            "UMCLOUD_DATABASE_URL": self.database_url,
            "UMCLOUD_SECRET": self.secret,
            "UMCLOUD_SANDBOX": "1" if self.sandbox else "0",
            "UMCLOUD_HOST": self.host,
            "UMCLOUD_PORT": str(self.port),
            "UMCLOUD_WORLD_PORT": str(self.world_port),
            "UMCLOUD_CARRIER_PORT": str(self.carrier_port),
            "UMCLOUD_SMTP_HOST": self.smtp_host,
            "UMCLOUD_SMTP_PORT": str(self.smtp_port),
            "UMCLOUD_PUBLIC_URL": self.public_url,
        }


def settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; ValueError names the variable that cannot be read.

    The home is made where it is missing, and the secret in it (mode 0600) where none is given.
    """
    given = os.environ if environment is None else environment
    home = Path(given.get("UMCLOUD_HOME") or ".umcloud").resolve()
    home.mkdir(parents=True, exist_ok=True)
    host = given.get("UMCLOUD_HOST") or "127.0.0.1"
    port = _number(given, "UMCLOUD_PORT", MAIN_PORT)
    return Settings(
        home=home,
        database_url=given.get("UMCLOUD_DATABASE_URL", ""),
        secret=given.get("UMCLOUD_SECRET") or kept_secret(home / "secret"),
        sandbox=_flag(given, "UMCLOUD_SANDBOX") or (home / SANDBOX_MARK).exists(),
        host=host,
        port=port,
        world_port=_number(given, "UMCLOUD_WORLD_PORT", WORLD_PORT),
        carrier_port=_number(given, "UMCLOUD_CARRIER_PORT", CARRIER_PORT),
        smtp_host=given.get("UMCLOUD_SMTP_HOST") or "127.0.0.1",
        smtp_port=_number(given, "UMCLOUD_SMTP_PORT", MAIL_PORT),
        public_url=(given.get("UMCLOUD_PUBLIC_URL") or f"http://{host}:{port}").rstrip("/"),
    )


def kept_secret(path: Path) -> str:
    """Return the secret that the file keeps; make file (mode 0600) and secret where missing."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    made = secrets.token_urlsafe(_SECRET_BYTES)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(made)
    return made


def _number(given: Mapping[str, str], name: str, otherwise: int) -> int:
    try:
        return int(given.get(name) or otherwise)
    except ValueError:
        raise ValueError(f"{name} must be a number") from None


def _flag(given: Mapping[str, str], name: str) -> bool:
    said = given.get(name, "").strip().lower()
    if said not in {"", "0", "1", "no", "yes", "false", "true"}:
        raise ValueError(f"{name} must be 1 or 0")
    return said in {"1", "yes", "true"}
