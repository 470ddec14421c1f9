"""MongoDB was away at Confirm, so that the appointment names no draft: everybody goes by it all the same (I8, I13, T6)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from booking import actions as booking
from business.models import Channel, Client
from drafts.document import DraftState
from followups import outreach, tasks
from followups.queries.waiting import SHOWN_AT_MOST, waiting
from messaging.models import Message, StaffNotice, State
from scheduler import actions as calendar
from scheduler import queries as appointments
from tests.integration.test_expire_reviews import book
from tests.leaving import OVER, again, leave, mongo_away, switch_on
from tests.links import unfinished
from tests.visits import sign_in
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]
SOON = OVER + timedelta(seconds=10)


def confirm_unnamed(world):
    with mongo_away():
        return booking.confirm(
            business=world.bella, client=world.mia, start=NOW + timedelta(hours=4), members=[world.maya], note="", confirm_key=uuid4(),
            lines=appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines, via_link=False, now=SOON,
        )  # fmt: skip


@pytest.mark.s("S27", "S71")
def test_i8_a_queued_reminder_is_cancelled_before_any_sweep_comes_round(world, at, sends):
    switch_on(world.bella, Channel.SMS, Channel.EMAIL)
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    confirm_unnamed(world)
    assert outreach.deliver_queued(now=SOON, limit=10) == 2
    assert sends == []
    assert set(Message.objects.values_list("state", "reason")) == {(State.CANCELLED, "converted")}


def test_a_client_who_came_back_after_that_booking_is_reminded(world, at, sends):
    """The control: an appointment covers what was left before it, not after."""
    switch_on(world.bella, Channel.SMS)
    confirm_unnamed(world)
    leave(world, now=SOON + timedelta(seconds=1), start_at=NOW + timedelta(hours=6))
    at(SOON + timedelta(minutes=11))
    tasks.expire_reviews()
    tasks.send_queued()
    assert len(sends) == 1


@pytest.mark.s("D8")
@pytest.mark.parametrize("verb", ["remind", "dismiss", "book"])
def test_staff_acting_on_the_card_are_told(world, at, client, sends, verb):
    draft = leave(world)
    made = confirm_unnamed(world)
    at(SOON)
    client.force_login(world.rita)
    response = client.post(reverse(f"followups:{verb}", args=[draft.id]), {"engagement": 1}, headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert "booked" in response.content.decode()
    assert (sends, list(type(made).objects.all())) == ([], [made])


def test_the_front_page_offers_nothing_to_continue(world, at, client):
    sign_in(client, world.mia)
    leave(world)
    confirm_unnamed(world)
    at(SOON)
    assert "Continue your booking" not in client.get(reverse("booking:start", args=["bella-hair"])).content.decode()


@pytest.mark.s("S27")
def test_the_bell_finds_the_appointment_of_this_engagement_whatever_its_number(world, at):
    """Two appointments of one draft, the one of the later engagement booked first: it is the one that converts."""
    draft = leave(world)
    leave(world, now=OVER)
    covering = book(world, draft, now=OVER, mirrored=True, engagement=2)
    calendar.cancel(appointment=covering, now=OVER, by=None)
    book(world, draft, now=OVER, mirrored=True, engagement=1)
    late = OVER + timedelta(minutes=11)
    at(late)
    tasks.expire_reviews()
    closed = again(draft, late)
    assert (closed.status, closed.closed.appointment_id) == (DraftState.CONVERTED, covering.pk)
    assert not StaffNotice.objects.exists()


@pytest.mark.s("S36")
def test_i13_the_number_leaves_out_hidden_drafts_beyond_the_first_two_hundred(world):
    people = Client.objects.bulk_create(Client(business=world.bella, first_name=f"C{n}", created_at=NOW) for n in range(SHOWN_AT_MOST + 3))
    for place, person in enumerate(people):
        leave(world, person, now=NOW - timedelta(seconds=place))
    people[0].delete()  # among the newest shown
    people[-1].delete()  # beyond them
    found = waiting(business=world.bella, now=OVER)
    assert (len(found.drafts), found.count) == (SHOWN_AT_MOST, SHOWN_AT_MOST + 1)


@pytest.mark.s("D4")
def test_the_link_says_you_are_booked(world, at, client):
    address, _ = unfinished(world)
    at(SOON)
    assert "Confirm" in client.get(address).content.decode()
    confirm_unnamed(world)
    page = client.get(address).content.decode().replace("&#x27;", "'")
    assert "You're booked" in page
    assert 'value="confirm"' not in page
