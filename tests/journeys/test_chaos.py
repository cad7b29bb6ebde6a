"""Nothing is lost or doubled by `kill -9`; and a build that forgets a guard is found out."""

from __future__ import annotations

import subprocess
import sys

import pytest


def chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.chaos", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.mark.timeout(300)
def test_kills_lose_nothing_and_double_nothing() -> None:
    done = chaos("--short")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_a_build_that_forgets_idempotency_keys_is_found_out() -> None:
    done = chaos("--short", "--kills", "0", "--rate", "200", "--broken")
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("| charged twice |")]
    assert line.endswith("| **broken** |")
