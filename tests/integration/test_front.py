"""The business's front page and its theme."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.utils.html import strip_tags

from business.colour import contrast
from business.models import Category, Service, WorkingHours
from drafts.document import DraftState, ServiceChoice
from scheduler import actions as scheduler
from scheduler import queries as appointments
from tests.leaving import NOW, OVER, again, leave, mongo_away
from tests.links import snapshot
from tests.phones import MIA, sign_in
from tests.visits import forget_limits, words_of

pytestmark = pytest.mark.django_db
FRONT = "/b/bella-hair/"


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


def test_front_page_says_who_where_when_and_what(world, client):
    page = words_of(client.get(FRONT))
    for words in ("Bella Hair Co.", "Open until", "17:00", "12 Example Street", "(02) 5550 1234", "tel:+61255501234", "Hair cut"):
        assert words in page
    assert "from $110.00" in page
    assert "My bookings" in page
    assert "Continue your booking" not in page


def hours_line(client) -> str:
    """The opening hours on the front page as a person reads them."""
    return " ".join(strip_tags(words_of(client.get(FRONT)).split('class="front-facts"')[1].split("</li>")[0]).split()).lstrip("> ")


@pytest.mark.parametrize(
    ("hours_after_nine", "words"),
    [
        (-1, "Opens today at 09:00"),
        (0, "Open until 12:00"),
        (3, "Opens again at 13:00"),
        (3.5, "Opens again at 13:00"),
        (4, "Open until 17:00"),
        (8, "Closed now. Opens Thu 26 Nov at 09:00"),
        (24 * 3 + 8, "Closed now. Opens Mon 30 Nov at 09:00"),
        (24 * 4, "Closed today. Opens Mon 30 Nov at 09:00"),
    ],
)
def test_hours_say_how_the_door_stands_now(world, client, at, hours_after_nine, words):
    wednesday = WorkingHours.objects.filter(weekday=2, is_break=False)
    wednesday.update(ends=time(12))
    for member in (world.maya, world.tom_member):
        WorkingHours.objects.create(team_member=member, weekday=2, starts=time(13), ends=time(17))
    at(NOW + timedelta(hours=hours_after_nine))
    today = (
        " Today 09:00 to 12:00, 13:00 to 17:00" if hours_after_nine < 24 else " Today 09:00 to 17:00" if hours_after_nine < 24 * 4 else ""
    )
    assert hours_line(client) == words + today


def test_hours_of_several_people_are_one_stretch_and_a_break_is_no_closing(world, client, at):
    WorkingHours.objects.filter(weekday=2, is_break=False, team_member=world.maya).update(ends=time(13))
    WorkingHours.objects.filter(weekday=2, is_break=False, team_member=world.tom_member).update(starts=time(11), ends=time(20))
    at(NOW + timedelta(hours=3, minutes=45))
    assert hours_line(client) == "Open until 20:00 Today 09:00 to 20:00"


def test_only_day_of_the_week_is_over_and_opens_a_week_later(world, client, at):
    WorkingHours.objects.exclude(weekday=2).delete()
    at(NOW + timedelta(hours=9))
    assert hours_line(client) == "Closed now. Opens Wed 2 Dec at 09:00 Today 09:00 to 17:00"


def test_business_without_hours_or_services_is_no_error(world, client):
    world.bella.team.update(bookable=False)
    Service.objects.filter(business=world.bella).update(archived_at=NOW)
    page = words_of(client.get(FRONT))
    assert "Opening hours on request" in page
    assert "Our services will appear here soon" in page


def test_long_menu_shows_the_first_of_each_category_and_how_many_more(world, client, django_assert_max_num_queries):
    for n in range(40):
        category = Category.objects.create(business=world.bella, name=f"Kind {n}") if n % 10 == 0 else category  # noqa: F821
        Service.objects.create(business=world.bella, category=category, name="N" * 60, duration_min=30, price_minor=1000, position=n)
    with django_assert_max_num_queries(5):
        page = words_of(client.get(FRONT))
    assert "7 more in Kind 0" in page


def test_closed_online_booking_says_so_and_how_to_book(world, client):
    world.bella.online_booking = False
    world.bella.save()
    page = words_of(client.get(FRONT))
    assert "Online booking is closed at the moment" in page
    assert "/services/" not in page


def test_signed_in_client_sees_the_next_visit(world, client):
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    scheduler.book(
        business=world.bella, client=world.mia, members=[world.maya], start=NOW + timedelta(hours=4), lines=lines, now=NOW,
        source="online", mirrored=True, confirm_key=uuid4(),
    )  # fmt: skip
    sign_in(client, MIA)
    page = words_of(client.get(FRONT))
    assert "Your next visit" in page
    assert "Wed 25 Nov, 13:00" in page
    assert "Sydney time" in page
    assert "Mia" in page


@pytest.mark.s("D6")
def test_continue_your_booking_appears_while_a_draft_lives_and_only_the_press_is_an_engagement(world, client, mongo, at):
    sign_in(client, MIA)
    draft = leave(world, notes="Ring twice")
    at(OVER)
    before = snapshot(mongo)
    assert "Continue your booking" in words_of(client.get(FRONT))
    assert snapshot(mongo) == before
    response = client.post(FRONT)
    assert response["Location"].startswith("/b/bella-hair/review/?")
    assert (again(draft).status, again(draft).engagement) == (DraftState.REVIEWING, 2)
    assert "Ring twice" in words_of(client.get(response["Location"]))


@pytest.mark.s("D4")
def test_continuing_says_what_is_no_longer_offered_and_that_a_time_has_passed(world, client, mongo, at):
    sign_in(client, MIA)
    both = tuple(ServiceChoice(one.pk, None, one.name, one.duration_min, one.price_minor) for one in (world.cut, world.toner))
    leave(world, services=both)
    Service.objects.filter(pk=world.toner.pk).update(archived_at=NOW)
    page = words_of(client.get(client.post(FRONT)["Location"]))
    assert "Review and book" in page
    assert "Toner is no longer offered" in page
    at(NOW + timedelta(hours=5))
    page = words_of(client.get(client.post(FRONT)["Location"]))
    assert "Pick a time" in page
    assert "The time you chose has passed" in page
    Service.objects.filter(pk=world.cut.pk).update(archived_at=NOW)
    assert "Continue your booking" not in words_of(client.get(FRONT))
    assert "Hair cut is no longer offered" in words_of(client.get(client.post(FRONT)["Location"], follow=True))


def test_continuing_again_and_again_is_slowed_down_and_nothing_is_lost(world, client, mongo):
    sign_in(client, MIA)
    forget_limits()
    draft = leave(world)
    answers = [client.post(FRONT) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    assert int(answers[-1]["Retry-After"]) >= 1
    assert "Nothing is lost" in words_of(answers[-1])
    assert again(draft).open
    assert "Continue your booking" in words_of(client.get(FRONT))


def test_nothing_to_continue_is_explained(world, client, mongo):
    sign_in(client, MIA)
    response = client.post(FRONT)
    assert response.status_code == 409
    assert "can't be continued" in words_of(response)


def test_front_page_stands_while_drafts_are_away(world, client, mongo):
    sign_in(client, MIA)
    leave(world)
    with mongo_away():
        assert client.get(FRONT).status_code == 200


def test_theme_is_readable_in_light_and_dark_and_may_be_kept(world, client):
    world.bella.accent = "#ffee00"
    world.bella.save()
    response = client.get("/b/bella-hair/theme.css")
    sheet = response.content.decode()
    assert response["Content-Type"].startswith("text/css")
    assert "immutable" in response["Cache-Control"]
    assert "cookie" not in response.get("Vary", "").lower()
    light, dark = sheet.split("--accent: light-dark(")[1].split(")")[0].split(", ")
    assert contrast(light, "#ffffff") >= 4.5
    assert contrast(dark, "#211e1b") >= 4.5


def test_theme_takes_no_cookie_and_unknown_business_is_404(world, client):
    assert not client.get("/b/bella-hair/theme.css").cookies
    assert client.get("/b/nobody/theme.css").status_code == 404
    assert client.get("/b/nobody/").status_code == 404
