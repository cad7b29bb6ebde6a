"""Child processes that never outlive the one that started them, even when that one is killed."""

from __future__ import annotations

import signal
import subprocess


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
