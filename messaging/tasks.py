"""Doors for beat: settle what is unsettled, forget what has had its time."""

from celery import shared_task

from core import clock
from messaging import actions, outbox


@shared_task(name="messaging.reconcile")
def reconcile(**_: object) -> None:
    outbox.reconcile(now=clock.now())


@shared_task(name="messaging.prune")
def prune(**_: object) -> None:
    actions.prune(now=clock.now())
