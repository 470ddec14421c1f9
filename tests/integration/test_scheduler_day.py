"""The team's day: who works, what is booked, what is free; of one's own business only (S34, D15, D16)."""

from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from business.models import Client, TeamMember, WorkingHours
from core import identifiers
from scheduler import queries
from scheduler.models import Appointment, AppointmentLine, TimeOff
from tests.integration.test_free_times import WEDNESDAY, appointment, at
from tests.world import NOW

DAY = reverse("scheduler:day")


@pytest.fixture(autouse=True)
def _at_now(at):
    at(NOW)


def page(client, query: str = "") -> str:
    answer = client.get(f"{DAY}{query}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_without_sign_in_the_door_is_shown(client, world):
    assert client.get(DAY)["Location"] == "/login/?next=/scheduler/"


def test_today_with_appointments_and_free_times(rita, world):
    booked = appointment(world, world.maya, at(WEDNESDAY, 10), 75)
    AppointmentLine.objects.create(
        appointment=booked,
        service=world.colour,
        variant=world.colour_short,
        position=0,
        name="Colour",
        variant_name="Short hair",
        duration_min=75,
        price_minor=11000,
    )
    text = page(rita)
    assert "Wednesday 25 November 2026" in text
    assert f'id="appointment-{booked.pk}" href="{reverse("scheduler:edit", args=[booked.pk])}"' in text
    assert "Mia Chen" in text
    assert "Colour, Short hair" in text
    assert "Online" in text
    assert "Book 11:15 with Maya" in text
    assert "Book 10:30 with Maya" not in text
    assert "Book 10:30 with Tom" in text
    assert "Book 12:30 with Tom" not in text
    assert f"?day=2026-11-25&time=11:15&person={world.maya.pk}" in text


def test_places_of_blocks_are_classes_and_never_inline_styles(rita, world):
    appointment(world, world.maya, at(WEDNESDAY, 10, 10), 45)
    text = page(rita)
    assert "h-10 m-2 lh-0 lm-9 appointment" in text
    assert "style=" not in text


@pytest.mark.parametrize(("moment", "state"), [(at(WEDNESDAY, 9), "Online"), (at(WEDNESDAY, 10, 20), "Now"), (at(WEDNESDAY, 12), "Done")])
def test_the_state_of_an_appointment_is_a_word(client, world, at, moment, state):
    at(moment)
    client.force_login(world.rita)
    appointment(world, world.maya, at_ten(), 45)
    assert f"<span>{state}</span>" in page(client)


def at_ten() -> datetime:
    return at(WEDNESDAY, 10)


def test_past_times_of_today_cannot_be_booked_and_the_present_is_marked(client, world, at):
    at(NOW + timedelta(hours=2, minutes=2, seconds=30))
    client.force_login(world.rita)
    text = page(client)
    assert "Book 11:00 with Maya" not in text
    assert "Book 11:15 with Maya" in text
    assert 'class="now-line h-11 m-0' in text
    assert 'now-time h-11 m-0 lh-0 lm-1 num">11:02<' in text
    assert "now-line" not in page(client, "?day=2026-11-26")


def test_time_off_and_breaks_are_drawn_with_their_words(rita, world):
    TimeOff.objects.create(team_member=world.tom_member, starts=at(WEDNESDAY, 14), ends=at(WEDNESDAY, 15), reason="Dentist")
    text = page(rita)
    assert '<div class="away h-14 m-0 lh-1 lm-0"><span>Dentist</span>' in text
    assert '<div class="away h-12 m-6 lh-0 lm-6"><span>Break</span>' in text


def test_one_person(rita, world):
    text = page(rita, f"?person={world.tom_member.pk}")
    assert "Book 10:30 with Tom" in text
    assert "with Maya" not in text


def test_cancelled_ones_stand_apart(rita, world):
    appointment(world, world.maya, at(WEDNESDAY, 10), status="cancelled")
    text = page(rita)
    assert "1 cancelled or missed" in text
    assert "Book 10:00 with Maya" in text


def test_nobody_works_on_sunday(rita, world):
    text = page(rita, "?day=2026-11-29")
    assert "Nobody works on Sunday 29 November 2026" in text
    assert "Go to Mon 30 Nov" in text


def test_an_appointment_outside_hours_is_shown_all_the_same(rita, world):
    appointment(world, world.maya, at(date(2026, 11, 29), 20))
    text = page(rita, "?day=2026-11-29")
    assert "20:00</span> <strong>Mia Chen" in text
    assert "Not working, 1 booked" in text


def test_a_team_without_people(rita, world):
    TeamMember.objects.filter(business=world.bella).update(archived_at=NOW)
    assert "nobody in the team yet" in page(rita)


@pytest.mark.parametrize("query", ["?day=nonsense", "?day=0001-01-01", "?day=9999-12-31", "?day=2026-02-30"])
def test_a_date_that_cannot_be_read_is_today(rita, world, query):
    text = page(rita, query)
    assert "Wednesday 25 November 2026" in text
    assert "could not be read" in text


def test_previous_today_next(rita, world):
    text = page(rita, f"?day=2026-12-01&person={world.maya.pk}")
    assert f'href="?day=2026-11-30&person={world.maya.pk}"' in text
    assert f'href="?day=2026-12-02&person={world.maya.pk}"' in text
    assert f'href="?person={world.maya.pk}"' in text


def test_nothing_of_the_rival(rita, world):
    Appointment.objects.create(
        business=world.rival,
        client=world.rival_mia,
        team_member=world.rival_member,
        starts=at(WEDNESDAY, 10),
        ends=at(WEDNESDAY, 11),
        confirm_key=identifiers.new_uuid(),
        source="online",
        created_at=NOW,
    )
    for query in ("", f"?person={world.rival_member.pk}", "?person=x", "?person=99999999999999999999"):
        text = page(rita, query)
        assert "Rivalclient" not in text
        assert "Rivka" not in text
        assert "Book 10:30 with Maya" in text


@pytest.mark.s("S32", "S34")
def test_the_followups_button_and_the_panel_beside_the_day(rita, world):
    text = page(rita)
    assert "Follow-ups" in text
    assert 'id="followups"' not in text
    with_panel = page(rita, "?followups=incomplete")
    assert '<aside id="followups"' in with_panel
    assert f'href="{reverse("followups:panel")}?tab=incomplete"' in with_panel
    assert "?tab=waitlist" in page(rita, "?followups=waitlist")


@pytest.mark.s("S31", "S76", "S77")
def test_without_manage_waitlist_there_is_no_trace_of_followups(client, world):
    client.force_login(world.tom)
    text = page(client, "?followups=incomplete")
    assert "ollow-up" not in text.replace("followups:poll", "")
    assert "Notifications" not in text


def _fill(world, number: int) -> None:
    clients = Client.objects.bulk_create(Client(business=world.bella, first_name=f"Client {n}", created_at=NOW) for n in range(number))
    rows = [
        Appointment(
            business=world.bella,
            client=one,
            team_member=world.maya,
            starts=at(WEDNESDAY, 9) + timedelta(minutes=5 * n),
            ends=at(WEDNESDAY, 9) + timedelta(minutes=5 * n + 5),
            confirm_key=identifiers.new_uuid(),
            source="online",
            created_at=NOW,
        )
        for n, one in enumerate(clients)
    ]
    for row in Appointment.objects.bulk_create(rows):
        AppointmentLine.objects.create(appointment=row, service=world.cut, position=0, name="Hair cut", duration_min=5, price_minor=1)


def test_the_same_number_of_queries_with_one_and_with_many_appointments(rita, world):
    _fill(world, 1)
    page(rita)
    with CaptureQueriesContext(connection) as one:
        page(rita)
    Appointment.objects.all().delete()
    _fill(world, 90)
    for n in range(5):
        member = TeamMember.objects.create(business=world.bella, first_name=f"Extra {n}")
        WorkingHours.objects.create(team_member=member, weekday=2, starts=time(8), ends=time(20))
    with CaptureQueriesContext(connection) as many:
        page(rita)
    assert len(many) == len(one) <= 14


def test_a_day_with_a_clock_change_can_be_drawn(world):
    spring, autumn = date(2027, 10, 3), date(2027, 4, 4)
    for member in (world.maya, world.tom_member):
        WorkingHours.objects.create(team_member=member, weekday=6, starts=time(0), ends=time(23, 59))
    for day, missing in ((spring, "02:30"), (autumn, None)):
        drawn = queries.day_of(business=world.bella, team=[world.maya], members=[world.maya], day=day, now=NOW)
        walls = [entry.start.astimezone(world.bella.zone).strftime("%H:%M") for entry in drawn.lanes[0].entries]
        assert len(walls) == len(set(walls))
        assert missing not in walls
        assert (drawn.first_hour, drawn.last_hour) == (0, 24)
