"""The command as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from umcloud.cli.clock import read_step
from umcloud.infra.settings import settings


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="umcloud-cli-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def umcloud(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "umcloud.main.command", *words],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "UMCLOUD_HOME": str(home), **variables},
    )


@pytest.mark.timeout(90)
def test_migrate_audit_and_the_movable_clock(home: Path) -> None:
    early = umcloud(home, "audit")
    assert early.returncode == 1
    assert early.stderr.endswith("run `umcloud up` or `umcloud migrate`\n")
    assert "Traceback" not in early.stderr
    assert umcloud(home, "migrate").stdout == "schema up to date\n"
    audit = umcloud(home, "audit")
    assert audit.returncode == 0, audit.stderr
    assert audit.stdout.endswith("audit: no violations\n")
    invited = umcloud(home, "admin", "wang@example.com", "Wang")
    assert "/office/join   wang@example.com   code " in invited.stdout, invited.stderr
    again = umcloud(home, "admin", "wang@example.com", "Wang", LC_ALL="C")
    assert again.returncode == 1
    assert "has this email address already" in again.stderr
    refused = umcloud(home, "clock", "advance", "3d")
    assert refused.returncode == 1
    assert "sandbox" in refused.stderr
    moved = umcloud(home, "clock", "advance", "3d", UMCLOUD_SANDBOX="1")
    assert "3 days, 0:00:00 ahead" in moved.stdout


def test_a_real_installation_is_not_turned_into_a_sandbox(home: Path) -> None:
    (home / "postgres.secret").write_text("kept")
    refused = umcloud(home, "up", "--sandbox")
    assert refused.returncode == 1
    assert "not a sandbox" in refused.stderr


def test_a_sandbox_stays_one(home: Path) -> None:
    (home / "sandbox").touch()
    assert settings({"UMCLOUD_HOME": str(home)}).sandbox


def test_settings_go_to_children_unchanged(home: Path) -> None:
    chosen = settings({"UMCLOUD_HOME": str(home), "UMCLOUD_PORT": "8123"})
    assert settings(chosen.environment()) == chosen
    assert len(chosen.secret) >= 32
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert chosen.secret not in repr(chosen)


@pytest.mark.parametrize("name", ["UMCLOUD_PORT", "UMCLOUD_SANDBOX"])
def test_a_setting_that_cannot_be_read_is_named(home: Path, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        settings({"UMCLOUD_HOME": str(home), name: "perhaps"})


@pytest.mark.parametrize(
    ("text", "step"),
    [("90s", timedelta(seconds=90)), ("3d", timedelta(days=3)), ("2w", timedelta(weeks=2))],
)
def test_steps_are_read(text: str, step: timedelta) -> None:
    assert read_step(text) == step


@pytest.mark.parametrize("text", ["", "3", "0d", "-1d", "3 d", "3y", "9999999d"])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="3d"):
        read_step(text)


def test_the_promises_are_told_in_the_terminals_language(home: Path) -> None:
    told = umcloud(home, "clauses", LC_ALL="C.UTF-8").stdout
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in told)
    assert "注册" in umcloud(home, "clauses", LC_ALL="zh_CN.UTF-8").stdout


def test_who_has_read_enough_of_a_list_sees_no_traceback(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "umcloud.main.command", "clauses"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "UMCLOUD_HOME": str(home)},
    ) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.stderr.read() == b""
