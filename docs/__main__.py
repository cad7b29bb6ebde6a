"""`./dev docs`: write the reference from the code, then build the documents' site.

./dev docs [--reference | --serve]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from docs import site
from docs.writing import pages


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it and say where everything is; return 1 where a link leads nowhere."""
    parser = argparse.ArgumentParser(prog="./dev docs", description=__doc__)
    parser.add_argument(
        "--reference", action="store_true", help="only the reference pages, without the site"
    )
    parser.add_argument("--serve", action="store_true", help="then show it; Ctrl-C ends it")
    chosen = parser.parse_args(arguments)
    begun = time.monotonic()
    changed = pages.write()
    names = f": {', '.join(changed)}" if changed else ""
    sys.stdout.write(f"docs/reference: {len(changed) or 'no'} pages changed{names}\n")
    if chosen.reference:
        return 0
    target = site.ROOT / "build" / "docs"
    try:
        site.build(target, site.ROOT / "build" / "docs-work")
    except site.BrokenSiteError as broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    spent = time.monotonic() - begun
    sys.stdout.write(f"site: {target} ({spent:.1f} s); `./dev docs --serve` shows it\n")
    if chosen.serve:
        with site.server(target) as server, suppress(KeyboardInterrupt):
            sys.stdout.write(f"http://127.0.0.1:{server.server_port}/\n")
            sys.stdout.flush()
            server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
