"""`check_invariants` is silent on healthy data and names each thing that is broken by hand."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from drafts import actions as drafts
from followups import tasks
from messaging.models import Message, StaffNotice
from scheduler.models import Appointment
from tests.integration.test_expire_reviews import book
from tests.leaving import OVER, leave, mongo_away, switch_on
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def healthy(world, mongo, at):
    """Two drafts swept, one booking from a third engagement of its own."""
    switch_on(world.bella, "sms")
    draft = leave(world)
    leave(world, world.noa)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    at(OVER + timedelta(minutes=5))
    return draft


def complaints(capsys) -> str:
    with pytest.raises(CommandError):
        call_command("check_invariants")
    return capsys.readouterr().out


def test_healthy_data_is_told_so(healthy, capsys):
    call_command("check_invariants")
    assert capsys.readouterr().out == "All invariants hold.\n"


def test_a_missing_bell(healthy, capsys):
    StaffNotice.objects.filter(draft_id=healthy.id).delete()
    assert complaints(capsys) == f"I3: draft {healthy.id} is incomplete without a bell for engagement 1\n"


def test_a_status_that_does_not_match(healthy, mongo, capsys):
    mongo.command("collMod", "booking_drafts", validationLevel="off")
    mongo.booking_drafts.update_one({"_id": healthy.id}, {"$set": {"open": False}})
    assert f"I2: open does not match the status: {healthy.id}" in complaints(capsys)


def test_a_message_that_never_ends(healthy, at, capsys):
    Message.objects.update(state="unknown")
    at(OVER + timedelta(hours=2))
    assert complaints(capsys).count("I5: message") == 2


def test_a_booking_that_its_draft_never_heard_of(healthy, world, at, capsys):
    appointment = book(world, healthy, now=OVER, mirrored=True)
    at(OVER + timedelta(minutes=5))
    assert f"I7: draft {healthy.id} is incomplete although appointment {appointment.pk} was made from it" in complaints(capsys)
    drafts.mark_converted(made=appointment, now=OVER)
    call_command("check_invariants")


def test_two_appointments_at_once_where_the_constraint_is_gone(world, mongo, capsys):
    first = book(world, None, now=NOW, draft_id="")
    with connection.cursor() as cursor:  # undone with the test's transaction
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE scheduler_appointment DROP CONSTRAINT no_double_booking")
    twin = Appointment.objects.get(pk=first.pk)
    twin.pk, twin.confirm_key = None, "00000000-0000-4000-8000-000000000077"
    twin.save()
    assert f"I9: appointments {first.pk} and {twin.pk} overlap" in complaints(capsys)


def test_a_bell_that_is_a_minute_late_is_no_breach_yet(healthy, at, capsys):
    StaffNotice.objects.all().delete()
    at(OVER + timedelta(seconds=30))
    call_command("check_invariants")


def test_a_client_who_came_back_after_booking_is_no_breach(world, mongo, at):
    draft = leave(world)
    book(world, draft, now=OVER, mirrored=True)
    leave(world, now=OVER + timedelta(seconds=1))
    at(OVER + timedelta(minutes=5))
    call_command("check_invariants")


def test_mongodb_away_is_one_sentence(world, mongo):
    with mongo_away(), pytest.raises(CommandError, match="cannot be read right now"):
        call_command("check_invariants")
