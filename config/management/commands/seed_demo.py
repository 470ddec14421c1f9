"""`manage.py seed_demo`: two fictional salons with people, days and unfinished bookings, for the demo and for screenshots.

Reminders are switched ON for Bella Hair Co., so that a reminder is seen in the demo outbox; a real new business starts with both
channels off (S57), and Juniper & Co. keeps them off.

Refuses politely when a business is there already. What is in PostgreSQL is written in one transaction; the drafts follow, and a run
that was cut off before they were complete is finished by the next one.
"""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from business.models import Business
from config.demo import counters, days, house, waitlist
from config.demo.bella import BELLA
from config.demo.diary import with_time_off, write_time_off
from config.demo.juniper import JUNIPER
from config.demo.shapes import SalonSpec
from core import clock

SALONS = (BELLA, JUNIPER)


class Command(BaseCommand):
    help = "Writes the demo's two salons into an empty database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", help="The moment to count from, ISO 8601 with a zone; the present one by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = _moment(options["now"]) if options["now"] else clock.now()
        if Business.objects.exists():
            self.stdout.write("The demo data is already there.")
            return
        with transaction.atomic():
            password = house.password_hash()
            for spec in SALONS:
                _write_salon(spec, password, now)
        self.stdout.write(f"Demo data written: {', '.join(spec.name for spec in SALONS)}.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--now: {text!r} is no ISO 8601 moment.") from None
    if moment.tzinfo is None:
        raise CommandError("--now needs a zone, for example 2026-11-24T22:00:00+00:00.")
    return moment


def _write_salon(spec: SalonSpec, password_hash: str, now: datetime) -> None:
    salon = house.write(spec, now=now)
    house.write_staff(salon, password_hash=password_hash)
    write_time_off(salon, today=now.astimezone(salon.business.zone).date())
    diary = with_time_off(salon)
    written = days.write(salon, diary, now=now)
    counters.write(salon, written, now=now)
    waitlist.write(salon, now=now)
