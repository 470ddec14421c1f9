"""How often somebody may do something, counted in Redis. Redis away or slow: nothing is refused (promises 46, faults P0).

Limits that guard money or sign-in are not here: they are counted in PostgreSQL, where a flush resets nothing.
"""

import logging
import threading
import time

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

logger = logging.getLogger(__name__)

RULES: dict[str, RateLimitItem] = {
    "capture": RateLimitItemPerMinute(30, namespace="capture"),
    "confirm": RateLimitItemPerMinute(10, namespace="confirm"),
    "waitlist": RateLimitItemPerMinute(10, namespace="waitlist"),
    "slots": RateLimitItemPerMinute(120, namespace="slots"),
    "session": RateLimitItemPerMinute(60, namespace="session"),
    "panel": RateLimitItemPerMinute(60, namespace="panel"),
}
TIMEOUT_SECONDS = 0.2
REST_SECONDS = 10.0

_lock = threading.Lock()
_limiter: SlidingWindowCounterRateLimiter | None = None
_resting_until = float("-inf")


def retry_after(rule: str, subject: str) -> int:
    """Count one more `rule` of `subject`: 0 when it may go on, otherwise the seconds until it may. Waits 0.2 s for Redis at most."""
    global _resting_until  # noqa: PLW0603 - one breaker per process
    if time.monotonic() < _resting_until:
        return 0
    item = RULES[rule]
    try:
        limiter = connect()
        if limiter.hit(item, subject):
            return 0
        return max(1, round(limiter.get_window_stats(item, subject).reset_time - time.time()))  # noqa: TID251 - Redis's own clock
    except StorageError:
        logger.warning("limits: Redis did not answer, nothing is refused for %d s", int(REST_SECONDS))
        _resting_until = time.monotonic() + REST_SECONDS
        return 0


def connect() -> SlidingWindowCounterRateLimiter:
    """The limiter of this process. Loads Redis's client, which takes a while; speaks to Redis only when it counts."""
    global _limiter  # noqa: PLW0603 - one connection pool per process
    with _lock:
        if _limiter is None:
            storage = RedisStorage(
                settings.REDIS_URL,
                wrap_exceptions=True,
                key_prefix="limits",
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
            )
            _limiter = SlidingWindowCounterRateLimiter(storage)
        return _limiter
