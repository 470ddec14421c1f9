"""The check of what the two databases say about each other, content with a working house and naming each breach."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from business.models import Channel
from drafts import actions as drafts
from followups import sweep
from messaging.models import Message, StaffNotice
from scheduler.models import Appointment
from tests.leaving import OVER, leave, mongo_away, switch_on
from tests.world import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]
LATER = OVER + timedelta(minutes=2)


def _says(at, moment) -> str:
    at(moment)
    out = StringIO()
    call_command("followups_fsck", stdout=out)
    return out.getvalue()


def _booked_from(draft, world: World, *, engagement: int) -> Appointment:
    return Appointment.objects.create(
        business=world.bella,
        client=world.mia,
        team_member=world.maya,
        starts=NOW + timedelta(hours=4),
        ends=NOW + timedelta(hours=5),
        confirm_key=draft.flow,
        source="online",
        draft_id=draft.id,
        engagement=engagement,
        created_at=OVER,
    )


def test_a_house_in_order_has_nothing_to_tell(world, at):
    switch_on(world.bella, Channel.SMS)
    leave(world)
    sweep.sweep(now=OVER)
    assert _says(at, LATER) == "Follow-ups: every invariant holds.\n"


def test_i3_a_missing_bell_is_named(world, at):
    draft = leave(world)
    sweep.sweep(now=OVER)
    StaffNotice.objects.all().delete()
    assert _says(at, OVER + timedelta(seconds=30))
    with pytest.raises(CommandError, match=f"I3: draft {draft.id} is incomplete without a bell for engagement 1"):
        _says(at, LATER)


def test_i5_a_message_that_never_ended_is_named(world, at):
    switch_on(world.bella, Channel.SMS)
    leave(world)
    sweep.sweep(now=OVER)
    message = Message.objects.get()
    with pytest.raises(CommandError, match=f"I5: message {message.pk} is still queued"):
        _says(at, OVER + timedelta(minutes=61))


def test_i7_a_draft_that_outlived_its_appointment_is_named(world, at):
    draft = leave(world)
    sweep.sweep(now=OVER)
    appointment = _booked_from(draft, world, engagement=1)
    with pytest.raises(CommandError, match=f"I7: draft {draft.id} is incomplete although appointment {appointment.pk}"):
        _says(at, LATER)
    drafts.mark_converted(
        business_id=world.bella.pk, client_id=world.mia.pk, draft_id=draft.id, engagement=1, confirm_key=draft.flow,
        appointment_id=appointment.pk, by="client", appointment_created_at=OVER, now=LATER,
    )  # fmt: skip
    assert _says(at, LATER)


def test_i7_a_client_who_came_back_is_no_breach(world, at):
    first = leave(world)
    sweep.sweep(now=OVER)
    _booked_from(first, world, engagement=0)
    assert _says(at, LATER)


def test_mongodb_out_of_reach_is_said(world, at):
    with mongo_away(), pytest.raises(CommandError, match="Follow-ups were not checked"):
        _says(at, LATER)
