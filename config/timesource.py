"""How far this process's clock is from the house's one clock: PostgreSQL's, plus the demo clock with DEMO=1 (draft-lifecycle 1.5)."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection

from business.models import DemoClock

logger = logging.getLogger(__name__)

MEASURE_EVERY_SECONDS = 30.0
DEMO_EVERY_SECONDS = 1.0


class _Reading:
    """A value read again when it is older than `every` seconds; a failed read keeps the last value."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.value = timedelta(0)
        self.read_at = float("-inf")

    def is_due(self) -> bool:
        return time.monotonic() - self.read_at >= self.every

    def put(self, value: timedelta) -> None:
        self.value, self.read_at = value, time.monotonic()


_lock = threading.Lock()
_to_postgres = _Reading(MEASURE_EVERY_SECONDS)
_demo = _Reading(DEMO_EVERY_SECONDS)


def _measure() -> timedelta:
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    after = datetime.now(UTC)
    # Half the round trip is the best guess of when the server looked; differences below it are noise.
    apart = theirs - (before + (after - before) / 2)
    return apart if abs(apart) > max(after - before, timedelta(milliseconds=50)) else timedelta(0)


def _read_demo() -> timedelta:
    seconds = DemoClock.objects.filter(pk=1).values_list("offset_seconds", flat=True).first()
    return timedelta(seconds=seconds or 0)


def offset() -> timedelta:
    """The sum of both differences, from readings at most 30 s (PostgreSQL) and 1 s (demo) old. Never raises."""
    with _lock:
        try:
            if _to_postgres.is_due() and not connection.in_atomic_block:
                _to_postgres.put(_measure())
            if settings.DEMO and _demo.is_due() and not connection.in_atomic_block:
                _demo.put(_read_demo())
        except DatabaseError:
            logger.warning("clock: PostgreSQL did not answer, keeping the last offset")
            _to_postgres.put(_to_postgres.value)
            _demo.put(_demo.value)
        return _to_postgres.value + (_demo.value if settings.DEMO else timedelta(0))


def forget() -> None:
    """Read both again at the next call: after the demo clock was moved in this process."""
    with _lock:
        _to_postgres.read_at = _demo.read_at = float("-inf")
