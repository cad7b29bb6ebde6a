"""Child processes that never outlive the one that started them, even when that one is killed."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

_YOUNG = 50_000


def die_with_me(pid: int, how: signal.Signals = signal.SIGTERM) -> subprocess.Popen[bytes]:
    """Send `how` to `pid` when this process ends, however it ends; return the guard.

    The guard waits on a pipe whose other end only this process holds, so a `kill -9` of this
    process closes it too. Take the guard away with `.kill()` once the child has gone, or the
    number might by then belong to somebody else.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", 'trap "" INT TERM; cat >/dev/null; kill -s "$1" "$2"', "guard",
         how.name.removeprefix("SIG"), str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def release(guard: subprocess.Popen[bytes]) -> None:
    """Take a guard away without its doing anything."""
    guard.kill()
    guard.wait()
    if guard.stdin is not None:
        guard.stdin.close()


def stand_back(steps: int = 10) -> None:
    """Let other processes have the processor first, as far as the system knows how.

    For work that can wait: what was accepted is in the log, accepting has somebody waiting.
    """
    with suppress(AttributeError, OSError):
        os.nice(steps)
    # Linux may weigh whole sessions against each other; then a process's own nice says nothing.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(steps), encoding="ascii")


def calm_collector() -> None:
    """Collect garbage rarely: thousands of short-lived objects a second hold no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
