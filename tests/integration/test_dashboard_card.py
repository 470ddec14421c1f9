"""The dashboard: the amber card first and only when it should be, the day, what was won back."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from business.actions import count
from drafts import actions as drafts
from scheduler import actions as calendar
from scheduler import queries as appointments
from tests.integration.test_panel_incomplete import cards, words
from tests.leaving import OVER, TEN, leave, mongo_away
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]
CARD = '<section class="kpi"'


def book(world, start=NOW + timedelta(hours=4), **changes):
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    return calendar.book(
        business=world.bella, client=world.mia, members=[world.maya], start=start, lines=lines, confirm_key=uuid4(), now=NOW,
        source="online", mirrored=True, **changes,
    ).appointment  # fmt: skip


@pytest.mark.s("S29", "S25", "S22", "D12")
def test_the_card_counts_only_from_the_moment_of_expiry(world, at, rita):
    leave(world)
    leave(world, world.noa, now=NOW - timedelta(minutes=30))
    at(NOW + TEN - timedelta(seconds=2))
    assert "1 incomplete booking Oldest 29 min ago · $62.00 waiting" in words(rita.get("/"))
    at(OVER)
    assert "2 incomplete bookings Oldest 30 min ago · $124.00 waiting" in words(rita.get("/"))


@pytest.mark.s("S29")
def test_the_card_is_the_first_thing_on_the_page(world, at, rita):
    leave(world)
    at(OVER)
    html = rita.get("/").content.decode()
    assert html.index(CARD) < html.index('id="today-title"')


@pytest.mark.s("S30")
def test_at_zero_there_is_no_card_at_all(world, at, rita):
    at(OVER)
    html = rita.get("/").content.decode()
    assert CARD not in html
    assert "incomplete booking" not in html


@pytest.mark.s("S31", "S76")
def test_without_the_permission_there_is_neither_card_nor_numbers(world, at, client):
    leave(world)
    count(business=world.bella, now=NOW, amounts={"captured": 3})
    client.force_login(world.tom)
    at(OVER)
    response = client.get("/")
    assert response.status_code == 200
    assert CARD not in response.content.decode()
    assert "Won back" not in words(response)


@pytest.mark.s("S32")
def test_review_leads_to_the_panel_on_its_incomplete_tab(world, at, rita):
    leave(world)
    at(OVER)
    href = re.search(r'<a class="btn btn-primary" href="([^"]+)">Review', rita.get("/").content.decode()).group(1)
    assert href == "/scheduler/?followups=incomplete"
    scheduler = rita.get(href).content.decode()
    panel = re.search(r'<aside id="followups"[^>]*hx-get="([^"]+)"', scheduler).group(1)
    assert panel == "/followups/?tab=incomplete"
    assert cards(rita.get(panel, headers={"HX-Request": "true"})) == 1


@pytest.mark.s("S33", "S72")
def test_a_conversion_takes_the_card_away_at_the_next_refresh(world, at, rita):
    draft = leave(world)
    at(OVER)
    assert CARD in rita.get("/").content.decode()
    appointment = book(world, draft_id=draft.id, engagement=1)
    assert CARD not in rita.get("/").content.decode(), "before the draft knows"
    drafts.mark_converted(made=appointment, now=OVER)
    assert CARD not in rita.get("/").content.decode()


@pytest.mark.s("D15")
def test_another_businesss_drafts_are_not_counted(world, at, rita):
    leave(world, world.rival_mia)
    at(OVER)
    assert CARD not in rita.get("/").content.decode()


def test_mongodb_away_leaves_the_rest_of_the_page_and_says_so(world, at, rita):
    book(world)
    at(OVER)
    with mongo_away():
        response = rita.get("/")
    assert response.status_code == 200
    assert CARD not in response.content.decode()
    assert "Unfinished bookings cannot be read right now." in words(response)
    assert "13:00 Mia Chen Hair cut" in words(response)


def test_today_is_the_businesss_day_and_says_what_is_still_to_come(world, at, rita):
    book(world)
    cancelled = book(world, start=NOW + timedelta(hours=6))
    calendar.cancel(appointment=cancelled, now=NOW, by=None)
    book(world, start=NOW + timedelta(days=1))
    at(OVER)
    text = words(rita.get("/"))
    assert "Wednesday 25 November 2026" in text
    assert "1 still to come" in text
    at(NOW + timedelta(hours=9))
    assert "All 1 appointment of today is done." in words(rita.get("/"))


def test_an_empty_day_and_an_empty_week_say_what_will_appear(world, at, rita):
    at(OVER)
    text = words(rita.get("/"))
    assert "Nothing is booked today." in text
    assert "Nobody left a booking unfinished this week." in text


@pytest.mark.s("D17")
def test_what_was_won_back_since_monday_comes_from_the_counters(world, at, rita):
    count(business=world.bella, now=NOW - timedelta(days=3), amounts={"captured": 50, "recovered": 50})
    count(business=world.bella, now=NOW - timedelta(days=1), amounts={"captured": 3, "recovered": 1, "recovered_value_minor": 6200})
    count(business=world.bella, now=NOW, amounts={"captured": 1, "reminded_sms": 2, "reminded_email": 1})
    count(business=world.rival, now=NOW, amounts={"captured": 99})
    at(OVER)
    text = words(rita.get("/"))
    assert "This week 4 bookings were left unfinished and 1 was won back. $62.00 value won back 3 messages sent" in text


@pytest.mark.s("D17")
@pytest.mark.parametrize(
    ("captured", "recovered", "said"),
    [
        (2, 0, "This week 2 bookings were left unfinished and 0 were won back."),
        (1, 2, "This week 1 booking was left unfinished and 2 were won back."),
    ],
)
def test_what_was_won_back_is_said_in_a_sentence_that_is_true(world, at, rita, captured, recovered, said):  # noqa: PLR0917
    """A booking left last week may be won back in this one."""
    count(business=world.bella, now=NOW, amounts={"captured": captured, "recovered": recovered})
    at(OVER)
    assert said in words(rita.get("/"))
