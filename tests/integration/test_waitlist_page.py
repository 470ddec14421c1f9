"""Put me on the waitlist: from an empty day or week, and from a conflict."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client as Browser

from business.models import ClientSession
from scheduler.models import WaitlistEntry
from tests.phones import MIA, NEW, NOA, sign_in
from tests.visits import forget_limits, words_of

pytestmark = pytest.mark.django_db
WISH = {"first_day": "2026-11-26", "last_day": "2026-11-28", "part": "morning", "note": "Any chair"}


@pytest.fixture(autouse=True)
def moment(at, now):
    at(now)


@pytest.fixture
def url(world):
    return f"/b/bella-hair/waitlist/?s={world.colour.pk}.{world.colour_short.pk}&s={world.cut.pk}&t={world.maya.pk}"


def test_visitor_signs_in_first_and_nothing_is_lost(world, client, url):
    page = words_of(client.get(url + "&day=2026-11-29"))
    assert "sign in with your mobile number first" in page
    query = page.split('href="/b/bella-hair/sign-in/')[1].split('"')[0]
    assert "next=waitlist" in query
    back = sign_in(client, MIA, query)["Location"]
    page = words_of(client.get(back))
    assert 'value="2026-11-29"' in page
    assert "Colour" in page
    assert "Maya" in page
    assert client.post(url, WISH).status_code == 303


def test_wish_reaches_the_staffs_list_and_is_confirmed(world, client, url):
    sign_in(client, MIA)
    response = client.post(url, WISH)
    entry = WaitlistEntry.objects.get()
    assert (entry.client, entry.source, entry.note, entry.team_member) == (world.mia, "online", "Any chair", world.maya)
    window = entry.windows.get()
    assert (window.first_day, window.last_day, window.from_time, window.to_time) == (date(2026, 11, 26), date(2026, 11, 28), None, time(12))
    assert [(line.service, line.variant) for line in entry.lines.all()] == [(world.colour, world.colour_short), (world.cut, None)]
    page = words_of(client.get(response["Location"]))
    assert "You're on the waitlist" in page
    assert "Nothing is booked yet" in page


@pytest.mark.django_db(transaction=True)
def test_pressed_on_many_connections_at_once_is_one_wish(world, client, url):
    sign_in(client, MIA)
    token = client.cookies[f"client-{world.bella.pk}"].value
    ready = Barrier(6)

    def press(_: int) -> str:
        try:
            tab = Browser(headers={"Cookie": f"client-{world.bella.pk}={token}"})
            ready.wait(timeout=30)
            return tab.post(url, WISH)["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(press, range(6)))) == 1
    assert WaitlistEntry.objects.count() == 1


def test_pressed_twice_is_one_wish(world, client, url):
    sign_in(client, MIA)
    first, second = client.post(url, WISH), client.post(url, WISH)
    assert first["Location"] == second["Location"]
    assert WaitlistEntry.objects.count() == 1
    client.post(url, WISH | {"part": "evening"})
    assert WaitlistEntry.objects.count() == 2


def test_other_person_or_other_words_are_another_wish(world, client):
    sign_in(client, MIA)
    forget_limits()
    url = f"/b/bella-hair/waitlist/?s={world.cut.pk}"
    for member, note in (
        (world.maya.pk, "Any chair"),
        (world.tom_member.pk, "Any chair"),
        (world.maya.pk, "By the window"),
        (world.maya.pk, ""),
    ):
        page = words_of(client.get(client.post(f"{url}&t={member}", WISH | {"note": note})["Location"]))
        assert f"with {'Maya' if member == world.maya.pk else 'Tom'}" in page
    wishes = WaitlistEntry.objects.order_by("pk").values_list("team_member__first_name", "note")
    assert list(wishes) == [("Maya", "Any chair"), ("Tom", "Any chair"), ("Maya", "By the window")]


def test_wish_typed_when_the_sign_in_had_ended_is_there_after_the_code(world, client, url):
    sign_in(client, MIA)
    ClientSession.objects.update(expires_at=ClientSession.objects.get().created_at)
    away = client.post(url, WISH)["Location"]
    assert "Any" not in away, "the note stays out of addresses"
    page = words_of(client.get(sign_in(client, MIA, "?" + away.split("?")[1])["Location"]))
    for kept in ('value="2026-11-26"', 'value="2026-11-28"', 'value="morning" checked', ">Any chair</textarea>", "Colour", "Maya"):
        assert kept in page
    assert not WaitlistEntry.objects.exists()


def test_new_client_says_their_name_before_they_wait(world, client, url):
    sign_in(client, NEW)
    away = client.post(url, WISH)["Location"]
    name = client.get(away)["Location"]
    assert not WaitlistEntry.objects.exists()
    back = client.post(name, {"first_name": "Zoe", "email": ""})["Location"]
    page = words_of(client.get(back))
    assert ">Any chair</textarea>" in page
    assert 'value="2026-11-28"' in page
    assert client.post(url, WISH)["Location"].startswith("/b/bella-hair/waitlist/")
    assert WaitlistEntry.objects.get().client.first_name == "Zoe"


@pytest.mark.parametrize("carried", ["day=any&until=any&part=2026-11-26", "day=x&until=2026-13-45&part=<b>", "day=&until=&part="])
def test_days_carried_in_an_address_that_cannot_be_read_are_left_out(world, client, url, carried):
    sign_in(client, MIA)
    response = client.get(f"{url}&{carried}")
    assert response.status_code == 200
    assert 'value="any" checked' in words_of(response)
    assert 'value="2026-11-25"' in words_of(response)


def test_joining_again_and_again_is_slowed_down_and_nothing_typed_is_lost(world, client, url):
    sign_in(client, MIA)
    forget_limits()
    answers = [client.post(url, WISH | {"note": f"Chair {press}"}) for press in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1]["Retry-After"]) >= 1
    for kept in ("Nothing is lost: join again in", ">Chair 10</textarea>", 'value="2026-11-28"', 'value="morning" checked'):
        assert kept in words_of(answers[-1])
    assert WaitlistEntry.objects.count() == 10


def test_chosen_time_of_a_conflict_is_the_first_idea(world, client, url):
    sign_in(client, MIA)
    page = words_of(client.get(url + "&at=2026-11-26T02:30Z"))
    assert page.count('value="2026-11-26"') == 2
    assert 'value="afternoon" checked' in page


def test_note_of_the_booking_comes_along(world, client, url):
    sign_in(client, MIA)
    query = f"s={world.cut.pk}&t={world.maya.pk}&at=2026-11-26T02:30Z&flow=7a1de0c6-5f0b-4a35-8f13-2f8c0f7c9b11"
    assert (
        client.post("/b/bella-hair/review/?", dict(part.split("=") for part in f"{query}&do=note&note=Side door".split("&"))).status_code
        == 204
    )
    assert ">Side door</textarea>" in words_of(client.get(f"/b/bella-hair/waitlist/?{query}"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"first_day": "2026-11-01"}, "That day has passed"),
        ({"last_day": "2026-11-25"}, "The last day comes before"),
        ({"first_day": "soon"}, "Write the day as"),
        ({"first_day": "0001-01-01"}, "That day has passed"),
        ({"last_day": "9999-12-31"}, "within the next twelve months"),
        ({"part": "midnight"}, "Choose one of these times"),
        ({"note": "x" * 10_000}, "Notes can be up to 500"),
        ({"note": "a\x00b"}, "Null characters"),
        ({"first_day": ""}, "Choose the first day"),
    ],
)
def test_what_cannot_be_read_is_explained_and_the_rest_kept(world, client, url, wrong, words):
    sign_in(client, MIA)
    response = client.post(url, WISH | {"note": "Any <chair>"} | wrong)
    assert response.status_code == 422
    assert words in words_of(response)
    assert "Hair cut" in words_of(response)
    if "note" not in wrong:
        assert "Any &lt;chair&gt;" in response.content.decode()
    assert not WaitlistEntry.objects.exists()


def test_foreign_and_archived_services_are_left_out(world, client):
    sign_in(client, MIA)
    for query in ("", f"?s={world.rival_cut.pk}", "?s=99999999999999999999", "?s=x"):
        response = client.post(f"/b/bella-hair/waitlist/{query}", WISH)
        assert response.status_code == 422
        assert "First choose what you would like done" in words_of(response)
    assert not WaitlistEntry.objects.exists()


def test_somebody_elses_entry_is_not_shown(world, client, url):
    sign_in(client, MIA)
    joined = client.post(url, WISH)["Location"]
    client.post("/b/bella-hair/sign-out/")
    sign_in(client, NOA)
    assert "You're on the waitlist" not in words_of(client.get(joined))
