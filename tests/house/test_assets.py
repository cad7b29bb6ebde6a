"""The static files are built with the machine's npm, or with the wheel's where it has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ASK = """
import assets, subprocess
assets.npm()  # asked twice by one process, as an installation does, it answers the same
subprocess.run([*assets.npm(), "--version"], check=True)
"""


def test_npm_runs_where_the_machine_has_no_node(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=_ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr[-500:]
    assert found.stdout.split(".")[0].isdigit()
