"""A door for beat: forget sign-in codes, counters and sessions that have had their time."""

from celery import shared_task

from booking import signin
from core import clock


@shared_task(name="booking.prune")
def prune(**_: object) -> None:
    signin.prune(now=clock.now())
