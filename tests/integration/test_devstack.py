"""`make run` as a person meets it: one process to start, everything there, and nothing left behind however it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from config.engines import HOST, free_port, package_folder
from config.services import ROOT

pytestmark = pytest.mark.slow

READY = "Ctrl-C stops everything."
START_SECONDS = 180  # at most, on a slow machine that has never started it
STOP_SECONDS = 5


@dataclass
class House:
    """A data folder and ports of its own, for one runner after the other."""

    data: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("port", "postgres-port", "mongo-port", "redis-port")}
    )

    def command(self) -> list[str]:
        options = [f"--{name}={port}" for name, port in self.ports.items()]
        return [sys.executable, "-m", "config.devstack", f"--data={self.data}", *options]

    def discard(self) -> None:
        """Delete what lies outside the data folder: run as root, PostgreSQL may not enter pytest's own folders."""
        pointer = self.data / "elsewhere"
        if pointer.is_symlink():
            shutil.rmtree(pointer.readlink())


class Runner:
    """One running `python -m config.devstack`."""

    def __init__(self, house: House, output: Path, **environment: str) -> None:
        self.url = f"http://{HOST}:{house.ports['port']}"
        self._output = output
        with output.open("w") as file:
            self.popen = subprocess.Popen(house.command(), cwd=ROOT, env=bare(**environment), stdout=file, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return self._output.read_text()

    def until_ready(self) -> "Runner":
        deadline = time.monotonic() + START_SECONDS
        while READY not in self.said():
            assert self.popen.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return self

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.popen.pid).children(recursive=True)


def bare(**more: str) -> dict[str, str]:
    """The environment of a fresh terminal: none of the tests' own settings."""
    return {**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **more}


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=bare(**environment), capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.discard()


@pytest.fixture
def start(house: House, tmp_path: Path) -> Iterator[Callable[..., Runner]]:
    with ExitStack() as cleanup:

        def start(**environment: str) -> Runner:
            runner = Runner(house, tmp_path / "output", **environment)
            cleanup.callback(runner.popen.wait)
            cleanup.callback(runner.popen.kill)
            return runner.until_ready()

        yield start


def test_runner_serves_the_demo_and_ctrl_c_leaves_nothing(start: Callable[..., Runner], house: House) -> None:
    runner = start()
    family = runner.family()

    for path in ("/b/bella-hair/", "/login/", "/demo/outbox/"):
        assert urllib.request.urlopen(runner.url + path, timeout=30).status == 200
        assert runner.url + path in runner.said()
    for name in ("owner", "receptionist", "stylist", "rival", "comeback-demo"):
        assert name in runner.said()
    assert listening_elsewhere(family) == []

    second = run(house.command())
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == f"Another copy is already running here (process {runner.popen.pid}). Stop it first.\n"

    runner.popen.send_signal(signal.SIGINT)
    assert runner.popen.wait(STOP_SECONDS) == 0
    assert survivors(family) == []
    assert runner.said().rstrip().endswith("Stopped.")


def test_runner_killed_takes_everything_with_it(start: Callable[..., Runner]) -> None:
    runner = start()
    family = runner.family()
    assert {"mongod", "postgres", "valkey-server"} <= {process.name() for process in family}

    runner.popen.kill()

    assert survivors(family, within=STOP_SECONDS) == []


def test_runner_stops_when_a_child_dies_and_uses_the_engine_it_is_given(start: Callable[..., Runner]) -> None:
    runner = start(REDIS_URL=os.environ["REDIS_URL"])
    family = runner.family()
    assert "valkey-server" not in {process.name() for process in family}

    worker = next(process for process in family if "worker" in process.cmdline())
    worker.kill()

    assert runner.popen.wait(STOP_SECONDS) == 1
    assert "worker stopped by itself with exit code -9." in runner.said()
    assert survivors(family) == []


@pytest.mark.parametrize(
    ("option", "who"), [("port", "web"), ("postgres-port", "PostgreSQL"), ("mongo-port", "MongoDB"), ("redis-port", "Valkey")]
)
def test_runner_says_which_port_is_taken(tmp_path: Path, option: str, who: str) -> None:
    house = House(tmp_path)
    with socket.create_server((HOST, house.ports[option])):
        done = run(house.command())

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {house.ports[option]} ({who}) is in use. Is another copy running?\n"


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_runner_says_what_is_no_port(port: str) -> None:
    done = run([sys.executable, "-m", "config.devstack"], PORT=port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Argument --port: '{port}' is no port, use a number from 1 to 65535.\n"


@pytest.mark.parametrize(
    ("variable", "who", "scheme"),
    [("DATABASE_URL", "PostgreSQL", "postgres"), ("MONGO_URL", "MongoDB", "mongodb"), ("REDIS_URL", "Valkey", "redis")],
)
def test_runner_says_which_given_engine_does_not_answer(tmp_path: Path, variable: str, who: str, scheme: str) -> None:
    port = free_port()
    done = run(House(tmp_path).command(), **{variable: f"{scheme}://{HOST}:{port}/0"})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{who} does not answer at {HOST}:{port}, where {variable} says it is.\n"


def test_runner_says_in_one_line_why_the_databases_are_not_ready(tmp_path: Path) -> None:
    house = House(tmp_path)
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    given = {name: os.environ[name] for name in ("MONGO_URL", "REDIS_URL")}
    done = run(house.command(), DATABASE_URL=f"{server}/nobody_made_this", **given)

    assert done.returncode == 1
    assert done.stderr.startswith("The databases could not be prepared: ")
    assert 'database "nobody_made_this" does not exist' in done.stderr
    assert done.stderr.endswith(f"(log: {tmp_path / 'logs' / 'prepare.log'})\n")
    assert done.stderr.count("\n") == 1


def test_runner_names_every_wrong_setting_in_that_line(tmp_path: Path) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "MONGO_URL", "REDIS_URL")}
    done = run(House(tmp_path).command(), **given, DEBUG="maybe", TRUSTED_PROXIES="one")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "DEBUG: Not a valid boolean. TRUSTED_PROXIES: Not a valid integer." in done.stderr


def test_runner_names_the_library_that_mongod_misses(tmp_path: Path) -> None:
    """A mongod that asks for a libcurl which no machine has, found before the real one."""
    wheel = Path("db", "bin", "mongod")
    broken = tmp_path / "fiftyone" / wheel
    broken.parent.mkdir(parents=True)
    broken.write_bytes((package_folder("fiftyone") / wheel).read_bytes().replace(b"libcurl.so.4\0", b"libcurl.so.X\0"))
    broken.chmod(0o755)

    house = House(tmp_path / "data")
    done = run(house.command(), PYTHONPATH=str(tmp_path))
    house.discard()

    assert done.returncode == 1
    assert done.stderr == (
        "MongoDB needs the system library libcurl.so.X. Install it and try again (Debian and Ubuntu: apt-get install libcurl4).\n"
    )


@pytest.mark.parametrize(
    ("minor", "said"), [(10, "Comeback needs Python 3.11 or newer;"), (11, "no further"), (14, "no further")], ids=["3.10", "3.11", "3.14"]
)
def test_make_says_that_python_is_too_old(tmp_path: Path, minor: int, said: str) -> None:
    """This very Python, which claims another version and makes no environment."""
    python = tmp_path / "python"
    claim = f"import sys; sys.version_info = (3, {minor}, 0, 'final', 0);"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec "{sys.executable}" -c "{claim} $2"\necho no further >&2; exit 1\n')
    python.chmod(0o755)

    done = run(["make", "run", f"VENV={tmp_path}/venv", f"PYTHON={python}"])

    assert done.returncode != 0
    assert done.stderr.startswith(said)


def test_watchdog_ends_what_a_killed_parent_leaves(tmp_path: Path) -> None:
    """What stands in for the kernel's help on macOS, tried on this system."""
    parent = (
        "import os, signal, subprocess; from config import watchdog\n"
        "kept, let_go = [subprocess.Popen(['sleep', '60'], start_new_session=True, stdout=-3, stderr=-3) for _ in range(2)]\n"
        "watchdog.guard(kept.pid); watchdog.guard(let_go.pid); watchdog.release(let_go.pid)\n"
        "print(kept.pid, let_go.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    kept, let_go = (psutil.Process(int(pid)) for pid in run([sys.executable, "-c", parent]).stdout.split())

    assert survivors([kept], within=STOP_SECONDS) == []
    assert survivors([let_go]) == ["sleep"]
    let_go.kill()


def survivors(family: list[psutil.Process], *, within: float = 0) -> list[str]:
    """The names of those that still live after `within` seconds; a zombie only waits for its new parent to notice."""
    deadline = time.monotonic() + within
    while (left := [process for process in family if lives(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [process.name() for process in left]


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listening_elsewhere(family: list[psutil.Process]) -> list[str]:
    """Addresses other than loopback on which one of these listens."""
    sockets = [connection for process in family for connection in process.net_connections("inet")]
    return [f"{place.laddr.ip}:{place.laddr.port}" for place in sockets if place.status == psutil.CONN_LISTEN and place.laddr.ip != HOST]
