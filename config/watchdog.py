"""Where the kernel cannot tell children that their parent died (macOS): a tiny process that waits for it and ends them.

It reads process group ids from a pipe whose other end only the runner holds. When the runner ends in any way, the pipe
closes, and what is left of the groups is killed. A runner that stopped its children itself leaves it nothing to do.
"""

import contextlib
import functools
import os
import signal
import subprocess
import sys
from typing import IO


def guard(group: int) -> None:
    """End this process group when the calling process dies."""
    _say(f"+{group}\n")


def release(group: int) -> None:
    """Forget a group that has ended: its number may come back for a stranger."""
    _say(f"-{group}\n")


def _say(line: str) -> None:
    pipe = _pipe()
    pipe.write(line.encode())
    pipe.flush()


@functools.cache
def _pipe() -> IO[bytes]:
    command = [sys.executable, "-I", __file__]
    watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own command line
    assert watchdog.stdin is not None
    return watchdog.stdin


def main() -> None:
    """Keep the list of groups until the pipe closes, then kill what is on it."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
