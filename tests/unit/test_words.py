"""How money, time and distance in time are written."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from business.models import Business
from business.templatetags import words

SYDNEY = ZoneInfo("Australia/Sydney")
MOMENT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "locale", "minor", "written"),
    [
        ("AUD", "en_AU", 6200, "$62.00"),
        ("USD", "en_US", 123456, "$1,234.56"),
        ("JPY", "ja_JP", 6200, "¥6,200"),
        ("EUR", "de_DE", 6200, "62,00\xa0€"),
    ],
)
def test_money_follows_currency_and_locale(currency: str, locale: str, minor: int, written: str) -> None:
    text = words.money(minor, Business(currency=currency, locale=locale))
    assert text.replace("￥", "¥") == written


@pytest.mark.parametrize(("duration", "written"), [(45, "45 min"), (60, "1 h"), (95, "1 h 35 min"), (0, "0 min")])
def test_minutes(duration: int, written: str) -> None:
    assert words.minutes(duration) == written


@pytest.mark.s("D16")
def test_moments_are_written_in_the_zone_of_the_business() -> None:
    assert words.day_and_time(MOMENT, SYDNEY) == "Wed 25 Nov, 10:30"
    assert words.long_day(MOMENT, SYDNEY) == "Wednesday 25 November 2026"
    assert words.clock_time(MOMENT, ZoneInfo("America/New_York")) == "18:30"


@pytest.mark.parametrize(
    ("past", "written"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=14), "14 min ago"),
        (timedelta(minutes=150), "2 h ago"),
        (timedelta(hours=72), "3 days ago"),
        (timedelta(seconds=-5), "just now"),
    ],
)
def test_ago(past: timedelta, written: str) -> None:
    assert words.ago(MOMENT, MOMENT + past) == written
