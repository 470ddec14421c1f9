"""Book for client: prefilled from the card, saved as an appointment, the draft converted."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from drafts.document import DraftState, ServiceChoice
from followups import tasks
from messaging.models import StaffNotice
from scheduler import actions as calendar
from scheduler import queries as appointments
from scheduler.models import Appointment
from tests.leaving import OVER, TEN, again, counted, leave, mongo_away
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


def url(draft):
    return reverse("followups:book", args=[draft.id])


def typed(world, draft, **changes):
    """What Save sends."""
    return {
        "key": str(uuid4()), "engagement": draft.engagement, "client": world.mia.pk, "service": [world.cut.pk], "person": world.maya.pk,
        "day": "2026-11-25", "time": "13:00", "note": "",
    } | changes  # fmt: skip


def chosen(html) -> list[str]:
    return re.findall(r'<option value="([^"]+)" selected', html)


def book(world, draft=None, **changes):
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    return calendar.book(
        **{
            "business": world.bella, "client": world.mia, "members": [world.maya], "start": NOW + timedelta(hours=4), "lines": lines,
            "confirm_key": uuid4(), "now": OVER, "source": "online", "mirrored": False, "draft_id": draft.id if draft else "",
            "engagement": 1 if draft else None,
        } | changes,
    ).appointment  # fmt: skip


@pytest.mark.s("S43")
def test_the_form_is_prefilled_with_client_services_variant_person_date_and_time(world, at, rita):
    colour = ServiceChoice(world.colour.pk, world.colour_long.pk, "Colour", 120, 16000)
    draft = leave(world, services=(colour,), team_member_id=world.maya.pk, notes="Side gate")
    at(OVER)
    html = rita.get(url(draft)).content.decode()
    assert chosen(html) == [f"{world.colour.pk}.{world.colour_long.pk}", str(world.maya.pk)]
    assert 'name="day" value="2026-11-25"' in html
    assert 'name="time" step="300" value="13:00"' in html
    assert "Mia Chen" in html
    assert ">Side gate</textarea>" in html


@pytest.mark.s("S44")
def test_any_team_member_prefills_nobody(world, at, rita):
    draft = leave(world)
    at(OVER)
    assert chosen(rita.get(url(draft)).content.decode()) == [str(world.cut.pk)]


@pytest.mark.s("S45")
def test_archived_services_are_skipped_silently(world, at, rita):
    cut = ServiceChoice(world.cut.pk, None, "Hair cut", 45, 6200)
    draft = leave(world, services=(cut, ServiceChoice(world.toner.pk, None, "Toner", 30, 4000)))
    world.cut.archived_at = NOW
    world.cut.save()
    at(OVER)
    response = rita.get(url(draft))
    assert response.status_code == 200
    assert chosen(response.content.decode()) == [str(world.toner.pk)]


def test_opening_the_form_changes_nothing(world, at, rita):
    draft = leave(world)
    at(OVER)
    rita.get(url(draft))
    assert again(draft) == draft


@pytest.mark.s("D8", "S72", "D17")
def test_saving_books_converts_and_records_who_and_how(world, at, rita):
    draft = leave(world)
    at(OVER)
    response = rita.post(url(draft), typed(world, draft))
    appointment = Appointment.objects.get()
    assert response.status_code == 302
    assert response.url == f"/scheduler/?day=2026-11-25&followups=incomplete#appointment-{appointment.pk}"
    assert (appointment.booked_by, appointment.source, appointment.recovered) == (world.rita, "staff", "staff")
    assert (appointment.draft_id, appointment.engagement, appointment.mirrored) == (draft.id, 1, True)
    closed = again(draft)
    assert (closed.status, closed.closed.by, closed.closed.appointment_id) == (DraftState.CONVERTED, str(world.rita.pk), appointment.pk)
    names = ("captured", "recovered", "recovered_staff", "recovered_value_minor")
    assert [counted(world.bella, name) for name in names] == [1, 1, 1, 6200]


@pytest.mark.s("D17")
def test_the_sweep_afterwards_counts_nothing_twice(world, at, rita):
    draft = leave(world)
    at(OVER)
    rita.post(url(draft), typed(world, draft))
    tasks.expire_reviews()
    assert counted(world.bella, "captured") == 1
    assert StaffNotice.objects.count() == 1


def test_pressing_save_twice_books_once(world, at, rita):
    draft = leave(world)
    at(OVER)
    same = typed(world, draft)
    first, second = rita.post(url(draft), same), rita.post(url(draft), same)
    assert first.url == second.url
    assert (Appointment.objects.count(), counted(world.bella, "recovered")) == (1, 1)


def test_the_card_books_its_own_client_whoever_is_posted(world, at, rita):
    draft = leave(world)
    at(OVER)
    rita.post(url(draft), typed(world, draft, client=world.noa.pk))
    assert Appointment.objects.get().client == world.mia


def test_a_time_taken_meanwhile_is_a_conflict_that_keeps_everything(world, at, rita):
    draft = leave(world)
    at(OVER)
    book(world, client=world.noa)
    response = rita.post(url(draft), typed(world, draft, note="Keep me"))
    html = response.content.decode()
    assert response.status_code == 409
    assert "That time is taken." in html
    assert ">Keep me</textarea>" in html
    assert str(world.maya.pk) in chosen(html)
    assert "Wed 25 Nov, 13:45 with Maya" in html
    assert again(draft).open
    assert counted(world.bella, "recovered") == 0


def test_what_is_missing_is_said_and_the_rest_kept(world, at, rita):
    draft = leave(world)
    at(OVER)
    response = rita.post(url(draft), typed(world, draft, person="", note="Keep me"))
    assert response.status_code == 422
    assert "Choose who does it." in response.content.decode()
    assert ">Keep me</textarea>" in response.content.decode()


@pytest.mark.s("D8")
def test_the_client_confirmed_meanwhile_is_said_and_nothing_is_booked_twice(world, at, rita):
    draft = leave(world)
    at(OVER)
    book(world, draft)
    at(OVER + timedelta(seconds=90))
    response = rita.post(url(draft), typed(world, draft, time="15:00"))
    assert response.status_code == 409
    text = " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())
    assert "Mia Chen booked 1 min ago: Wed 25 Nov, 13:00 with Maya." in text
    assert Appointment.objects.count() == 1


def test_a_client_who_is_back_is_not_booked_over(world, at, rita):
    draft = leave(world)
    at(OVER)
    leave(world, now=OVER)
    response = rita.post(url(draft), typed(world, draft))
    assert response.status_code == 409
    assert Appointment.objects.count() == 0


def test_a_later_engagement_than_the_one_on_the_page_is_not_booked_over(world, at, rita):
    draft = leave(world)
    leave(world, now=OVER)
    at(OVER + TEN + TEN)
    assert rita.post(url(draft), typed(world, draft, engagement=1)).status_code == 409
    assert Appointment.objects.count() == 0


def test_mongodb_away_keeps_what_was_typed(world, at, rita):
    draft = leave(world)
    at(OVER)
    with mongo_away():
        response = rita.post(url(draft), typed(world, draft, note="Keep me"))
        assert rita.get(url(draft)).status_code == 503
    assert response.status_code == 503
    assert ">Keep me</textarea>" in response.content.decode()
    assert Appointment.objects.count() == 0


def test_another_businesss_draft_is_not_found(world, at, rita):
    draft = leave(world, world.rival_mia)
    at(OVER)
    assert rita.get(url(draft)).status_code == rita.get(url(draft).replace("d_", "d_x")).status_code == 404
