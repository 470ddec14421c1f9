"""Step 3, Time."""

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from business.models import Business, ClientSession
from scheduler.models import TimeOff
from tests.visits import TEN, sign_in, take
from tests.world import NOW, World

URL = "/b/bella-hair/time/"


@pytest.fixture(autouse=True)
def _today(at, world: World) -> None:
    at(NOW)


def test_first_view_shows_today_by_part_of_day_with_who_is_free(client: Browser, world: World) -> None:
    page = client.get(URL, {"s": world.cut.pk, "t": "any"}).content.decode()
    assert "Wednesday 25 November 2026" in page
    assert page.index("Morning") < page.index("10:00") < page.index("Afternoon")
    assert "Evening" not in page
    assert "Maya + 1" in page


def test_taken_time_is_offered_only_with_who_is_free(client: Browser, world: World) -> None:
    take(world, world.maya, TEN)
    page = client.get(URL, {"s": world.cut.pk, "t": "any", "day": "2026-11-26"}).content.decode()
    ten = page[page.index('value="2026-11-25T23:00Z"') :][:300]
    assert "Tom" in ten
    assert "Maya" not in ten


@pytest.mark.s("D16")
def test_zone_is_named_in_words(client: Browser, world: World) -> None:
    assert "Times are in Sydney time (AEDT)." in client.get(URL, {"s": world.cut.pk}).content.decode()


def test_day_without_times_is_greyed_and_names_the_next(client: Browser, world: World) -> None:
    page = client.get(URL, {"s": world.cut.pk, "t": "any", "day": "2026-11-29"}).content.decode()
    assert "No times on Sun 29 Nov" in page
    assert "Next free: Mon 30 Nov" in page
    assert "Tell me if a time opens" in page


def _fill(world: World, day: datetime, free: int) -> None:
    """Leave `free` times of a hair cut with Maya on the day whose opening at 09:00 is given: 09:00, 09:15 and so on."""
    take(world, world.maya, day + timedelta(minutes=45 + 15 * (free - 1)), 480)


@pytest.mark.parametrize(
    ("free", "more"), [((2, 2, 3), "Fri 27 Nov"), ((3, 4, 9), "Thu 26 Nov"), ((4, 9, 9), ""), ((0, 9, 9), ""), ((1, 1, 1), "")]
)
def test_day_with_few_times_names_the_next_with_more(client: Browser, world: World, at, free: tuple[int, int, int], more: str) -> None:
    at(NOW - timedelta(days=1))
    TimeOff.objects.create(team_member=world.maya, starts=NOW + timedelta(days=2, hours=12), ends=NOW + timedelta(days=20))
    for place, number in enumerate(free):
        _fill(world, NOW + timedelta(days=place), number)
    page = client.get(URL, {"s": world.cut.pk, "t": world.maya.pk, "day": "2026-11-25"}).content.decode()
    assert page.count('name="at"') == free[0]
    assert page.count("More times:") == bool(more)
    if more:
        place = 1 if "Thu" in more else 2
        link = f"?s={world.cut.pk}&amp;t={world.maya.pk}&amp;day=2026-11-{25 + place}"
        assert f'{link}">More times: {more} <span class="num">({free[place]})</span>' in page


def test_week_without_times_offers_the_waitlist(client: Browser, world: World) -> None:
    for member in (world.maya, world.tom_member):
        TimeOff.objects.create(team_member=member, starts=NOW - timedelta(days=1), ends=NOW + timedelta(days=20))
    page = client.get(URL, {"s": world.cut.pk, "t": "any", "day": "2026-11-26"}).content.decode()
    assert "No times this week" in page
    assert "/b/bella-hair/waitlist/?" in page
    first = client.get(URL, {"s": world.cut.pk, "t": "any"}).content.decode()
    assert "Tuesday 15 December 2026" in first


def test_nothing_until_the_horizon_is_said_plainly(client: Browser, world: World) -> None:
    for member in (world.maya, world.tom_member):
        TimeOff.objects.create(team_member=member, starts=NOW - timedelta(days=1), ends=NOW + timedelta(days=200))
    answer = client.get(URL, {"s": world.cut.pk, "t": "any"})
    assert answer.status_code == 200
    assert "the last day we take bookings for" in answer.content.decode()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-24", "That day has passed"),
        ("2027-03-01", "We take bookings until"),
        ("2026-02-30", "That date could not be read"),
        ("0001-01-01", "That date could not be read"),
        ("9999-12-31", "That date could not be read"),
        ("\x00", "That date could not be read"),
    ],
)
def test_day_that_cannot_be_shown_is_explained_and_the_rest_kept(client: Browser, world: World, day: str, words: str) -> None:
    answer = client.get(URL, {"s": world.cut.pk, "t": world.maya.pk, "day": day})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'name="t" value="{world.maya.pk}"' in page


@pytest.mark.parametrize("start", ["2026-11-25T10:00+11:00", "2026-11-25", "x", "9999-12-31T23:59Z", "\x00"])
def test_time_that_cannot_be_read_is_explained(client: Browser, world: World, start: str) -> None:
    answer = client.get(URL, {"s": world.cut.pk, "t": "any", "at": start})
    assert answer.status_code == 422
    assert "could not be read" in answer.content.decode()


def test_time_that_has_passed_is_explained(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": world.cut.pk, "t": "any", "at": "2026-11-20T00:00Z"})
    assert answer.status_code == 422
    assert "has passed" in answer.content.decode()


@pytest.mark.parametrize("step", ["time", "review"])
def test_time_too_near_says_so_and_offers_what_is_free(client: Browser, world: World, step: str) -> None:
    Business.objects.filter(pk=world.bella.pk).update(minimum_notice_min=120)
    sign_in(client, world.mia)
    query = {"s": world.cut.pk, "t": world.maya.pk, "at": "2026-11-24T22:45Z"}
    answer = client.get(URL, query) if step == "time" else client.post("/b/bella-hair/review/", query)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "09:45 is too soon to book online" in page
    assert "no longer free" not in page
    assert page.count("nearest-time") == 3
    assert f'name="s" value="{world.cut.pk}"' in page


def test_time_beyond_the_horizon_is_explained(client: Browser, world: World) -> None:
    answer = client.get(URL, {"s": world.cut.pk, "t": "any", "at": "2027-03-01T23:00Z"})
    assert answer.status_code == 422
    assert "We take bookings until" in answer.content.decode()


@pytest.mark.s("D4")
def test_time_taken_meanwhile_shows_the_three_nearest(client: Browser, world: World) -> None:
    take(world, world.maya, TEN)
    answer = client.get(URL, {"s": world.cut.pk, "t": world.maya.pk, "at": "2026-11-25T23:00Z"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "10:00 is no longer free" in page
    assert page.count("nearest-time") == 3


@pytest.mark.s("S15", "S16")
def test_time_somebody_reviews_stays_on_offer(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    client.post("/b/bella-hair/review/", {"s": world.cut.pk, "t": world.maya.pk, "at": "2026-11-25T23:00Z"})
    assert mongo.booking_drafts.count_documents({"client_id": world.mia.pk}) == 1
    page = Browser().get(URL, {"s": world.cut.pk, "t": world.maya.pk, "day": "2026-11-26"}).content.decode()
    assert 'value="2026-11-25T23:00Z"' in page


def test_chosen_time_stays_chosen_on_the_way_back(client: Browser, world: World) -> None:
    page = client.get(URL, {"s": world.cut.pk, "t": "any", "at": "2026-11-25T23:00Z"}).content.decode()
    assert 'value="2026-11-25T23:00Z" required checked' in page


def test_form_carries_a_flow_only_when_signed_in(client: Browser, world: World) -> None:
    query = {"s": world.cut.pk, "t": "any"}
    assert 'name="flow"' not in client.get(URL, query).content.decode()
    sign_in(client, world.mia)
    assert 'name="flow"' in client.get(URL, query).content.decode()


def test_clock_change_offers_no_time_that_does_not_exist(client: Browser, world: World) -> None:
    Business.objects.filter(pk=world.bella.pk).update(horizon_days=365)
    for row in world.maya.hours.filter(weekday=5):
        row.delete()
    world.maya.hours.create(weekday=6, starts="01:00", ends="05:00")
    page = client.get(URL, {"s": world.cut.pk, "t": world.maya.pk, "day": "2027-10-03"}).content.decode()
    assert "01:15" in page
    assert "02:15" not in page
    assert "03:15" in page


@pytest.mark.parametrize("visitor", ["nobody", "a client", "a client whose session has ended"])
@pytest.mark.parametrize("booked", [1, 200])
def test_first_view_costs_at_most_five_queries(
    client: Browser, world: World, booked: int, visitor: str, django_assert_max_num_queries
) -> None:
    for number in range(booked):
        # Within the week that is shown, and short enough to leave free times.
        made = take(world, (world.maya, world.tom_member)[number % 2], NOW + timedelta(minutes=45 * number), 10)
        assert made.starts < NOW + timedelta(days=7)
    if visitor != "nobody":
        sign_in(client, world.mia)
    if visitor.endswith("ended"):
        ClientSession.objects.all().delete()
    with django_assert_max_num_queries(5):
        page = client.get(URL, {"s": f"{world.colour.pk}.{world.colour_short.pk}", "t": "any"}).content.decode()
    assert 'name="at"' in page


def test_full_week_or_horizon_costs_one_query_more(client: Browser, world: World, django_assert_max_num_queries) -> None:
    for member in (world.maya, world.tom_member):
        for number in range(8 * 24):
            take(world, member, NOW + timedelta(hours=number), 60)
    query = {"s": world.cut.pk, "t": "any"}
    with django_assert_max_num_queries(5):
        page = client.get(URL, query).content.decode()
    # The last hour booked ends on Thursday at nine.
    assert "Thursday 3 December 2026" in page
    assert 'name="at" value="2026-12-02T22:00Z"' in page
    for member in (world.maya, world.tom_member):
        TimeOff.objects.create(team_member=member, starts=NOW, ends=NOW + timedelta(days=200))
    with django_assert_max_num_queries(5):
        assert "the last day we take bookings for" in client.get(URL, query).content.decode()


def test_cookie_of_another_business_or_name_signs_nobody_in(client: Browser, world: World) -> None:
    sign_in(client, world.rival_mia)
    client.cookies[f"client-{world.bella.pk}"] = client.cookies[f"client-{world.rival.pk}"].value
    assert 'name="flow"' not in client.get(URL, {"s": world.cut.pk, "t": "any"}).content.decode()
    other = Browser()
    sign_in(other, world.mia)
    other.cookies[f"client-{world.rival.pk}"] = other.cookies.pop(f"client-{world.bella.pk}").value
    assert 'name="flow"' not in other.get(URL, {"s": world.cut.pk, "t": "any"}).content.decode()
