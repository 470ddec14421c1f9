"""What beat wakes up. Both are safe to run never, once or many times at once; neither is needed for the panel to be right."""

import logging
import threading
from time import monotonic

from celery import shared_task

from core import clock
from followups import outreach, sweep

logger = logging.getLogger(__name__)

SWEEPER = threading.Lock()
SENDERS = threading.BoundedSemaphore(2)


@shared_task(name="followups.expire_reviews")
def expire_reviews(**_: object) -> None:
    """Sweep, and stay awake until the next due date inside this tick. The only task that stays awake (draft-lifecycle 8).

    One at a time in a worker: in a burst, a tick that starts beside a busy one would only take the same batch twice.
    """
    if not SWEEPER.acquire(blocking=False):
        return
    try:
        sweep.stay_awake(read_clock=clock.now, pause=threading.Event().wait, seconds=sweep.TICK_SECONDS)
        sweep.show_life(name="expire_reviews", now=clock.now())
    except sweep.AWAY as error:
        logger.warning("The sweep waits for a database: %s", type(error).__name__)
    finally:
        SWEEPER.release()


@shared_task(name="followups.send_queued")
def send_queued(**_: object) -> None:
    """Send what is queued, for about a tick. At most two at once, so that a slow provider leaves threads for the sweep."""
    if not SENDERS.acquire(blocking=False):
        return
    try:
        ends = monotonic() + sweep.TICK_SECONDS
        while outreach.deliver_queued(now=clock.now(), limit=1) and monotonic() < ends:
            pass
        sweep.show_life(name="send_queued", now=clock.now())
    except sweep.AWAY as error:
        logger.warning("Reminders wait for a database: %s", type(error).__name__)
    finally:
        SENDERS.release()
