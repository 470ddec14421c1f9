"""Pytest plugin (`-p tests.engines`): real engines for the whole run, on free ports and with data that is thrown away.

Each of DATABASE_URL, MONGO_URL and REDIS_URL that is set is used instead. The URLs are set when this module is imported:
pytest-django reads the settings before any hook of ours could run.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Importing `config` names the product's settings; the tests' own come first.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import pytest

from config.engines import Engine, Mongo, Redis, free_port, start_engines
from config.postgres import Postgres
from config.processes import ProcessFailed

pytest_plugins = ["tests.faults"]


def _start() -> list[Engine]:
    """Start what the environment does not name. An interpreter that is killed takes the engines with it all the same."""
    folder = Path(tempfile.mkdtemp(prefix="comeback-test-"))
    folder.chmod(0o755)  # PostgreSQL does not run as root and must get in
    engines = [
        Mongo(folder, free_port(), ttl_seconds=1),
        Redis(folder, free_port()),
        Postgres(folder, free_port(), durable=False, max_connections=200),
    ]
    atexit.register(_discard, engines, folder)
    try:
        return start_engines(engines, os.environ)
    except ProcessFailed as failed:
        raise pytest.UsageError(str(failed)) from None


def _discard(engines: list[Engine], folder: Path) -> None:
    for engine in engines:
        engine.discard()
    shutil.rmtree(folder, ignore_errors=True)


_STARTED = {engine.key: engine for engine in _start()}


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """The engines of this run by short name (mongo, redis, database); those given by the environment are not ours to touch.

    Everybody works on them: a test that stops one uses `spare_engines` instead.
    """
    return _STARTED
