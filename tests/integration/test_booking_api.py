"""The JSON beside the pages: slots and the review session."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from business.models import Business
from scheduler.models import Appointment
from tests.visits import FLOW, OTHER_FLOW, TEN, arrive, close, form, haircut, sign_in
from tests.world import NOW, World

SLOTS = "/api/v1/b/bella-hair/slots"
SESSION = "/api/v1/b/bella-hair/review-session"


@pytest.fixture(autouse=True)
def _today(at, world: World, mongo) -> None:
    at(NOW)


def _post(client: Browser, choice, **body: object):
    return client.post(SESSION, {"selection": choice.to_query()} | body, content_type="application/json")


def test_slots_name_start_and_people(client: Browser, world: World) -> None:
    answer = client.get(SLOTS, {"s": world.cut.pk, "t": "any", "day": "2026-11-26"}).json()
    assert answer["zone"] == "Australia/Sydney"
    assert answer["slots"][0] == {"start": "2026-11-25T22:00Z", "people": ["Maya", "Tom"]}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"s": "x", "day": "2026-11-26"},
        {"s": "999999", "day": "2026-11-26"},
        {"s": "CUT"},
        {"s": "CUT", "day": "2026-11-01"},
        {"s": "CUT", "day": "\x00"},
        {"s": "CUT", "t": "RIVAL", "day": "2026-11-26"},
        {"s": "RIVALCUT", "day": "2026-11-26"},
        {"s": "CUT", "day": "2026-11-26", "at": "x"},
        {"s": "CUT", "day": "2026-11-26", "at": "\x00"},
    ],
)
def test_slots_of_nonsense_are_refused(client: Browser, world: World, query: dict) -> None:
    names = {"CUT": world.cut.pk, "RIVAL": world.rival_member.pk, "RIVALCUT": world.rival_cut.pk}
    answer = client.get(SLOTS, {key: names.get(value, value) for key, value in query.items()})
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_session_needs_a_signed_in_client(client: Browser, world: World) -> None:
    assert client.get(f"{SESSION}?{haircut(world).to_query()}").status_code in (401, 403)
    assert _post(client, haircut(world)).status_code in (401, 403)


@pytest.mark.s("S11", "S20")
def test_arriving_by_script_starts_the_ten_minutes(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    answer = _post(client, haircut(world)).json()
    assert (answer["state"], answer["slot"], answer["booked"]) == ("live", "free", False)
    assert datetime.fromisoformat(answer["deadline"]) - datetime.fromisoformat(answer["now"]) == timedelta(minutes=10)
    assert mongo.booking_drafts.find_one({})["review_expires_at"] == datetime.fromisoformat(answer["deadline"])


def test_looking_changes_nothing(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    answer = client.get(f"{SESSION}?{haircut(world).to_query()}").json()
    assert (answer["state"], answer["deadline"]) == ("new", None)
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.s("D2")
def test_more_time_moves_the_deadline(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=9))
    answer = _post(client, haircut(world), more_time=True).json()
    assert close(datetime.fromisoformat(answer["deadline"]), NOW + timedelta(minutes=19))


def test_taken_time_is_said(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    noa = Browser()
    sign_in(noa, world.noa)
    noa.post("/b/bella-hair/confirm/", form(haircut(world, member=world.maya.pk)))
    assert client.get(f"{SESSION}?{haircut(world, member=world.maya.pk).to_query()}").json()["slot"] == "taken"


def test_booked_flow_is_said_and_not_captured_again(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    client.post("/b/bella-hair/confirm/", form(haircut(world)))
    assert _post(client, haircut(world)).json()["booked"] is True
    assert mongo.booking_drafts.find_one({})["status"] == "converted"
    assert Appointment.objects.get().confirm_key == FLOW


@pytest.mark.s("S27", "D6")
@pytest.mark.parametrize("more_time", [False, True])
@pytest.mark.parametrize("anybody", [False, True])
def test_second_tab_after_booking_makes_no_draft(client: Browser, world: World, mongo, anybody: bool, more_time: bool) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, member=None if anybody else world.maya.pk)
    arrive(client, choice)
    client.post("/b/bella-hair/confirm/", form(choice))
    answer = _post(client, replace(choice, flow=OTHER_FLOW), more_time=more_time).json()
    assert (answer["state"], answer["deadline"]) == ("new", None)
    assert mongo.booking_drafts.find_one({})["status"] == "converted"
    assert mongo.booking_drafts.find_one({})["engagement"] == 1


@pytest.mark.s("S27")
def test_second_tab_pressing_continue_after_booking_makes_no_draft(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    client.post("/b/bella-hair/confirm/", form(haircut(world)))
    assert arrive(client, haircut(world, flow=OTHER_FLOW)).status_code == 303
    assert mongo.booking_drafts.count_documents({}) == 0


def _taken(world: World) -> None:
    noa = Browser()
    sign_in(noa, world.noa)
    noa.post("/b/bella-hair/confirm/", form(haircut(world, member=world.maya.pk)))


def _shut(world: World) -> None:
    Business.objects.filter(pk=world.bella.pk).update(online_booking=False)


@pytest.mark.s("S04", "D6")
@pytest.mark.parametrize(("become", "start"), [(_taken, TEN), (_shut, TEN), (lambda _: None, NOW - timedelta(hours=1))])
def test_script_captures_nothing_the_page_would_not(client: Browser, world: World, mongo, become, start) -> None:
    sign_in(client, world.mia)
    become(world)
    answer = _post(client, haircut(world, member=world.maya.pk, start_at=start))
    assert (answer.status_code, answer.json()["state"]) == (200, "new")
    assert mongo.booking_drafts.count_documents({"client_id": world.mia.pk}) == 0


@pytest.mark.parametrize("body", [{}, {"selection": "s=\x00"}, {"selection": "x" * 3000}, {"selection": ["a"]}, {"selection": {"$ne": ""}}])
def test_nonsense_is_refused(client: Browser, world: World, mongo, body: dict) -> None:
    sign_in(client, world.mia)
    assert client.post(SESSION, body, content_type="application/json").status_code == 400
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.parametrize("body", [b'{"selection": "\\ud800"}', b"[" * 5000, b"\xff", b"1e999", b"null"])
def test_broken_json_is_refused(client: Browser, world: World, body: bytes) -> None:
    sign_in(client, world.mia)
    answer = client.post(SESSION, body, content_type="application/json")
    assert 400 <= answer.status_code < 500


def test_post_without_csrf_is_refused(world: World, mongo) -> None:
    browser = Browser(enforce_csrf_checks=True)
    sign_in(browser, world.mia)
    assert _post(browser, haircut(world)).status_code == 403
    assert mongo.booking_drafts.count_documents({}) == 0


def test_capture_is_limited_to_thirty_a_minute(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    answers = [_post(client, haircut(world)) for _ in range(32)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1]
