"""The one clock: PostgreSQL's time plus, in the demo, the demo clock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from business.models import DemoClock
from config import timesource
from core import clock


@pytest.fixture(autouse=True)
def _read_again():
    timesource.forget()
    yield
    timesource.forget()


@pytest.mark.django_db(transaction=True)
def test_the_demo_clock_moves_every_reading(settings) -> None:
    settings.DEMO = True
    before = timesource.offset()
    DemoClock.objects.create(offset_seconds=600)
    timesource.forget()
    assert timesource.offset() - before == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_without_the_demo_its_clock_is_not_read(settings) -> None:
    settings.DEMO = False
    DemoClock.objects.create(offset_seconds=600)
    assert timesource.offset() < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_a_reading_is_kept_for_a_while(settings, django_assert_num_queries, monkeypatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(timesource._demo, "every", timesource.MEASURE_EVERY_SECONDS)  # longer than a busy machine stands still
    timesource.offset()
    with django_assert_num_queries(0):
        timesource.offset()


@pytest.mark.django_db(transaction=True)
def test_postgres_away_keeps_the_last_offset(settings) -> None:
    settings.DEMO = True
    DemoClock.objects.create(offset_seconds=600)
    timesource.forget()
    known = timesource.offset()
    timesource.forget()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE business_democlock RENAME TO business_democlock_away")
    try:
        assert timesource.offset() == pytest.approx(known, abs=timedelta(seconds=1))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE business_democlock_away RENAME TO business_democlock")


def test_now_is_cut_to_what_mongodb_keeps() -> None:
    clock.install_offset(lambda: timedelta(0))
    before = datetime.now(UTC)
    try:
        moment = clock.now()
    finally:
        clock.install_offset(timesource.offset)
    assert moment.microsecond % 1000 == 0
    assert before - timedelta(milliseconds=1) < moment <= datetime.now(UTC)
