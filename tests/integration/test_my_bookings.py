"""My bookings: next, past, cancel, book again, preferences."""

from datetime import timedelta
from uuid import uuid4

import pytest

from business.models import Consent
from scheduler import actions as scheduler
from scheduler import queries as appointments
from scheduler.models import Appointment
from tests.leaving import NOW
from tests.links import snapshot
from tests.phones import MIA, NOA, sign_in
from tests.visits import words_of

pytestmark = pytest.mark.django_db
MINE = "/b/bella-hair/mine/"


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


def book(world, who=None, *, hours: float = 50, services=None) -> Appointment:
    lines = appointments.resolve(business=world.bella, services=services or [(world.cut.pk, None)]).lines
    return scheduler.book(
        business=world.bella, client=who or world.mia, members=[world.maya], start=NOW + timedelta(hours=hours), lines=lines, now=NOW,
        source="online", mirrored=True, confirm_key=uuid4(), enforce_rules=False,
    ).appointment  # fmt: skip


def test_visitor_signs_in_first_and_comes_back(world, client):
    response = client.get(MINE)
    assert response["Location"] == "/b/bella-hair/sign-in/?next=mine"
    assert sign_in(client, MIA, "?next=mine")["Location"].startswith(MINE)


def test_nobody_with_bookings_sees_what_will_appear(world, client):
    sign_in(client, MIA)
    page = words_of(client.get(MINE))
    assert "Nothing booked yet." in page
    assert "Book a visit" in page


def test_next_and_past_are_shown_and_nobody_elses(world, client):
    book(world)
    book(world, hours=-30)
    book(world, world.noa, hours=52)
    sign_in(client, MIA)
    page = words_of(client.get(MINE))
    assert "Fri 27 Nov, 11:00" in page
    assert "Sydney time (AEDT)" in page
    assert "Tue 24 Nov 2026" in page
    assert "13:00" not in page


def test_cancel_frees_the_time(world, client):
    appointment = book(world)
    sign_in(client, MIA)
    url = f"/b/bella-hair/mine/{appointment.pk}/cancel/"
    assert client.get(url).status_code == 405
    for _ in range(2):
        response = client.post(url)
        assert response.status_code == 303
    assert "Your booking is cancelled" in words_of(client.get(response["Location"]))
    appointment.refresh_from_db()
    assert appointment.status == "cancelled"
    book(world, world.noa)


def test_cancelled_booking_of_a_day_to_come_is_not_past(world, client, at):
    book(world)
    book(world, hours=74)
    book(world, hours=-30)
    Appointment.objects.filter(starts__lt=NOW + timedelta(hours=60)).update(status="cancelled")
    sign_in(client, MIA)
    upcoming, cancelled, past = (words_of(client.get(MINE)).split(f'id="{name}-visits"')[1] for name in ("next", "cancelled", "past"))
    assert "Sat 28 Nov, 11:00" in upcoming.split("</section>")[0]
    assert "Fri 27 Nov, 11:00" in cancelled.split("</section>")[0]
    assert "Tue 24 Nov" not in cancelled.split("</section>")[0]
    assert "Tue 24 Nov" in past.split("</section>")[0]
    assert "Fri 27 Nov" not in past.split("</section>")[0]
    at(NOW + timedelta(hours=51))
    page = words_of(client.get(MINE))
    assert "cancelled-visits" not in page
    assert page.split('id="past-visits"')[1].count(">Cancelled</span>") == 2


def test_cancel_after_the_cutoff_is_refused_and_explained(world, client, at):
    appointment = book(world)
    at(NOW + timedelta(hours=27))
    sign_in(client, MIA)
    page = words_of(client.get(MINE))
    assert "can be cancelled online until 24 h before" in page
    assert f"/mine/{appointment.pk}/cancel/" not in page
    response = client.post(f"/b/bella-hair/mine/{appointment.pk}/cancel/")
    assert response.status_code == 409
    assert "too late to cancel" in words_of(response)
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_foreign_and_missing_bookings_are_the_same_404(world, client):
    foreign = book(world, world.noa)
    sign_in(client, MIA)
    for pk in (foreign.pk, 10**6, 2**70):
        assert client.post(f"/b/bella-hair/mine/{pk}/cancel/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.status == "booked"


def test_completed_visit_cannot_be_cancelled(world, client):
    appointment = book(world)
    Appointment.objects.update(status="completed")
    sign_in(client, MIA)
    assert client.post(f"/b/bella-hair/mine/{appointment.pk}/cancel/").status_code == 409


def test_book_again_leads_to_time_with_the_same_services_and_person(world, client):
    book(world, hours=-30, services=[(world.colour.pk, world.colour_long.pk), (world.cut.pk, None)])
    sign_in(client, MIA)
    link = f"/b/bella-hair/time/?s={world.colour.pk}.{world.colour_long.pk}&s={world.cut.pk}&t={world.maya.pk}"
    assert link in words_of(client.get(MINE))
    assert client.get(link).status_code == 200


@pytest.mark.s("D13")
def test_both_preferences_can_be_changed_later(world, client):
    sign_in(client, MIA)
    response = client.post(MINE, {"wants_email": "on"})
    assert response.status_code == 303
    world.mia.refresh_from_db()
    assert (world.mia.wants_sms, world.mia.wants_email) == (False, True)
    assert Consent.objects.filter(client=world.mia, source="preferences", channel="sms", granted=False).exists()
    assert "Saved." in words_of(client.get(response["Location"]))


def test_looking_changes_nothing(world, client, mongo):
    book(world)
    sign_in(client, NOA)
    before = snapshot(mongo)
    client.get(MINE)
    client.head(MINE)
    assert snapshot(mongo) == before


def test_sayings_come_from_us_only(world, client):
    sign_in(client, MIA)
    assert "<script>" not in words_of(client.get(MINE + "?said=<script>alert(1)</script>")).split("<main")[1]
