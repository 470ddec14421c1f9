"""The only place that reads the time.

Doors (views, tasks, webhooks, commands) call `now()` once per pass and hand the value down; everything below is told the time.
`config` installs an offset source at start: the difference to PostgreSQL's clock plus, with DEMO=1, the demo clock.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

OffsetSource = Callable[[], timedelta]


def _no_offset() -> timedelta:
    return timedelta(0)


_offset_source: OffsetSource = _no_offset


def install_offset(source: OffsetSource) -> None:
    """Let every later `now()` add what `source()` returns. Called once, by config, at start."""
    global _offset_source  # noqa: PLW0603 - one clock per process is the point
    _offset_source = source


def now() -> datetime:
    """The present moment: aware, UTC, cut to milliseconds, because that is what MongoDB keeps.

    Cutting here means that a moment compared with its stored self is equal.
    """
    offset = _offset_source()
    moment = datetime.now(UTC) + offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
