"""Tokens of links never reach a log line (promises 2.1, line 8)."""

import logging

from config.logs import HideTokens


def test_the_token_of_a_link_is_hidden() -> None:
    record = logging.LogRecord("django.server", logging.INFO, "", 0, '"%s" %s', ("GET /r/abcDEF123_-x HTTP/1.1", "200"), None)
    assert HideTokens().filter(record)
    assert record.getMessage() == '"GET /r/… HTTP/1.1" 200'


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "GET /b/bella-hair/ %s", ("200",), None)
    assert HideTokens().filter(record)
    assert record.getMessage() == "GET /b/bella-hair/ 200"
