"""/livez and /readyz: what a proxy and the container's health check ask."""

from datetime import timedelta

import pytest
from django.test import Client

from business.actions import beat
from config.views import SWEEPS
from tests.leaving import mongo_away
from tests.world import NOW


@pytest.fixture
def awake(db, at):
    at(NOW)
    for name in SWEEPS:
        beat(name=name, now=NOW)


def test_ready_when_everything_came_round(mongo, awake, client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"postgres": "ok", "mongo": "ok", "sweeps": dict.fromkeys(SWEEPS, 0)})


@pytest.mark.parametrize("name", SWEEPS)
def test_not_ready_when_a_sweep_is_late(mongo, awake, client: Client, name: str) -> None:
    beat(name=name, now=NOW - timedelta(seconds=61))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["sweeps"][name]) == (503, 61)


def test_not_ready_when_no_worker_ever_ran(db, mongo, client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["sweeps"]) == (503, dict.fromkeys(SWEEPS))


def test_an_index_that_differs_is_named(mongo, awake, client: Client) -> None:
    mongo.booking_drafts.drop_index("due")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "due" in answer.json()["mongo"]


def test_mongodb_away_is_a_warning(awake, client: Client) -> None:
    with mongo_away():
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["mongo"]) == (200, "away")


def test_livez_asks_nobody(client: Client) -> None:
    assert client.get("/livez").content == b"ok"
