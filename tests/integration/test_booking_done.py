"""You're booked, and the calendar file."""

import html
from datetime import timedelta

import pytest
from django.test import Client as Browser
from icalendar import Calendar

from scheduler.models import Appointment
from tests.leaving import OVER
from tests.links import unfinished
from tests.visits import TEN, form, haircut, sign_in
from tests.world import NOW, World


@pytest.fixture
def booked(client: Browser, world: World, mongo, at) -> Appointment:
    at(NOW)
    sign_in(client, world.mia)
    client.post("/b/bella-hair/confirm/", form(haircut(world, member=world.maya.pk), note="Ring twice"))
    return Appointment.objects.get()


def test_done_shows_everything_needed_to_come(client: Browser, booked: Appointment) -> None:
    page = client.get(f"/b/bella-hair/booked/{booked.pk}/").content.decode()
    for words in (
        "You&#x27;re booked",
        "Thursday 26 November 2026",
        "10:00",
        "With Maya",
        "12 Example Street",
        "(02) 5550 1234",
        "Ring twice",
        "Show on a map",
    ):
        assert words.replace("&#x27;", "'") in page.replace("&#x27;", "'")


def test_calendar_file_is_read_by_a_calendar(client: Browser, booked: Appointment) -> None:
    answer = client.get(f"/b/bella-hair/booked/{booked.pk}/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    event = next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))
    assert event["SUMMARY"] == "Hair cut at Bella Hair Co."
    assert event.decoded("DTSTART") == TEN
    assert event["LOCATION"] == "12 Example Street, Sydney NSW 2000"


@pytest.mark.parametrize("path", ["", "calendar.ics"])
def test_booking_is_shown_to_nobody_else(world: World, booked: Appointment, path: str) -> None:
    noa, rival, stranger = Browser(), Browser(), Browser()
    sign_in(noa, world.noa)
    sign_in(rival, world.rival_mia)
    url = f"/b/bella-hair/booked/{booked.pk}/{path}"
    assert [browser.get(url).status_code for browser in (noa, rival, stranger)] == [404, 404, 404]
    assert rival.get(url.replace("bella-hair", "rival-cuts")).status_code == 404
    assert stranger.get(url + "?key=forged").status_code == 404
    assert noa.get(f"/b/bella-hair/booked/{2**70}/{path}").status_code == 404


@pytest.mark.parametrize(("hours", "status"), [(0, 200), (23, 200), (25, 404)])
def test_key_of_a_links_booking_opens_it_for_a_day_of_the_house_clock(world: World, mongo, at, hours: int, status: int) -> None:
    at(OVER)
    path, _ = unfinished(world)
    phone = Browser()
    shown = html.unescape(phone.get(path).content.decode()).split('name="shown" value="')[1].split('"')[0]
    url = phone.post(path, {"do": "confirm", "shown": shown})["Location"]
    at(OVER + timedelta(hours=hours))
    assert Browser().get(url).status_code == status
    assert Browser().get(url.replace("/booked/", "/booked/9")).status_code == 404


def test_cancelled_booking_says_so_and_can_be_booked_again(client: Browser, world: World, booked: Appointment) -> None:
    Appointment.objects.update(status="cancelled")
    page = html.unescape(client.get(f"/b/bella-hair/booked/{booked.pk}/").content.decode())
    assert f'href="/b/bella-hair/time/?s={world.cut.pk}&t={world.maya.pk}">Book again' in page
    assert "This booking was cancelled" in page
    assert "Add to calendar" not in page


@pytest.mark.parametrize("status", ["confirmed", "cancelled"])
def test_calendar_file_says_whether_it_still_holds(client: Browser, booked: Appointment, status: str) -> None:
    if status == "cancelled":
        Appointment.objects.update(status="cancelled")
    answer = client.get(f"/b/bella-hair/booked/{booked.pk}/calendar.ics")
    assert next(iter(Calendar.from_ical(answer.content).walk("VEVENT")))["STATUS"] == status.upper()


def test_booking_inside_the_cutoff_is_not_said_to_be_cancellable(client: Browser, world: World, booked: Appointment, at) -> None:
    later, url = haircut(world, start_at=TEN + timedelta(days=2), flow=None), f"/b/bella-hair/booked/{booked.pk}/"
    assert "You can cancel in" in client.get(url).content.decode()
    assert "cancel online until 24 h before" in client.get(f"/b/bella-hair/review/?{later.to_query()}").content.decode()
    at(TEN - timedelta(hours=23))
    assert "It starts too soon to be cancelled online: call us" in client.get(url).content.decode()
    soon = client.get(
        f"/b/bella-hair/review/?{haircut(world, start_at=TEN + timedelta(minutes=30), flow=None).to_query()}"
    ).content.decode()
    assert "It starts too soon to be cancelled online." in soon


def test_session_of_a_link_sees_only_the_booking_it_made(world: World, booked: Appointment) -> None:
    browser = Browser()
    sign_in(browser, world.mia, draft_id="d_other")
    assert browser.get(f"/b/bella-hair/booked/{booked.pk}/").status_code == 404
