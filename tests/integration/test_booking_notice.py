"""The minimum notice guards what is offered, not what a client chose while it was offered (D3, D4)."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client as Browser

from business.models import Business
from drafts import actions as drafts
from scheduler.models import Appointment
from tests.leaving import OVER, again
from tests.links import unfinished
from tests.visits import TEN, arrive, form, haircut, sign_in
from tests.world import NOW, World

# Thursday 10:00 is 25 hours after NOW; the notice is a day. Two hours later it is too late to be offered it.
LATER = NOW + timedelta(hours=2)
URL = "/b/bella-hair"


@pytest.fixture(autouse=True)
def _a_day_of_notice(at, world: World, mongo) -> None:
    at(NOW)
    Business.objects.filter(pk=world.bella.pk).update(minimum_notice_min=24 * 60)
    world.bella.refresh_from_db()


def _time_of(draft) -> object:
    return draft["selection"]["start_at"]


@pytest.mark.s("D3", "D4")
def test_link_books_a_time_that_went_inside_the_notice(client: Browser, world: World, at) -> None:
    path, draft = unfinished(world, start_at=TEN)
    at(LATER)
    page = client.get(path).content.decode()
    assert "free any more" not in page
    shown = page.split('name="shown" value="')[1].split('"')[0].replace("&amp;", "&")
    assert client.post(path, {"do": "confirm", "shown": shown}).status_code == 303
    assert Appointment.objects.get().starts == TEN
    assert again(draft, LATER).open is False


@pytest.mark.s("D3", "D4")
def test_link_change_something_and_confirm_keep_the_time(client: Browser, world: World, at) -> None:
    path, draft = unfinished(world, start_at=TEN)
    at(LATER)
    review = client.post(path, {"do": "change"})["Location"]
    assert again(draft, LATER).selection.start_at == TEN
    assert 'id="taken" role="alert" hidden' in client.get(review).content.decode()
    assert client.post(f"{URL}/confirm/?", form(haircut(world, flow=draft.flow))).status_code == 303
    assert Appointment.objects.get().starts == TEN


@pytest.mark.s("D3")
@pytest.mark.parametrize("hours", [1, 2, 23])
def test_confirm_does_not_ask_the_notice_again(client: Browser, world: World, at, hours: int) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(hours=hours))
    drafts.expire_due(now=NOW + timedelta(hours=hours))
    assert "free any more" not in client.get(f"{URL}/time/?{haircut(world).to_query()}").content.decode()
    assert client.post(f"{URL}/confirm/", form(haircut(world))).status_code == 303
    assert Appointment.objects.get().starts == TEN


def test_time_keeps_the_time_that_was_chosen(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(LATER)
    answer = client.get(f"{URL}/time/?{haircut(world).to_query()}")
    assert answer.status_code == 200
    assert 'value="2026-11-25T23:00Z" required checked' in answer.content.decode()
    assert 'value="2026-11-25T23:00Z"' not in Browser().get(f"{URL}/time/?s={world.cut.pk}&t=any&day=2026-11-26").content.decode()


@pytest.mark.s("D4")
def test_script_is_told_that_a_held_time_is_free_until_it_is_taken(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world, member=world.maya.pk))
    at(LATER)
    page = client.get(f"{URL}/time/?{haircut(world, member=world.maya.pk).to_query()}").content.decode()
    api = unescape(page.split('data-slots="')[1].split('"')[0])
    assert "2026-11-25T23:00Z" in {slot["start"] for slot in client.get(api).json()["slots"]}
    assert "2026-11-25T23:00Z" not in {slot["start"] for slot in Browser().get(api).json()["slots"]}
    noa = Browser()
    sign_in(noa, world.noa)
    at(NOW)
    other = haircut(world, member=world.maya.pk, flow="33333333-3333-4333-8333-333333333333")
    assert noa.post(f"{URL}/confirm/", form(other)).status_code == 303
    at(LATER)
    assert "2026-11-25T23:00Z" not in {slot["start"] for slot in client.get(api).json()["slots"]}


@pytest.mark.parametrize("press", ["confirm", "more_time", "arrive", "script", "sign in", "link"])
def test_time_that_was_never_offered_cannot_be_had_by_hand(client: Browser, world: World, at, mongo, press: str) -> None:
    at(LATER)
    sign_in(client, world.mia)
    choice = haircut(world)
    if press == "link":
        path, _ = unfinished(world, start_at=TEN + timedelta(days=3))
        client.post(path, {"do": "change", "at": "2026-11-25T23:00Z"})
    elif press == "script":
        body = {"selection": choice.to_query(), "more_time": True}
        client.post("/api/v1/b/bella-hair/review-session", body, content_type="application/json")
    elif press != "confirm":
        where = "sign-in" if press == "sign in" else "review"
        client.post(f"{URL}/{where}/?{choice.to_query()}", form(choice, do=press))
    assert client.post(f"{URL}/confirm/", form(choice)).status_code in {409, 422}
    assert Appointment.objects.count() == 0
    assert all(_time_of(draft) != TEN for draft in mongo.booking_drafts.find({}))


@pytest.mark.s("D3")
@pytest.mark.parametrize(("minutes", "status"), [(29, 303), (31, 422)])
def test_without_a_draft_a_time_stays_bookable_half_an_hour(client: Browser, world: World, at, minutes: int, status: int) -> None:
    at(TEN - timedelta(hours=24) + timedelta(minutes=minutes))
    sign_in(client, world.mia)
    assert client.post(f"{URL}/confirm/", form(haircut(world))).status_code == status


@pytest.mark.s("D4")
def test_held_time_that_somebody_took_is_taken(client: Browser, world: World, at) -> None:
    path, _ = unfinished(world, start_at=TEN)
    noa = Browser()
    sign_in(noa, world.noa)
    for flow, member in (("3" * 8, world.maya), ("4" * 8, world.tom_member)):
        noa.post(f"{URL}/confirm/", form(haircut(world, member=member.pk, flow=f"{flow}-1111-4111-8111-111111111111")))
    assert Appointment.objects.count() == 2
    at(LATER)
    assert "free any more" in client.get(path).content.decode().replace("&#x27;", "'")
    assert OVER < LATER
