"""Where the benchmark plays: engines of its own with durable writes, and web, worker and beat as shipped.

Nothing of `make run` or of the tests is touched; everything is thrown away at the end.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import services
from config.engines import Engine, Mongo, Redis, free_port, start_engines, stop_engines
from config.postgres import Postgres
from config.processes import Process, stop_all

# One visitor per request behind one proxy, so that the limits per address, which stay on, refuse nobody.
SETTINGS = {"DEMO": "1", "TRUSTED_PROXIES": "1", "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "config.settings"}
EMPTY_SETTINGS = "tests.benchmark.empty_settings"


@dataclass(frozen=True, slots=True)
class Stage:
    """The house under measurement. `empty_port` serves a Django view with one query through the same server and middleware."""

    port: int
    empty_port: int
    web: Process
    worker: Process
    beat: Process

    @property
    def house(self) -> tuple[Process, ...]:
        """What the product needs to run, the three processes of P11."""
        return (self.web, self.worker, self.beat)


@contextmanager
def engines() -> Iterator[None]:
    """PostgreSQL, MongoDB and Valkey on free ports, named in this process's environment, and Django set up on them."""
    folder = Path(tempfile.mkdtemp(prefix="comeback-bench-"))
    folder.chmod(0o755)  # PostgreSQL does not run as root and must get in
    mine: list[Engine] = [
        Mongo(folder, free_port()),
        Redis(folder, free_port()),
        Postgres(folder, free_port(), max_connections=200),
    ]
    for engine in mine:
        os.environ.pop(engine.variable, None)
    os.environ.update(SETTINGS, MONGO_TIMEOUT_MS=services.WORKER_MONGO_TIMEOUT_MS)
    try:
        start_engines(mine, os.environ)
        _set_up_django()
        yield
    finally:
        stop_engines(mine)
        for engine in mine:
            engine.discard()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[Stage]:
    """The house and, beside it, the empty view."""
    with tempfile.TemporaryDirectory(prefix="comeback-bench-logs-") as logs:
        folder, port, empty_port = Path(logs), free_port(), free_port()
        env = {name: value for name, value in os.environ.items() if name != "MONGO_TIMEOUT_MS"}
        web = services.web(port=port, env=env, log=folder / "web.log")
        empty = services.web(port=empty_port, env=env | {"DJANGO_SETTINGS_MODULE": EMPTY_SETTINGS}, log=folder / "empty.log")
        worker = services.worker(env=env, log=folder / "worker.log")
        beat = services.beat(env=env, log=folder / "beat.log")
        everything = [beat, worker, web, empty]
        try:
            for process in everything:
                process.start()
            yield Stage(port, empty_port, web, worker, beat)
        finally:
            stop_all(everything)


def _set_up_django() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("ensure_draft_indexes", verbosity=0, stdout=io.StringIO())
