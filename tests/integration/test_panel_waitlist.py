"""The Waitlist tab: who waits, openings now, book, edit, remove, add."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from business.models import Client
from scheduler import actions as calendar
from scheduler import queries as appointments
from scheduler.actions import Window
from scheduler.models import Appointment, TimeOff, WaitlistEntry
from tests.integration.test_free_times import at as at_hour
from tests.integration.test_panel_incomplete import fragment, words
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]
WAITLIST = "/followups/?tab=waitlist"
THURSDAY = date(2026, 11, 26)
MORNING = (Window(THURSDAY, THURSDAY, time(10), time(12)),)


@pytest.fixture
def rita(rita, at):
    at(NOW + timedelta(seconds=1))
    return rita


def wait(world, client=None, *, member=None, windows=MORNING, note="After school", service=None):
    client = client or world.mia
    business, cut = (world.bella, world.cut) if client.business == world.bella else (world.rival, world.rival_cut)
    lines = appointments.resolve(business=business, services=[service or (cut.pk, None)]).lines
    return calendar.join_waitlist(
        business=business, client=client, lines=lines, windows=windows, member=member, note=note, source="online", now=NOW
    )


def typed(world, **changes):
    return {
        "find": "Noa", "client": world.noa.pk, "service": [f"{world.colour.pk}.{world.colour_short.pk}"], "person": "",
        "first_day": ["2026-11-26"], "last_day": [""], "from_time": ["09:00"], "to_time": [""], "note": "",
    } | changes  # fmt: skip


@pytest.mark.s("S35")
def test_a_card_tells_who_what_when_with_whom_and_what_is_open_now(world, rita):
    wait(world)
    text = words(rita.get(WAITLIST))
    for said in (
        "Mia Chen",
        "0491 570 006",
        "Hair cut",
        "With any team member · 45 min",
        "Thu 26 Nov, from 10:00 until 12:00",
        "After school",
    ):
        assert said in text
    assert "Open now Thu 26 Nov, 10:00 Maya Thu 26 Nov, 10:15 Maya Thu 26 Nov, 11:00 Maya" in text


def test_openings_respect_the_person_and_what_is_booked(world, rita):
    wait(world, member=world.maya)
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    for hour in (23, 24):  # 10:00 and 11:00 on Thursday in Sydney
        calendar.book(
            business=world.bella, client=world.noa, members=[world.maya], start=NOW.replace(hour=0) + timedelta(days=1, hours=hour),
            lines=lines, confirm_key=uuid4(), now=NOW, source="online", mirrored=True,
        )  # fmt: skip
    text = words(rita.get(WAITLIST))
    assert "Open now Thu 26 Nov, 11:45 Maya" in text
    assert "10:00 Maya" not in text


def test_whoever_comes_before_two_is_offered_nothing_at_two(world, rita):
    for member in (world.maya, world.tom_member):
        TimeOff.objects.create(team_member=member, starts=at_hour(THURSDAY, 0), ends=at_hour(THURSDAY, 14))
    wait(world, windows=[Window(THURSDAY, THURSDAY, None, time(14))])
    assert "Open now" not in words(rita.get(WAITLIST))
    wait(world, world.noa, windows=[Window(THURSDAY, THURSDAY, None, time(14, 15))])
    assert "Open now Thu 26 Nov, 14:00" in words(rita.get(WAITLIST))


def test_nothing_open_is_said(world, rita):
    wait(world, windows=(Window(date(2026, 11, 29), date(2026, 11, 29)),))
    assert "Nothing open yet" in words(rita.get(WAITLIST)), "nobody works on Sundays"


def retire_service(world):
    type(world.colour).objects.filter(pk=world.colour.pk).update(archived_at=NOW)


def retire_variant(world):
    type(world.colour_short).objects.filter(pk=world.colour_short.pk).update(archived_at=NOW)


def give_variants(world):
    """What was one service is asked for by its variant now."""
    WaitlistEntry.objects.get().lines.update(variant=None)


@pytest.mark.parametrize("change", [retire_service, retire_variant, give_variants])
def test_what_is_no_longer_offered_as_it_was_wanted_claims_no_opening(world, rita, change):
    entry = wait(world, service=(world.colour.pk, world.colour_short.pk))
    assert "Open now Thu 26 Nov, 10:00 Maya" in words(rita.get(WAITLIST))
    change(world)
    text = words(rita.get(WAITLIST))
    assert "no longer offered" in text
    assert "Not all of it is offered any more: edit it to see openings" in text
    assert "Open now" not in text
    assert "no longer offered" in words(rita.get(reverse("followups:waitlist-book", args=[entry.pk])))


def test_the_empty_state_says_what_will_appear_and_the_one_thing_to_do(world, rita):
    text = words(rita.get(WAITLIST))
    assert "Nobody waits for a time." in text
    assert "Add to waitlist" in text


def test_an_opening_prefills_the_form_and_saving_closes_the_entry(world, rita):
    entry = wait(world)
    url = reverse("followups:waitlist-book", args=[entry.pk])
    html = rita.get(url + "?at=2026-11-25T23:15Z").content.decode()
    assert 'value="2026-11-26"' in html
    assert 'value="10:15"' in html
    assert f'<option value="{world.maya.pk}" selected' in html
    save = {"key": str(uuid4()), "service": [world.cut.pk], "person": world.maya.pk, "day": "2026-11-26", "time": "10:15", "note": ""}
    response = rita.post(url, save)
    entry.refresh_from_db()
    assert response.status_code == 302
    assert entry.appointment == Appointment.objects.get()
    assert entry.closed_at is not None
    assert "Mia Chen" not in words(fragment(rita, "waitlist"))


def test_a_time_taken_meanwhile_keeps_the_entry_open(world, rita):
    entry = wait(world)
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    calendar.book(
        business=world.bella, client=world.noa, members=[world.maya], start=NOW + timedelta(days=1, hours=1), lines=lines,
        confirm_key=uuid4(), now=NOW, source="online", mirrored=True,
    )  # fmt: skip
    save = {"key": str(uuid4()), "service": [world.cut.pk], "person": world.maya.pk, "day": "2026-11-26", "time": "10:00", "note": "Keep"}
    response = rita.post(reverse("followups:waitlist-book", args=[entry.pk]), save)
    entry.refresh_from_db()
    assert (response.status_code, entry.closed_at) == (409, None)
    assert "That time is taken." in response.content.decode()


def test_adding_somebody_who_is_known(world, rita):
    response = rita.post(reverse("followups:waitlist-add"), typed(world))
    entry = WaitlistEntry.objects.get()
    assert response.url == WAITLIST
    assert (entry.client, entry.source, entry.lines.get().variant) == (world.noa, "staff", world.colour_short)
    window = entry.windows.get()
    assert (window.first_day, window.last_day, window.from_time, window.to_time) == (THURSDAY, THURSDAY, time(9), None)


def test_adding_somebody_new(world, rita):
    new = {"client": "new", "first_name": "Zoe", "last_name": "Park", "phone": "0491 570 737", "email": ""}
    rita.post(reverse("followups:waitlist-add"), typed(world, **new))
    client = WaitlistEntry.objects.get().client
    assert (str(client), client.phone, client.phone_verified_at) == ("Zoe Park", "+61491570737", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client": ""}, "Search for the client and choose them"),
        ({"service": [""]}, "Choose at least one service."),
        ({"first_day": [""], "from_time": [""]}, "Say at least one day that would suit."),
        ({"first_day": ["26.11."]}, "Write days as"),
        ({"last_day": ["2026-11-20"]}, "The last day comes before the first day."),
        ({"to_time": ["08:00"]}, "The hours end before they begin."),
        ({"to_time": ["11:00+05:00"]}, "Write days as"),
        ({"from_time": ["09:00+05:00"]}, "Write days as"),
        ({"first_day": ["2026-11-26"] * 6, "last_day": [], "from_time": []}, "Up to 5 stretches"),
        ({"first_day": ["9999-11-26"]}, "Choose days within the next years."),
        ({"note": "x" * 501}, "Notes can be up to 500 characters."),
        ({"service": ["999999999999999999999"]}, "cannot be booked like this any more"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(world, rita, changes, said):
    response = rita.post(reverse("followups:waitlist-add"), typed(world, **changes))
    assert response.status_code == 422
    assert said in words(response)
    assert WaitlistEntry.objects.count() == 0


def test_other_days_can_be_added_without_javascript_and_nothing_typed_is_lost(world, rita):
    html = rita.post(reverse("followups:waitlist-add"), typed(world, do="window", note="Mornings")).content.decode()
    assert html.count('name="first_day"') == 2
    assert 'value="2026-11-26"' in html
    assert ">Mornings</textarea>" in html
    assert f'value="{world.noa.pk}" checked' in html
    assert WaitlistEntry.objects.count() == 0


def test_editing_replaces_what_somebody_waits_for(world, rita):
    entry = wait(world)
    url = reverse("followups:waitlist-edit", args=[entry.pk])
    html = rita.get(url).content.decode()
    assert 'name="from_time" value="10:00"' in html
    assert ">After school</textarea>" in html
    rita.post(url, typed(world, note="Any day", person=world.maya.pk))
    entry.refresh_from_db()
    assert (entry.client, entry.note, entry.team_member) == (world.mia, "Any day", world.maya)
    assert [line.variant for line in entry.lines.all()] == [world.colour_short]


def test_removing_closes_the_entry_and_keeps_the_panel(world, rita):
    entry = wait(world)
    response = rita.post(reverse("followups:waitlist-remove", args=[entry.pk]), headers={"HX-Request": "true"})
    entry.refresh_from_db()
    assert entry.closed_at is not None
    assert "Nobody waits for a time." in words(response)
    assert rita.get(reverse("followups:waitlist-remove", args=[entry.pk])).status_code == 405


def test_an_entry_of_another_business_or_a_closed_one_is_not_found(world, rita):
    foreign, closed = wait(world, world.rival_mia), wait(world)
    calendar.close_waitlist(entry=closed, now=NOW)
    for entry in (foreign, closed):
        assert rita.get(reverse("followups:waitlist-edit", args=[entry.pk])).status_code == 404
        assert rita.get(reverse("followups:waitlist-book", args=[entry.pk])).status_code == 404
        assert rita.post(reverse("followups:waitlist-remove", args=[entry.pk])).status_code == 404
    assert "Rivalclient" not in words(rita.get(WAITLIST))


def test_queries_do_not_grow_with_the_number_of_entries(world, rita):
    wait(world)
    with CaptureQueriesContext(connection) as one:
        fragment(rita, "waitlist")
    for number in range(29):
        wait(world, Client.objects.create(business=world.bella, first_name=f"C{number}", created_at=NOW))
    with CaptureQueriesContext(connection) as thirty:
        assert fragment(rita, "waitlist").content.decode().count("wait-card") == 30
    assert len(thirty) == len(one) <= 20
