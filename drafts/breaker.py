"""A booking page never waits long for MongoDB twice: the circuit breaker of the web process, and the one place that translates its errors.

After any failure it rests for a second, so that one page that asks MongoDB twice waits once. Five failures within 10 s open it for 15 s,
in which every call raises DraftsUnavailable at once; then one call may try (draft-lifecycle 8).
A process that gives MongoDB much time, such as a worker, keeps none: nobody waits for it, and it should notice the first good second.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from pymongo.errors import ConnectionFailure, PyMongoError

from drafts.document import DraftsUnavailable

FAILURES = 5
WITHIN_SECONDS = 10.0
OPEN_SECONDS = 15.0
REST_SECONDS = 1.0
PATIENT_FROM_MS = 2000


class Breaker:
    """Thread-safe. `clock` is a monotonic clock in seconds: calendars, and so `core.clock`, may step back."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._open_until: float | None = None
        self._rest_until = float("-inf")

    def enter(self) -> None:
        """Before a call. Raises DraftsUnavailable while at rest or open; after that lets one caller through per OPEN_SECONDS, to try."""
        with self._lock:
            if self._clock() < self._rest_until:
                raise DraftsUnavailable("MongoDB failed a moment ago.")
            if self._open_until is None:
                return
            if self._clock() < self._open_until:
                raise DraftsUnavailable("MongoDB failed repeatedly a moment ago.")
            self._open_until = self._clock() + OPEN_SECONDS

    def succeeded(self) -> None:
        """After a call that MongoDB answered."""
        with self._lock:
            self._open_until = None
            self._rest_until = float("-inf")
            self._failures.clear()

    def failed(self) -> None:
        """After a call that MongoDB did not answer in time."""
        with self._lock:
            moment = self._clock()
            self._failures.append(moment)
            self._rest_until = moment + REST_SECONDS
            if len(self._failures) == FAILURES and moment - self._failures[0] <= WITHIN_SECONDS:
                self._open_until = moment + OPEN_SECONDS


breaker = Breaker()


@contextmanager
def guarded() -> Iterator[None]:
    """Around every use of the driver: its errors become DraftsUnavailable, and the breaker learns from them."""
    impatient = settings.MONGO_TIMEOUT_MS < PATIENT_FROM_MS
    if impatient:
        breaker.enter()
    try:
        yield
    except PyMongoError as error:
        if impatient and (error.timeout or isinstance(error, ConnectionFailure)):
            breaker.failed()
        elif impatient:
            breaker.succeeded()
        # The driver's own text may quote the document, and with it the client's note: it goes into no log.
        raise DraftsUnavailable(f"MongoDB: {type(error).__name__}, code {getattr(error, 'code', None)}") from None
    if impatient:
        breaker.succeeded()
