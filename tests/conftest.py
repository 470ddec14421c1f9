"""Fixtures every folder uses: the world, the moment, and a clean MongoDB database."""

from collections.abc import Callable, Iterator
from datetime import datetime

import hypothesis
import pytest
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings
from pymongo import MongoClient
from pymongo.database import Database

from business import limits
from core import clock
from tests import world as worlds
from tests.fakes import sends  # noqa: F401 - the fixture that empties the recording transport

# A slow machine takes longer over one example than Hypothesis likes by itself; everything else stays as it is, in CI as its CI wants it.
hypothesis.settings.register_profile(
    "unhurried", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _patient_limits() -> Iterator[None]:
    """Redis gets more than the 0.2 s after which nothing is refused for ten: on a busy machine a limit would not be there when it is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "TIMEOUT_SECONDS", 5.0)
        yield


@pytest.fixture
def now() -> datetime:
    return worlds.NOW


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.build()


@pytest.fixture
def rita(client: Browser, world: worlds.World) -> Browser:
    """The desk's browser: Rita, who has Manage Waitlist, is signed in."""
    client.force_login(world.rita)
    return client


@pytest.fixture
def shipped_world(transactional_db: None) -> worlds.World:
    """The world, committed, with passwords that the processes as shipped can check."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        return worlds.build()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`at(moment)`: every door reads exactly that moment from now on; `core.clock.now` is the one place they read it from."""

    def travel(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return travel


@pytest.fixture(scope="session")
def _sleeping_ttl_monitor() -> Iterator[None]:
    """MongoDB's clean-up sleeps for the length of the run, and is put back as it was."""
    with MongoClient(settings.MONGO_URL) as client:
        before = client.admin.command({"getParameter": 1, "ttlMonitorEnabled": 1})["ttlMonitorEnabled"]
        client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
        yield
        client.admin.command({"setParameter": 1, "ttlMonitorEnabled": before})


@pytest.fixture
def mongo(_sleeping_ttl_monitor: None) -> Iterator[Database]:
    """The drafts' database on a real mongod, with its indexes and without documents.

    Tests live in November 2026, MongoDB's TTL monitor in real time, where that is long ago: it sleeps unless `ttl_monitor` wakes it.
    """
    from drafts import store

    store.ensure_indexes()
    client: MongoClient = MongoClient(settings.MONGO_URL, tz_aware=True)
    database = client.get_default_database(default="comeback")
    database.booking_drafts.delete_many({})
    yield database
    database.booking_drafts.delete_many({})
    client.close()


@pytest.fixture
def ttl_monitor(mongo: Database) -> Iterator[None]:
    """MongoDB's own clean-up is awake during this test."""
    mongo.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": True})
    yield
    mongo.client.admin.command({"setParameter": 1, "ttlMonitorEnabled": False})
