"""Things that can be broken without breaking another test: engines of one's own, and the real processes on top of them."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from config import services
from config.engines import HOST, Engine, Mongo, Redis, free_port
from config.postgres import Postgres
from config.processes import Process, stop_all

_FROM_OUTSIDE = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")


class Stack:
    """Web, worker and beat as real processes, each as it is shipped, against the engines it is given.

    `url` is where the web answers; `web`, `worker` and `beat` can be stopped, killed, frozen and started again one by one.
    """

    def __init__(self, folder: Path, *, database_url: str, mongo_url: str, redis_url: str, env: Mapping[str, str] | None = None) -> None:
        """Logs go to `folder`; `env` adds to the environment of a demo, or overrides it."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.environment = {
            **{name: os.environ[name] for name in _FROM_OUTSIDE if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEMO": "1",
            "PORT": str(self.port),
            "DATABASE_URL": database_url,
            "MONGO_URL": mongo_url,
            "REDIS_URL": redis_url,
            **(env or {}),
        }
        self._folder = folder
        self.web = services.web(port=self.port, env=self.environment, log=folder / "web.log")
        self.worker = services.worker(env=self.environment, log=folder / "worker.log")
        self.beat = services.beat(env=self.environment, log=folder / "beat.log")

    def start(self, *names: str) -> "Stack":
        """Start web, worker and beat (or only those named) side by side and wait until each is ready."""
        chosen: list[Process] = [getattr(self, name) for name in names or ("web", "worker", "beat")]
        for process in chosen:
            process.launch()
        for process in chosen:
            process.await_ready()
        return self

    def prepare(self) -> "Stack":
        """Bring the databases it was given to this version's shape; not needed for the test run's own."""
        self.manage("migrate", "--no-input")
        self.manage("ensure_draft_indexes")
        return self

    def manage(self, *words: str) -> str:
        """Run a management command against the same engines and return what it said."""
        command = services.command(*words, env=self.environment, log=self._folder / f"{words[0]}.log")
        command.complete()
        return command.output()

    def stop(self) -> None:
        """Stop whatever runs."""
        stop_all([self.web, self.worker, self.beat])


StackFactory = Callable[..., Stack]
EngineFactory = Callable[[str], Engine]


@pytest.fixture
def spare_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineFactory]:
    """`spare_engines("mongo")`: a running engine of one's own ("mongo", "redis" or "database"), gone after the test."""
    with ExitStack() as cleanup:

        def start(key: str) -> Engine:
            folder = tmp_path_factory.mktemp(key)
            engine = _spare(key, folder)
            cleanup.callback(engine.discard)
            engine.start()
            return engine

        yield start


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[StackFactory]:
    """`stack(mongo_url=…)`: a Stack on the run's own engines or on those given; `.start()` it. Stopped after the test.

    On the run's own PostgreSQL it sees only what is committed: mark the test `django_db(transaction=True)`.
    """
    with ExitStack() as cleanup:

        def build(**given: object) -> Stack:
            made = Stack(tmp_path, **{**_of_this_run(), **given})
            cleanup.callback(made.stop)
            return made

        yield build


def _spare(key: str, folder: Path) -> Engine:
    port = free_port()
    if key == "database":
        return Postgres(folder, port, max_connections=200)
    return Mongo(folder, port, ttl_seconds=1) if key == "mongo" else Redis(folder, port)


def _of_this_run() -> dict[str, str]:
    """The addresses of the databases that the tests themselves use."""
    from django.conf import settings
    from django.db import connection

    used = connection.settings_dict
    password = f":{quote(used['PASSWORD'])}" if used["PASSWORD"] else ""
    database_url = f"postgres://{used['USER']}{password}@{used['HOST']}:{used['PORT']}/{used['NAME']}"
    return {"database_url": database_url, "mongo_url": settings.MONGO_URL, "redis_url": settings.REDIS_URL}
