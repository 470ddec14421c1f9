"""PostgreSQL away: a page that says so with 503, nothing half-done, and everything right again afterwards."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.world import World

PAGES = ["/", "/scheduler/", "/followups/", "/b/bella-hair/", "/b/bella-hair/services/", "/login/"]


def _refuse(execute, sql, params, many, context):
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_answers_503_and_when_to_come_back(world: World, address: str) -> None:
    staff = Client()
    staff.force_login(world.rita)
    assert staff.get(address).status_code in {200, 302}

    with connection.execute_wrapper(_refuse):
        answer = staff.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b"reload this page" in answer.content.lower()
    assert staff.get(address).status_code in {200, 302}


def test_readyz_says_which_engine_is_away(world: World, mongo, client: Client) -> None:
    with connection.execute_wrapper(_refuse):
        answer = client.get("/readyz")
        assert client.get("/livez").status_code == 200
    assert (answer.status_code, answer.json()) == (503, {"postgres": "away"})
