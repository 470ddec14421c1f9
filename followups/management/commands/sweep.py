"""`manage.py sweep`: one pass over everything that is due. `--loop` keeps going and replaces worker and beat: no Celery, no Redis."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from core import clock
from followups import outreach, sweep
from messaging import outbox

logger = logging.getLogger(__name__)

RECONCILE_SECONDS = 30.0
SEND_AT_ONCE = 100


class Command(BaseCommand):
    help = "End review sessions that are over, ring bells, hand over, send and reconcile reminders: once, or until stopped with --loop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Keep going until stopped. Needs neither Celery nor Redis.")

    def handle(self, *, loop: bool, **_: object) -> None:
        if not loop:
            sweep.sweep(now=clock.now())
            while outreach.deliver_queued(now=clock.now(), limit=1):
                pass
            outbox.reconcile(now=clock.now())
            return
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
        # Provider calls may take 15 s; in a thread of their own they hold nobody's expiry up.
        others = [
            threading.Thread(target=_repeat, args=(stop, _send, sweep.TICK_SECONDS), daemon=True),
            threading.Thread(target=_repeat, args=(stop, _reconcile, RECONCILE_SECONDS), daemon=True),
        ]
        for thread in others:
            thread.start()
        try:
            _repeat(stop, lambda: _expire(stop), sweep.TICK_SECONDS)
        except KeyboardInterrupt:
            stop.set()


def _expire(stop: threading.Event) -> None:
    sweep.stay_awake(read_clock=clock.now, pause=stop.wait, seconds=sweep.TICK_SECONDS)
    sweep.show_life(name="expire_reviews", now=clock.now())


def _send() -> None:
    for _ in range(SEND_AT_ONCE):
        if not outreach.deliver_queued(now=clock.now(), limit=1):
            break
    sweep.show_life(name="send_queued", now=clock.now())


def _reconcile() -> None:
    outbox.reconcile(now=clock.now())


def _repeat(stop: threading.Event, work: Callable[[], None], seconds: float) -> None:
    """Do it again and again, about every `seconds`. A database that is away is waited for; anything else is told and survived."""
    while not stop.is_set():
        close_old_connections()
        try:
            work()
        except sweep.AWAY as error:
            logger.warning("Waiting for a database: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a loop that ends at the first surprise helps nobody
            logger.error("A pass failed: %s", type(error).__name__)  # noqa: TRY400 - a trace may hold a name
        stop.wait(seconds)
