"""`manage.py seed_demo`: two fictional salons with people, days and unfinished bookings, for the demo and for screenshots.

Reminders are switched ON for Bella Hair Co., so that a reminder is seen in the demo outbox; a real new business starts with both
channels off (S57), and Juniper & Co. keeps them off. With a real provider in the settings they stay off for Bella, too: nothing is ever
sent to the numbers of the demo's people.

Only with DEMO=1, because everybody knows the password. Where a business is there already nothing is written, except that a demo of
an earlier day gets new unfinished bookings once the old ones are gone. What PostgreSQL holds is written in one transaction; the drafts
follow, and a run that was cut off among them is finished by the next one.
"""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from business.actions import audit
from business.models import AuditEvent, Business
from config.demo import counters, days, house, refresh, story, waitlist
from config.demo.bella import BELLA
from config.demo.diary import with_team, write_time_off
from config.demo.juniper import JUNIPER
from config.demo.shapes import SalonSpec
from core import clock
from drafts.document import DraftsUnavailable

SALONS = (BELLA, JUNIPER)
DEMO_TRANSPORT = "messaging.demo_outbox.DemoOutbox"


class Command(BaseCommand):
    help = "Writes the demo's two salons into an empty database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", help="The moment to count from, ISO 8601 with a zone; the present one by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("seed_demo is for the demo: its sign-ins have a password everybody knows. Set DEMO=1.")
        now = _moment(options["now"]) if options["now"] else clock.now()
        try:
            self.stdout.write(self._seed_or_refresh(now))
        except DraftsUnavailable:
            raise CommandError("MongoDB went away before the drafts were complete. Run seed_demo again to finish.") from None

    def _seed_or_refresh(self, now: datetime) -> str:
        empty = not Business.objects.exists()
        if not empty and not _is_half_done():
            return "The demo data was brought up to today." if refresh.refresh(SALONS, now=now) else "The demo data is already there."
        call_command("ensure_draft_indexes", stdout=self.stdout)
        if empty:
            _write_salons(now)
        _write_drafts(afresh=empty, now=now)
        return f"Demo data written: {', '.join(spec.name for spec in SALONS)}."


def _is_half_done() -> bool:
    """Both salons stand and nothing else, but their drafts were never completed."""
    standing = set(Business.objects.values_list("slug", flat=True))
    return standing == {spec.slug for spec in SALONS} and not AuditEvent.objects.filter(action=refresh.SEEDED).exists()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--now: {text!r} is no ISO 8601 moment.") from None
    if moment.tzinfo is None:
        raise CommandError("--now needs a zone, for example 2026-11-24T22:00:00+00:00.")
    return moment


@transaction.atomic
def _write_salons(now: datetime) -> None:
    hashed = house.password_hash()
    for spec in SALONS:
        _write_salon(spec, hashed, now)


def _write_drafts(*, afresh: bool, now: datetime) -> None:
    salons = [house.load(spec) for spec in SALONS]
    story.play(salons, afresh=afresh, now=now)
    for salon in salons:
        audit(business=salon.business, actor=None, action=refresh.SEEDED, object_id=salon.spec.slug, now=now)


def _write_salon(spec: SalonSpec, password_hash: str, now: datetime) -> None:
    salon = house.write(spec, now=now)
    house.write_staff(salon, password_hash=password_hash)
    if spec.reminders_on and set(settings.MESSAGING_TRANSPORTS.values()) == {DEMO_TRANSPORT}:
        house.switch_reminders_on(salon.business, now=now)
    today = now.astimezone(salon.business.zone).date()
    write_time_off(salon, today=today)
    diary = with_team(salon)
    story.reserve(salon, diary, today=today)
    written = days.write(salon, diary, now=now)
    counters.write(salon, written, now=now)
    waitlist.write(salon, now=now)
