"""The Celery app and the whole beat schedule: one line per sweep.

Beat only wakes sweeps up; every one of them is safe to run never, once or many times at once. There are no ETA tasks and no countdowns
(draft-lifecycle 8).
"""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("comeback")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_the_house_logging(**_: object) -> None:
    """Worker and beat log as settings.LOGGING says, like the web; without a receiver Celery would put its own in place."""


SWEEP_EVERY_SECONDS = 1.0
RECONCILE_EVERY_SECONDS = 30.0
PRUNE_EVERY_SECONDS = 3600.0

app.conf.beat_schedule = {
    "expire reviews": {
        "task": "followups.expire_reviews",
        "schedule": SWEEP_EVERY_SECONDS,
        "options": {"expires": 2 * SWEEP_EVERY_SECONDS},
    },
    "send queued reminders": {
        "task": "followups.send_queued",
        "schedule": SWEEP_EVERY_SECONDS,
        "options": {"expires": 2 * SWEEP_EVERY_SECONDS},
    },
    "reconcile messages": {
        "task": "messaging.reconcile",
        "schedule": RECONCILE_EVERY_SECONDS,
        "options": {"expires": 2 * RECONCILE_EVERY_SECONDS},
    },
    "forget messages that have had their time": {
        "task": "messaging.prune",
        "schedule": PRUNE_EVERY_SECONDS,
        "options": {"expires": 2 * PRUNE_EVERY_SECONDS},
    },
    "forget sign-in codes that have had their time": {
        "task": "booking.prune",
        "schedule": PRUNE_EVERY_SECONDS,
        "options": {"expires": 2 * PRUNE_EVERY_SECONDS},
    },
}
