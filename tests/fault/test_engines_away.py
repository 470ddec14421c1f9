"""What a client and the staff notice when an engine or a process is away: on the shipped processes, with engines that can be broken."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pymongo import MongoClient

from config.engines import Engine
from core import clock
from scheduler.models import Appointment
from tests import world as worlds
from tests.visitor import Visitor, walk_to_review

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAGE_SECONDS = 1.5


def _day(world: worlds.World):
    """A weekday on which everybody works, a few days from now."""
    day = clock.now().astimezone(world.bella.zone) + timedelta(days=3)
    return day + timedelta(days=1) if day.weekday() == 6 else day


def _book(visitor: Visitor, world: worlds.World) -> None:
    walk_to_review(visitor, slug="bella-hair", service_id=world.cut.pk, phone="0491 570 006", day=_day(world))
    assert "Review and book" in visitor.page.text
    visitor.press("/confirm/")
    assert "You're booked" in visitor.page.text.replace("&#x27;", "'")


def _drafts(engine: Engine) -> int:
    with MongoClient(engine.url) as client:
        return client.get_default_database().booking_drafts.count_documents({})


def test_with_redis_stopped_a_client_still_books(shipped_world, stack, spare_engines) -> None:
    redis = spare_engines("redis")
    running = stack(redis_url=redis.url)
    running.start("web")
    redis.stop()
    visitor = Visitor(running.url)
    _book(visitor, shipped_world)
    assert Appointment.objects.count() == 1
    assert max(visitor.seconds) < PAGE_SECONDS


@pytest.mark.parametrize("fault", ["stop", "pause"])
def test_with_mongodb_away_a_client_still_books_uncaptured(shipped_world, stack, spare_engines, fault: str) -> None:
    mongo = spare_engines("mongo")
    running = stack(mongo_url=mongo.url)
    running.manage("ensure_draft_indexes")
    running.start("web")
    getattr(mongo, fault)()
    visitor = Visitor(running.url)
    try:
        _book(visitor, shipped_world)
    finally:
        mongo.resume() if fault == "pause" else mongo.start()
    assert Appointment.objects.count() == 1
    assert max(visitor.seconds) < PAGE_SECONDS
    assert _drafts(mongo) == 0


def test_the_same_walk_is_captured_while_mongodb_is_there(shipped_world, stack, spare_engines) -> None:
    """The control of the test above: it is MongoDB's absence that leaves no draft."""
    mongo = spare_engines("mongo")
    running = stack(mongo_url=mongo.url)
    running.manage("ensure_draft_indexes")
    running.start("web")
    _book(Visitor(running.url), shipped_world)
    assert _drafts(mongo) == 1


@pytest.mark.s("S21", "S23", "S25", "D12")
def test_without_worker_and_beat_panel_and_dashboard_are_right(shipped_world, stack, spare_engines) -> None:
    mongo = spare_engines("mongo")
    running = stack(mongo_url=mongo.url)
    running.manage("ensure_draft_indexes")
    running.start("web")
    client = Visitor(running.url)
    walk_to_review(client, slug="bella-hair", service_id=shipped_world.cut.pk, phone="0491 570 006", day=_day(shipped_world))
    rita = Visitor(running.url)
    rita.open("/login/")
    rita.press("/login/", username="rita", password=worlds.PASSWORD)
    assert "Mia" not in rita.open("/followups/?tab=incomplete").text
    assert "incomplete booking" not in rita.open("/").text

    client.open("/demo/outbox/")
    client.press("/demo/clock/", move="600")
    assert _eventually(lambda: "Mia Chen" in rita.open("/followups/?tab=incomplete").text)
    assert _eventually(lambda: "incomplete booking" in rita.open("/").text)


def _eventually(holds: Callable[[], bool]) -> bool:
    """Each web process reads the demo clock again within a second: ask until all have, for a bounded number of requests."""
    return any(holds() for _ in range(200))
