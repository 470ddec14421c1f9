"""Twenty-four clients press Confirm for one time at once, over HTTP: one is booked, the others get the conflict page (S17, S18, P5)."""

import http.client
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest

from business.models import Client, ClientSession
from core import identifiers
from scheduler.models import Appointment
from tests.fault.test_booking_race import without_constraint, without_lock  # noqa: F401 - fixtures
from tests.visits import haircut
from tests.world import NOW, World

RIVALS = 24
CSRF = "c" * 32

pytestmark = pytest.mark.django_db(transaction=True)


def _rivals(world: World, number: int) -> list[str]:
    """The device tokens of so many signed-in clients."""
    tokens = []
    for place in range(number):
        client = Client.objects.create(business=world.bella, first_name=f"Rival {place}", phone_verified_at=NOW, created_at=NOW)
        tokens.append(identifiers.new_token())
        ClientSession.objects.create(
            digest=identifiers.digest(tokens[-1]),
            client=client,
            business=world.bella,
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
    return tokens


def _connected(url: str) -> http.client.HTTPConnection:
    """A connection the server has accepted: its queue of new ones is short, and the race is about the time, not about the queue."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", "/livez")
    assert connection.getresponse().read() == b"ok"
    return connection


def _press(url: str, world: World, tokens: Sequence[str]) -> list[tuple[int, str]]:
    """Everybody confirms the same time in the same moment; status and page of each."""
    ready = threading.Barrier(len(tokens))
    answers: list[tuple[int, str]] = []
    connections = [_connected(url) for _ in tokens]

    def run(place: int, token: str) -> None:
        choice = haircut(world, member=world.maya.pk, flow=UUID(int=place + 1))
        body = urlencode([*choice.pairs(), ("csrfmiddlewaretoken", CSRF)])
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"client-{world.bella.pk}={token}; csrf={CSRF}",
        }
        connection = connections[place]
        ready.wait(timeout=30)
        connection.request("POST", "/b/bella-hair/confirm/", body, headers)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read().decode()))
        connection.close()

    threads = [threading.Thread(target=run, args=(place, token)) for place, token in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    return answers


@pytest.mark.s("S16", "S17", "S18")
def test_one_of_many_is_booked_and_all_others_get_the_conflict_page(live_server, world, mongo, at):
    at(NOW)
    answers = _press(live_server.url, world, _rivals(world, RIVALS))
    assert Counter(status for status, _ in answers) == {303: 1, 409: RIVALS - 1}
    assert Appointment.objects.count() == 1
    assert all("That time isn't free any more" in page for status, page in answers if status == 409)


@pytest.mark.s("S17")
@pytest.mark.usefixtures("mongo", "without_constraint")
def test_without_the_guards_the_same_race_books_twice(live_server, world, at, without_lock):  # noqa: F811
    at(NOW)
    without_lock(4)
    answers = _press(live_server.url, world, _rivals(world, 4))
    assert Counter(status for status, _ in answers) == {303: 4}
    assert Appointment.objects.count() == 4
