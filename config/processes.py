"""Child processes that never outlive the process that started them.

Each child leads its own session, so that the terminal's Ctrl-C reaches only the runner, which then stops its children in
a sensible order. On Linux the kernel signals a child whose parent died in any way (`PR_SET_PDEATHSIG`); elsewhere
`config.watchdog` does the same, as well as it can.

Start children from the main thread: Linux counts the death of the *thread* that forked as the death of the parent.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from config import watchdog

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_POLL_SECONDS = 0.02


class ProcessFailed(Exception):
    """A child did not start, or stopped by itself. The text is one sentence for the person at the terminal."""


class Process:
    """One child in its own session: start, stop, freeze, kill.

    `log` takes its output, anew at each start (None: the terminal). `ready` tells when it can be used.
    `stop_signal` asks for a clean end; `orphan_signal` is what it gets when the runner dies, and must end its own
    children, too. `env` is its whole environment (None: ours). `user` runs it as that system user, which only root may ask for.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | os.PathLike[str]],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        ready: Callable[[], bool] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.argv = [os.fspath(part) for part in argv]
        self.log = log
        self._env = env
        self._cwd = cwd
        self._user = user
        self._ready = ready
        self._stop_signal = stop_signal
        self._orphan_signal = orphan_signal
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The child's process id, which is also the id of its group and session. ProcessFailed before the first start."""
        if self._popen is None:
            raise ProcessFailed(f"{self.name} was not started.")
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """How the child ended (negative: by which signal); None while it runs or before it was started."""
        return None if self._popen is None else self._popen.poll()

    @property
    def running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    def launch(self) -> None:
        """Start and return at once; `await_ready` waits until it can be used."""
        with contextlib.ExitStack() as stack:
            output = None
            if self.log is not None:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                output = stack.enter_context(self.log.open("wb"))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of preexec_fn beside threads; ours is one system call
            self._popen = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent(self._orphan_signal),  # noqa: PLW1509
                **as_user(self._user),
            )
        if _LIBC is None:
            watchdog.guard(self.pid)

    def start(self, *, seconds: float = 30.0) -> None:
        """Start and wait until it can be used, at most `seconds`. Raises ProcessFailed, and then nothing runs."""
        self.launch()
        self.await_ready(seconds=seconds)

    def await_ready(self, *, seconds: float = 30.0) -> None:
        """Wait until it can be used. Raises ProcessFailed if it ends first or `seconds` pass, and then nothing runs."""
        deadline = time.monotonic() + seconds
        while self._ready is not None and not self._ready():
            ended = not self.running
            if ended or time.monotonic() > deadline:
                self.kill()
                what = f"stopped with exit code {self.exit_code}" if ended else f"did not answer within {seconds:g} s"
                raise ProcessFailed(f"{self.name} {what}. {self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def complete(self) -> None:
        """Start a command and wait for its end. Raises ProcessFailed if that was not a success."""
        try:
            self.launch()
            while self.running:
                time.sleep(_POLL_SECONDS)
        finally:
            self.kill()
        if self.exit_code:
            raise ProcessFailed(f"{self.name} failed with exit code {self.exit_code}. {self.last_words()}".strip())

    def ask_to_stop(self) -> None:
        """Send the signal for a clean end and return at once; a frozen child is woken up for it."""
        if self.running:
            self.resume()
            os.kill(self.pid, self._stop_signal)

    def finish(self, *, grace: float) -> None:
        """Wait up to `grace` seconds for a child that was asked to stop, then kill what is left of it."""
        if self._popen is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(max(grace, 0.0))
            self.kill()

    def stop(self, *, grace: float = 4.0) -> None:
        """Ask the child to end, wait up to `grace` seconds, then kill what is left of it. Twice is harmless."""
        stop_all([self], grace=grace)

    def kill(self) -> None:
        """End the child and its descendants at once, as a power cut would; it may be started again."""
        if self._popen is not None:
            self._signal_family(signal.SIGKILL)
            self._popen.wait()
            if _LIBC is None:
                watchdog.release(self.pid)

    def pause(self) -> None:
        """Freeze it and its descendants: sockets stay open, nothing answers."""
        self._signal_family(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen family go on."""
        self._signal_family(signal.SIGCONT)

    def output(self) -> str:
        """What the child has written since its last start; empty without a log."""
        return self.log.read_text(errors="replace") if self.log is not None and self.log.exists() else ""

    def last_words(self) -> str:
        """The last line of the log and where to read the rest; empty without a log."""
        lines = self.output().strip().splitlines()
        said = f"It said: {lines[-1].strip()} " if lines else ""
        return f"{said}(log: {self.log})" if self.log is not None else ""

    def _signal_family(self, number: signal.Signals) -> None:
        """Signal the child's group and its descendants: PostgreSQL puts each backend into a group of its own."""
        descendants: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            descendants = psutil.Process(self.pid).children(recursive=True)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; or a zombie, which macOS refuses
            os.killpg(self.pid, number)
        for descendant in descendants:
            with contextlib.suppress(psutil.Error):
                descendant.send_signal(number)


def stop_all(processes: Iterable[Process], *, grace: float = 4.0) -> None:
    """Ask all to stop at the same time, give them `grace` seconds together, kill what is left."""
    asked = list(processes)
    deadline = time.monotonic() + grace
    for process in asked:
        process.ask_to_stop()
    for process in asked:
        process.finish(grace=deadline - time.monotonic())


def as_user(user: str | None) -> dict[str, Any]:
    """The arguments that make subprocess run a command as `user`, without root's groups; none for None."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a fresh child runs before exec, on Linux: ask for `number` when the parent dies."""
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask
