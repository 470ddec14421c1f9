"""Tokens of links never reach a log line (promises 2.1, line 8)."""

import logging

from config.logs import HideTicks, HideTokens


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
