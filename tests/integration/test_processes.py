"""The fixtures for faults do what their names say: real processes, and engines that can be broken alone."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pymongo
import pytest
import requests
from django.db import connection
from pymongo.errors import PyMongoError

from config import services
from tests.faults import EngineFactory, Stack, StackFactory
from tests.world import World

SWEEPS = {"expire_reviews", "send_queued"}


def eventually(holds: Callable[[], bool], *, within: float) -> bool:
    deadline = time.monotonic() + within
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return held


def sweeps(stack: Stack) -> set[str]:
    """The sweeps that have left a heartbeat, as the health page tells; it answers 503 until all have."""
    ages = requests.get(f"{stack.url}/readyz", timeout=30).json()["sweeps"]
    return {name for name, age in ages.items() if age is not None}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_stack_runs_the_sweeps_as_real_processes(stack: StackFactory, mongo: object) -> None:
    running = stack().start()

    assert eventually(lambda: sweeps(running) >= SWEEPS, within=60)

    running.web.kill()
    assert not running.web.running
    running.start("web")
    assert urllib.request.urlopen(f"{running.url}/livez", timeout=30).status == 200


@pytest.mark.django_db(transaction=True)
def test_development_server_gives_its_connections_back(stack: StackFactory, shipped_world: World, mongo: object, tmp_path: Path) -> None:
    """It has a thread for each connection; kept with them, PostgreSQL's hundred would be gone after a few open browsers."""
    running = stack()
    web = services.development_web(port=running.port, env=running.environment, log=tmp_path / "web.log")
    web.start()
    try:
        before = _connections()
        for _ in range(5):
            assert requests.get(f"{running.url}/b/bella-hair/", timeout=30).status_code == 200
        assert eventually(lambda: _connections() <= before, within=30)
    finally:
        web.stop()


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_spare_mongo_frozen_does_not_answer_and_comes_back(spare_engines: EngineFactory) -> None:
    engine = spare_engines("mongo")
    client: pymongo.MongoClient = pymongo.MongoClient(engine.url, timeoutMS=30_000)
    client.admin.command("ping")

    engine.pause()
    with pymongo.timeout(0.5), pytest.raises(PyMongoError):
        client.admin.command("ping")

    engine.resume()
    client.admin.command("ping")
    client.close()


def test_spare_postgres_keeps_what_was_committed_before_a_kill(spare_engines: EngineFactory) -> None:
    engine = spare_engines("database")
    with psycopg.connect(engine.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")

    engine.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(engine.url)
    engine.start()

    with psycopg.connect(engine.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
