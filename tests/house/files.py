"""What the house tests look at: the files that belong to the repository."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "umcloud"


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return every file of the repository, and those that would be added next."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files() -> list[Path]:
    """Return every Python file, `dev` too."""
    return [path for path in tracked() if path.suffix == ".py" or path == ROOT / "dev"]


def in_package(path: Path) -> bool:
    """Tell whether the file is part of the product."""
    return path.is_relative_to(PACKAGE)


def shown(path: Path) -> str:
    """Return the path as a person would say it."""
    return str(path.relative_to(ROOT))


def nothing(found: Collection[object]) -> None:
    """Fail with a line for each thing found."""
    if found:
        raise AssertionError("\n".join(["", *map(str, found)]))
