"""Tokens of links never reach a log line (promises 2.1, line 8)."""

import logging
from io import StringIO

from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings
from kombu.exceptions import OperationalError

from config import celery_app
from config.logs import HideTicks, HideTokens, OneLineOfBeat


def test_the_token_of_a_link_is_hidden() -> None:
    record = logging.LogRecord("django.server", logging.INFO, "", 0, '"%s" %s', ("GET /r/abcDEF123_-x HTTP/1.1", "200"), None)
    assert HideTokens().filter(record)
    assert record.getMessage() == '"GET /r/… HTTP/1.1" 200'


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "GET /b/bella-hair/ %s", ("200",), None)
    assert HideTokens().filter(record)
    assert record.getMessage() == "GET /b/bella-hair/ 200"


def test_the_tick_of_beat_is_left_out() -> None:
    tick = logging.LogRecord("celery.beat", logging.INFO, "", 0, "Scheduler: Sending due task %s (%s)", ("a", "b"), None)
    start = logging.LogRecord("celery.beat", logging.INFO, "", 0, "beat: Starting...", (), None)
    assert not HideTicks().filter(tick)
    assert HideTicks().filter(start)


class _BrokerAway(Scheduler):
    def apply_async(self, entry: ScheduleEntry, producer: object = None, advance: bool = True, **options: object) -> None:
        raise OperationalError("Error 111 connecting to the broker.")


def test_beat_says_in_one_line_that_it_cannot_send() -> None:
    said = StringIO()
    handler, logger = logging.StreamHandler(said), logging.getLogger("celery.beat")
    handler.addFilter(OneLineOfBeat())
    handler.setLevel(logging.ERROR)
    logger.addHandler(handler)
    try:
        entry = ScheduleEntry(name="sweep", task="followups.expire_reviews", schedule=1, app=celery_app)
        _BrokerAway(app=celery_app, lazy=True).apply_entry(entry)
    finally:
        logger.removeHandler(handler)
    assert said.getvalue().splitlines() == ["Task not sent: Error 111 connecting to the broker."]
    assert "one_line_of_beat" in settings.LOGGING["handlers"]["stderr"]["filters"]
