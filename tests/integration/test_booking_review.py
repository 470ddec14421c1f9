"""Step 4, Review & Book: when the draft is written, how its ten minutes stand, and what GET must never do."""

import html
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from booking.wizard import start_text
from business.models import Client, ClientSession, Service
from drafts import actions as drafts
from drafts import queries as draft_queries
from scheduler.models import Appointment
from tests.visits import FLOW, OTHER_FLOW, TEN, arrive, close, form, haircut, sign_in, take
from tests.world import NOW, World

URL = "/b/bella-hair/review/"
CONFIRM = "/b/bella-hair/confirm/"
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _today(at, world: World, mongo) -> None:
    at(NOW)


def _draft(mongo, world: World) -> dict:
    found = list(mongo.booking_drafts.find({"business_id": world.bella.pk, "client_id": world.mia.pk}))
    assert len(found) <= 1
    return found[0] if found else {}


@pytest.mark.s("S01", "S07", "S10", "S11", "S20", "D1")
def test_arriving_writes_the_draft_and_the_page_shows_its_deadline(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, services=((world.colour.pk, world.colour_long.pk), (world.toner.pk, None)), member=world.maya.pk)
    answer = arrive(client, choice)
    assert (answer.status_code, answer["Location"]) == (303, f"{URL}?{choice.to_query()}")
    draft = _draft(mongo, world)
    assert [(line["service_id"], line["variant_id"]) for line in draft["selection"]["services"]] == list(choice.services)
    assert (draft["selection"]["team_member_id"], draft["selection"]["start_at"]) == (world.maya.pk, TEN)
    page = client.get(answer["Location"]).content.decode()
    assert draft["review_expires_at"] - draft["review_started_at"] == TEN_MINUTES
    assert f'data-deadline="{draft["review_expires_at"].isoformat()}"' in page.replace("&#x2B;", "+")
    assert 'role="timer" data-countdown-clock>10:00</span>' in page


@pytest.mark.s("S12")
def test_banner_says_finish_booking_in(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(seconds=18, milliseconds=-400))
    page = client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    assert "Finish booking in" in page
    assert ">9:42</span>" in page
    assert page.index("Finish booking in") < page.index("<main")


@pytest.mark.s("S13")
def test_banner_is_red_with_changed_words_from_two_minutes_on(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=7, seconds=59))
    assert "is-late" not in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    at(NOW + timedelta(minutes=8, seconds=2))
    page = client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    assert "is-late" in page
    assert "almost out of time" in page


@pytest.mark.s("D2", "S20")
def test_reload_keeps_the_deadline_and_changes_nothing(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    before = _draft(mongo, world)
    at(NOW + timedelta(minutes=3))
    page = client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    assert f'data-deadline="{before["review_expires_at"].isoformat()}"' in page.replace("&#x2B;", "+")
    assert ">7:00</span>" in page
    client.head(f"{URL}?{haircut(world).to_query()}")
    assert _draft(mongo, world) == before
    arrive(client, haircut(world))
    again = _draft(mongo, world)
    assert (again["review_expires_at"], again["engagement"]) == (before["review_expires_at"], 1)


@pytest.mark.s("D2", "S08", "S09", "S74")
def test_changed_selection_starts_ten_fresh_minutes_and_replaces_the_lines(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=3))
    arrive(client, haircut(world, services=((world.toner.pk, None),)))
    draft = _draft(mongo, world)
    assert close(draft["review_expires_at"], NOW + timedelta(minutes=13))
    assert close(draft["purge_at"], NOW + timedelta(hours=24, minutes=3))
    assert [line["service_id"] for line in draft["selection"]["services"]] == [world.toner.pk]
    assert draft["engagement"] == 1


@pytest.mark.s("D2")
def test_more_time_starts_ten_fresh_minutes_of_the_same_engagement(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=9))
    answer = client.post(URL, form(haircut(world), do="more_time"))
    assert answer.status_code == 303
    draft = _draft(mongo, world)
    assert close(draft["review_expires_at"], NOW + timedelta(minutes=19))
    assert draft["engagement"] == 1


@pytest.mark.s("D2", "S09")
@pytest.mark.parametrize("do", [{"do": "more_time"}, {}])
def test_note_on_the_page_comes_along_whatever_is_pressed(client: Browser, world: World, mongo, do: dict[str, str]) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    answer = client.post(URL, form(haircut(world), note="Side door, please", **do))
    assert "Side door, please</textarea>" in client.get(answer["Location"]).content.decode()
    assert _draft(mongo, world)["selection"]["notes"] == "Side door, please"


@pytest.mark.s("D2")
def test_too_long_a_note_is_kept_on_the_page_and_the_time_is_given(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=9))
    answer = client.post(URL, form(haircut(world), note="n" * 501, do="more_time"))
    assert answer.status_code == 422
    assert "n" * 501 in answer.content.decode()
    assert close(_draft(mongo, world)["review_expires_at"], NOW + timedelta(minutes=19))


@pytest.mark.s("S14", "D6")
def test_page_after_the_end_keeps_the_choice_and_looking_again_is_no_engagement(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + TEN_MINUTES)
    drafts.expire_due(now=NOW + TEN_MINUTES)
    before = _draft(mongo, world)
    page = client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    assert _draft(mongo, world) == before
    assert 'data-state="ended"' in page
    assert "Your review time ran out. We kept your choices." in page
    assert "may still be free, or someone else may have taken it" in page
    assert "Keep this time" in page
    time_url = html.escape(f"/b/bella-hair/time/?{haircut(world).to_query()}")
    assert f'href="{time_url}">Pick a new time</a>' in page


@pytest.mark.s("S20", "S21", "S23", "S24")
def test_moment_the_page_names_is_the_moment_staff_see_it(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    named = client.get(f"{URL}?{haircut(world).to_query()}").content.decode().split('data-deadline="')[1].split('"')[0]
    deadline = datetime.fromisoformat(html.unescape(named))
    for moment, state, waiting in ((deadline - timedelta(milliseconds=1), "live", 0), (deadline, "ended", 1)):
        at(moment)
        assert f'data-state="{state}"' in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
        assert draft_queries.waiting_count(business_id=world.bella.pk, now=moment) == waiting
        assert drafts.expire_due(now=moment) == waiting
    assert draft_queries.waiting_count(business_id=world.bella.pk, now=deadline) == 1


@pytest.mark.s("S15", "S16", "S17")
def test_two_clients_review_one_time_and_the_one_who_came_second_may_book_it(client: Browser, world: World, mongo, at) -> None:
    choice, later = haircut(world, member=world.maya.pk), haircut(world, member=world.maya.pk, flow=OTHER_FLOW)
    noa = Browser()
    sign_in(client, world.mia)
    sign_in(noa, world.noa)
    arrive(client, choice)
    at(NOW + timedelta(minutes=2))
    offered = Browser().get("/api/v1/b/bella-hair/slots", {"s": world.cut.pk, "t": world.maya.pk, "day": "2026-11-26"}).json()
    assert start_text(TEN) in [slot["start"] for slot in offered["slots"]]
    assert arrive(noa, later)["Location"] == f"{URL}?{later.to_query()}"
    for browser, chosen, left in ((client, choice, "8:00"), (noa, later, "10:00")):
        assert f"data-countdown-clock>{left}</span>" in browser.get(f"{URL}?{chosen.to_query()}").content.decode()
    assert mongo.booking_drafts.count_documents({"status": "reviewing", "selection.start_at": TEN}) == 2
    assert noa.post("/b/bella-hair/confirm/", form(later)).status_code == 303
    assert client.post("/b/bella-hair/confirm/", form(choice)).status_code == 409
    assert Appointment.objects.get().client == world.noa


@pytest.mark.s("D3")
def test_keeping_the_time_after_the_end_is_a_new_engagement(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    drafts.expire_due(now=NOW + TEN_MINUTES)
    at(NOW + timedelta(minutes=12))
    client.post(URL, form(haircut(world), do="more_time"))
    draft = _draft(mongo, world)
    assert close(draft["review_expires_at"], NOW + timedelta(minutes=22))
    assert (draft["status"], draft["engagement"]) == ("reviewing", 2)


def test_deep_link_shows_review_without_countdown_and_without_a_draft(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    page = client.get(f"{URL}?{haircut(world).to_query()}").content.decode()
    assert 'data-state="new"' in page
    assert "data-deadline" not in page
    assert "Save my choices" in page
    assert _draft(mongo, world) == {}


@pytest.mark.s("S01", "S05")
def test_stranger_is_asked_for_the_phone_with_the_choice_kept(client: Browser, world: World, mongo) -> None:
    for answer in (client.get(f"{URL}?{haircut(world).to_query()}"), arrive(client, haircut(world))):
        assert answer.status_code == 303
        assert answer["Location"] == f"/b/bella-hair/sign-in/?{haircut(world).to_query()}"
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.s("S03")
def test_client_without_a_verified_phone_is_not_captured(client: Browser, world: World, mongo) -> None:
    Client.objects.filter(pk=world.mia.pk).update(phone_verified_at=None)
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    assert _draft(mongo, world) == {}
    assert client.get(f"{URL}?{haircut(world).to_query()}").status_code == 200


@pytest.mark.s("S04")
def test_no_draft_without_a_service(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    assert arrive(client, haircut(world, services=()))["Location"].startswith("/b/bella-hair/services/")
    assert arrive(client, haircut(world, services=((999_999, None),))).status_code == 422
    assert _draft(mongo, world) == {}


def test_arriving_without_a_time_is_explained_and_the_rest_kept(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    answer = arrive(client, haircut(world, start_at=None))
    assert answer.status_code == 422
    assert "Choose a time to continue." in answer.content.decode()
    assert _draft(mongo, world) == {}


def test_arriving_at_a_taken_time_leads_to_the_nearest(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    take(world, world.maya)
    answer = arrive(client, haircut(world, member=world.maya.pk))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "That time isn&#x27;t free any more" in page
    assert page.count("nearest-time") == 3
    assert _draft(mongo, world) == {}


def test_time_taken_meanwhile_is_said_at_once(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world, member=world.maya.pk))
    take(world, world.maya)
    page = client.get(f"{URL}?{haircut(world, member=world.maya.pk).to_query()}").content.decode()
    assert 'id="taken" role="alert">' in page
    assert page.count("nearest-time") == 3


def test_nearest_time_of_a_taken_one_is_one_press_and_keeps_the_note(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, member=world.maya.pk)
    arrive(client, choice)
    client.post(URL, form(choice, do="note", note="Side door"))
    take(world, world.maya)
    page = client.get(f"{URL}?{choice.to_query()}").content.decode()
    press = re.search(r'<form method="post" action="/b/bella-hair/review/">(?:(?!</form>).)*nearest-time.*?</form>', page, re.DOTALL)
    sent = re.findall(r'name="([^"]+)" value="([^"]*)"', press[0])
    answer = client.post(URL, {name: value for name, value in sent if name != "csrfmiddlewaretoken"})
    assert answer.status_code == 303
    assert start_text(_draft(mongo, world)["selection"]["start_at"]) == dict(sent)["at"] != start_text(choice.start_at)
    assert "Side door" in client.get(answer["Location"]).content.decode()


def test_only_person_who_does_it_all_is_named(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    both = haircut(world, services=((world.cut.pk, None), (world.colour.pk, world.colour_short.pk)))
    page = client.get(f"{URL}?{both.to_query()}").content.decode()
    assert "<p>Maya<span" in page
    assert "Any team member" not in page
    arrive(client, both)
    assert _draft(mongo, world)["selection"]["team_member_id"] is None, "the choice stays what it was"


def test_archived_service_is_named_and_the_rest_reviewed(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    Service.objects.filter(pk=world.toner.pk).update(archived_at=NOW)
    answer = client.get(f"{URL}?{haircut(world, services=((world.cut.pk, None), (world.toner.pk, None))).to_query()}")
    assert answer.status_code == 422
    assert "Toner is no longer offered" in answer.content.decode()
    assert "Hair cut" in answer.content.decode()


@pytest.mark.s("S07")
def test_note_is_saved_without_moving_the_countdown(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=4))
    assert client.post(URL, form(haircut(world), do="note", note="Side door, please. $secret")).status_code == 204
    draft = _draft(mongo, world)
    assert draft["selection"]["notes"] == "Side door, please. $secret"
    assert draft["selection"]["team_member_id"] is None, "any team member"
    assert close(draft["review_expires_at"], NOW + TEN_MINUTES)
    assert draft["engagement"] == 1
    assert "Side door, please. $secret" in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()


def test_note_after_the_end_does_not_engage_again(client: Browser, world: World, mongo, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    drafts.expire_due(now=NOW + TEN_MINUTES)
    at(NOW + timedelta(minutes=11))
    client.post(URL, form(haircut(world), do="note", note="Still here"))
    assert (_draft(mongo, world)["status"], _draft(mongo, world)["engagement"]) == ("incomplete", 1)
    assert "Still here" in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()


def test_note_of_the_first_flow_outlives_a_second(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    client.post(URL, form(haircut(world), do="note", note="Side door"))
    arrive(client, haircut(world, flow=OTHER_FLOW))
    assert _draft(mongo, world)["selection"]["notes"] == "Side door"
    for flow in (FLOW, OTHER_FLOW):
        assert ">Side door</textarea>" in client.get(f"{URL}?{haircut(world, flow=flow).to_query()}").content.decode()


@pytest.mark.parametrize("minutes", [4, 11])
def test_note_that_was_emptied_stays_empty(client: Browser, world: World, mongo, at, minutes: int) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    client.post(URL, form(haircut(world), do="note", note="Side door"))
    at(NOW + timedelta(minutes=minutes))
    client.post(URL, form(haircut(world), do="note", note=""))
    assert "Side door" not in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()


def test_note_that_is_too_long_is_explained_and_kept(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    answer = client.post(URL, form(haircut(world), do="note", note="n" * 10_000))
    assert answer.status_code == 422
    assert "up to 500 characters" in answer.content.decode()
    assert "n" * 10_000 in answer.content.decode()
    assert _draft(mongo, world)["selection"]["notes"] == ""


def test_note_with_nul_script_and_emoji_is_kept_as_text(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    client.post(URL, form(haircut(world), do="note", note="a\x00b <script>alert(1)</script> 👩‍👧"))
    assert _draft(mongo, world)["selection"]["notes"] == "ab <script>alert(1)</script> 👩‍👧"
    assert "<script>alert(1)" not in client.get(f"{URL}?{haircut(world).to_query()}").content.decode()


def test_review_without_an_address_restores_what_this_device_was_booking(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world, member=world.maya.pk))
    page = client.get(URL).content.decode()
    assert "Thursday 26 November 2026" in page
    assert "Maya" in page


def test_second_tab_keeps_its_own_flow_and_shares_the_draft(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    arrive(client, haircut(world, flow=OTHER_FLOW))
    assert _draft(mongo, world)["engagement"] == 1
    page = client.get(f"{URL}?{haircut(world, flow=OTHER_FLOW).to_query()}").content.decode()
    assert str(OTHER_FLOW) in page
    assert 'data-state="live"' in page


def test_arriving_without_a_flow_gets_one(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    answer = arrive(client, haircut(world, flow=None))
    assert f"flow={_draft(mongo, world)['flow']}" in answer["Location"]


def test_draft_that_cannot_be_read_keeps_nobody_from_booking(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    mongo.booking_drafts.update_one({}, {"$set": {"closed_flow": "x" * 36}})
    arrived = arrive(client, haircut(world))
    assert arrived.status_code == 303
    assert client.get(arrived["Location"]).status_code == 200
    assert client.post("/b/bella-hair/confirm/", form(haircut(world))).status_code == 303
    assert Appointment.objects.get().client == world.mia


def test_flow_already_booked_is_answered_with_its_booking(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    made = take(world, world.maya, client=world.mia)
    Appointment.objects.filter(pk=made.pk).update(confirm_key=FLOW)
    for answer in (client.get(f"{URL}?{haircut(world).to_query()}"), arrive(client, haircut(world))):
        assert (answer.status_code, answer["Location"]) == (303, f"/b/bella-hair/booked/{made.pk}/")
    assert _draft(mongo, world) == {}


def test_client_of_another_business_is_a_stranger_here(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.rival_mia)
    assert arrive(client, haircut(world))["Location"].startswith("/b/bella-hair/sign-in/")
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.s("S01")
def test_expired_device_session_is_a_stranger(client: Browser, world: World, mongo) -> None:
    session = sign_in(client, world.mia)
    ClientSession.objects.filter(pk=session.pk).update(expires_at=NOW - timedelta(minutes=1))
    assert client.get(f"{URL}?{haircut(world).to_query()}")["Location"].startswith("/b/bella-hair/sign-in/")
    assert arrive(client, haircut(world))["Location"].startswith("/b/bella-hair/sign-in/")
    body = {"selection": haircut(world).to_query()}
    assert client.post("/api/v1/b/bella-hair/review-session", body, content_type="application/json").status_code == 403
    assert _draft(mongo, world) == {}


def test_member_who_stopped_doing_it_leads_to_team(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    world.maya.services.remove(world.cut)
    answer = client.get(f"{URL}?{replace(haircut(world), member=world.maya.pk).to_query()}")
    assert answer.status_code == 422
    assert "Who would you like to see?" in answer.content.decode()


def test_form_from_elsewhere_is_refused(world: World, mongo) -> None:
    browser = Browser(enforce_csrf_checks=True)
    sign_in(browser, world.mia)
    assert arrive(browser, haircut(world)).status_code == 403
    assert mongo.booking_drafts.count_documents({}) == 0


@pytest.mark.s("S01")
def test_new_client_says_their_name_before_review_and_the_note_waits(client: Browser, world: World, mongo) -> None:
    Client.objects.filter(pk=world.mia.pk).update(first_name="")
    sign_in(client, world.mia)
    query = haircut(world).to_query()
    for answer in (
        client.get(f"{URL}?{query}"),
        arrive(client, haircut(world)),
        client.post(CONFIRM, form(haircut(world), note="Side door")),
    ):
        assert answer["Location"] == f"/b/bella-hair/sign-in/?{query}"
    body = {"selection": query}
    client.post("/api/v1/b/bella-hair/review-session", body, content_type="application/json")
    assert _draft(mongo, world) == {}
    assert not Appointment.objects.exists()
    onward = client.post(f"/b/bella-hair/code/?{query}", {"first_name": "Mia", "last_name": "", "email": ""})
    assert "Side door</textarea>" in client.get(onward["Location"]).content.decode()
