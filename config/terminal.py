"""What `make run` tells the person at the terminal."""

import contextlib
import time
from collections.abc import Iterator
from typing import TextIO


def say(text: str, *, end: str = "\n", to: TextIO | None = None) -> None:
    """Print at once; a terminal that was closed meanwhile is no reason to fail."""
    with contextlib.suppress(OSError):
        print(text, end=end, file=to, flush=True)


@contextlib.contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what is being done, and afterwards how long it took."""
    say(f"{doing} … ", end="")
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"{time.monotonic() - began:.1f} s")
