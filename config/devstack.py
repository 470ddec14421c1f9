"""`make run`: engines, migrations, demo data, web, worker and beat on this computer; Ctrl-C stops everything.

Each of DATABASE_URL, MONGO_URL and REDIS_URL that is set is used; for the others an engine from its wheel is started,
with its data in `.data/`. Everything listens on 127.0.0.1 only.
"""

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from config import prepare, services
from config.engines import HOST, Engine, Mongo, Redis, check_port, start_engines, stop_engines
from config.postgres import Postgres
from config.processes import Process, ProcessFailed, stop_all
from config.terminal import say, step

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Together under the five seconds in which Ctrl-C ends everything. A sweep that is cut off is finished by the next one.
_SERVICES_GRACE_SECONDS = 2.0
_ENGINES_GRACE_SECONDS = 2.0
_WATCH_SECONDS = 0.2
_GIVEN_SECONDS = 3.0
_USUAL_PORTS = {"postgres": 5432, "postgresql": 5432, "mongodb": 27017, "redis": 6379, "rediss": 6379}
_WELCOME = """
Comeback is running.

  Booking page            {site}/b/bella-hair/
  Staff sign-in           {site}/login/
  Outbox and demo clock   {site}/demo/outbox/

  Sign in as owner, receptionist or stylist (Bella Hair Co.), or as rival (another business); password: {password}

Try this:
  1. On the booking page choose services, a person and a time, then sign in with the mobile 0491 570 006.
     Every text and e-mail, the sign-in code too, arrives in the outbox. Stop at "Review & Book" and walk away.
  2. In the outbox move the demo clock by 10 minutes: the reminder arrives.
  3. As receptionist, see the amber card on the dashboard and open Follow-ups in the scheduler.
  4. Open the link in the reminder: the booking is where you left it. Confirm, and the card is gone.

Logs are in {logs}. Ctrl-C stops everything.
"""


class Stopped(BaseException):
    """Somebody asked the runner to stop: Ctrl-C, SIGTERM or a closed terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until asked to stop (0) or until something fails (1, with one sentence on standard error)."""
    _stop_on_signals()
    try:
        _run(_options(arguments))
    except Stopped:
        say("Stopped.")
        return 0
    except ProcessFailed as failed:
        say(str(failed), to=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ProcessFailed(f"{message[0].upper()}{message[1:]}.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Raises ProcessFailed for what is no option or no port."""
    parser = _Parser(prog="python -m config.devstack", description=__doc__)
    parser.add_argument("--port", type=_port, default=os.environ.get("PORT") or "8000", help="web port (PORT, 8000)")
    parser.add_argument("--data", type=Path, default=services.ROOT / ".data", help="folder for data and logs (.data)")
    parser.add_argument("--postgres-port", type=_port, default=54329)
    parser.add_argument("--mongo-port", type=_port, default=27029)
    parser.add_argument("--redis-port", type=_port, default=63799)
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, use a number from 1 to 65535")
    return int(text)


def _run(options: argparse.Namespace) -> NoReturn:
    data: Path = options.data.resolve()
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    site = f"http://{HOST}:{options.port}"
    # An .env for production may lie here, too; what is set in the environment comes before it.
    demo = {"DEMO_PASSWORD": "comeback-demo", "SITE_URL": site, "ALLOWED_HOSTS": f"{HOST},localhost"}
    environment = {**demo, **os.environ, "DEMO": "1", "PORT": str(options.port)}
    with contextlib.ExitStack() as cleanup:
        cleanup.enter_context(_only_copy(data))
        check_port(options.port, "web")
        engines = _start_engines(options, data, environment)
        cleanup.callback(stop_engines, engines, grace=_ENGINES_GRACE_SECONDS)
        _prepare(environment, logs / "prepare.log")
        house = [
            services.beat(env=environment, log=logs / "beat.log"),
            services.worker(env=environment, log=logs / "worker.log"),
            services.development_web(port=options.port, env=environment, log=logs / "web.log"),
        ]
        cleanup.callback(stop_all, house, grace=_SERVICES_GRACE_SECONDS)
        with step("Starting web, worker and beat"):
            _start_side_by_side(house)
        say(_WELCOME.format(site=site, password=environment["DEMO_PASSWORD"], logs=logs))
        _watch([*(engine.process for engine in engines), *house])


def _start_engines(options: argparse.Namespace, data: Path, environment: dict[str, str]) -> list[Engine]:
    """Start what the environment does not name an address for, and name it there."""
    engines = [Mongo(data, options.mongo_port), Redis(data, options.redis_port), Postgres(data, options.postgres_port)]
    missing = [engine for engine in engines if not environment.get(engine.variable)]
    for engine in engines:
        if engine in missing:
            check_port(engine.port, engine.name)
        else:
            _check_given(engine, environment[engine.variable])
    with step("Starting " + (", ".join(engine.name for engine in missing) or "no engine: all three are given")):
        return start_engines(missing, environment)


def _check_given(engine: Engine, url: str) -> None:
    """Raise ProcessFailed if nobody listens where `url` says: every later step would only wait for it. Several hosts are left to the driver."""
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or _USUAL_PORTS.get(parts.scheme, 0))
    except ValueError:
        return
    if all(address):
        try:
            socket.create_connection(address, timeout=_GIVEN_SECONDS).close()
        except OSError:
            raise ProcessFailed(
                f"{engine.name} does not answer at {address[0]}:{address[1]}, where {engine.variable} says it is."
            ) from None


def _prepare(environment: dict[str, str], log: Path) -> None:
    """Bring the databases up to date. Raises ProcessFailed with the sentence that the preparation left at the end of its log."""
    preparation = services.preparation(env=environment, log=log)
    try:
        preparation.complete()
    except ProcessFailed:
        if preparation.exit_code != prepare.FAILED:
            raise
        sentence = log.read_text(errors="replace").rstrip().rpartition("\n")[2]
        raise ProcessFailed(f"{sentence} (log: {log})") from None


def _start_side_by_side(house: Sequence[Process]) -> None:
    for process in house:
        process.launch()
    for process in house:
        process.await_ready()


def _watch(processes: Sequence[Process]) -> NoReturn:
    """Wait for a signal. Raises ProcessFailed as soon as one of the processes ends by itself."""
    while True:
        for process in processes:
            if not process.running:
                raise ProcessFailed(f"{process.name} stopped by itself with exit code {process.exit_code}. {process.last_words()}")
        time.sleep(_WATCH_SECONDS)


@contextlib.contextmanager
def _only_copy(data: Path) -> Iterator[None]:
    """Hold the data folder for this process alone. Raises ProcessFailed when another copy has it."""
    with (data / "running").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ProcessFailed(f"Another copy is already running here (process {lock.read().strip()}). Stop it first.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _stop_on_signals() -> None:
    """Raise Stopped at the first of the signals and ignore the rest: what follows takes five seconds at most."""

    def stop(_number: int, _frame: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        say("\nStopping …")
        raise Stopped

    for number in _SIGNALS:
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
