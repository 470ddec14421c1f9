"""Confirm: books whatever the clock and the draft say, once per flow; the conflict page; who won a booking back."""

import base64
import html
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client as Browser

from business.models import ClientSession, DayCounter, Service
from core import identifiers
from core import mongo as mongo_client
from drafts import actions as drafts
from drafts import queries as draft_queries
from followups import sweep
from messaging.models import Message, StaffNotice
from scheduler.models import Appointment
from tests import phones
from tests.visits import FLOW, OTHER_FLOW, TEN, arrive, form, haircut, sign_in, take
from tests.world import NOW, World

URL = "/b/bella-hair/confirm/"


@pytest.fixture(autouse=True)
def _today(at, world: World, mongo) -> None:
    at(NOW)


def _confirm(client: Browser, choice, **fields: str):
    return client.post(URL, form(choice, **fields))


@pytest.mark.s("S06", "S27", "S71")
def test_confirm_books_and_converts_the_draft(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world, member=world.maya.pk))
    answer = _confirm(client, haircut(world, member=world.maya.pk), note="Side door")
    made = Appointment.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/b/bella-hair/booked/{made.pk}/")
    assert (made.client, made.team_member, made.starts, made.note) == (world.mia, world.maya, TEN, "Side door")
    assert (made.confirm_key, made.mirrored, made.recovered) == (FLOW, True, "")
    draft = mongo.booking_drafts.find_one({})
    assert (draft["status"], draft["open"], draft["closed"]["appointment_id"]) == ("converted", False, made.pk)
    drafts.expire_due(now=NOW + timedelta(minutes=11))
    assert draft_queries.waiting_count(business_id=world.bella.pk, now=NOW + timedelta(minutes=11)) == 0
    assert not StaffNotice.objects.exists()


@pytest.mark.s("D3")
@pytest.mark.parametrize("minutes", [0, 3, 10, 12, 59])
def test_confirm_does_not_ask_the_clock(client: Browser, world: World, at, minutes: int) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=minutes))
    drafts.expire_due(now=NOW + timedelta(minutes=minutes))
    assert _confirm(client, haircut(world)).status_code == 303
    assert Appointment.objects.count() == 1


@pytest.mark.s("D3")
def test_confirm_does_not_ask_for_a_draft(client: Browser, world: World, mongo) -> None:
    sign_in(client, world.mia)
    assert _confirm(client, haircut(world)).status_code == 303
    assert mongo.booking_drafts.count_documents({}) == 0
    assert Appointment.objects.get().mirrored


@pytest.mark.s("D3")
def test_confirm_works_while_mongodb_is_away(client: Browser, world: World, mongo, monkeypatch) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    monkeypatch.setattr(settings, "MONGO_URL", "mongodb://127.0.0.1:1/steps?replicaSet=rs0")
    monkeypatch.setattr(settings, "MONGO_TIMEOUT_MS", 300)
    monkeypatch.setattr(mongo_client, "_client", None)
    page = client.get(f"/b/bella-hair/review/?{haircut(world).to_query()}")
    assert page.status_code == 200
    assert "data-deadline" not in page.content.decode()
    assert _confirm(client, haircut(world)).status_code == 303
    made = Appointment.objects.get()
    assert (made.draft_id, made.mirrored) == ("", False)


@pytest.mark.s("D17", "S26")
def test_late_confirm_without_any_sweep_counts_as_captured_and_recovered(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=50))
    assert _confirm(client, haircut(world)).status_code == 303
    sweep.sweep(now=NOW + timedelta(minutes=51))
    counts = {row.name: row.value for row in DayCounter.objects.filter(business=world.bella)}
    assert (counts["captured"], counts["recovered"], counts["recovered_self"]) == (1, 1, 1)
    assert StaffNotice.objects.count() == 1


@pytest.mark.s("S27")
def test_confirm_in_time_rings_nothing(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    at(NOW + timedelta(minutes=9))
    _confirm(client, haircut(world))
    sweep.sweep(now=NOW + timedelta(minutes=51))
    assert not StaffNotice.objects.exists()
    assert not DayCounter.objects.filter(name="captured").exists()


def _sign_in_ended(world: World) -> None:
    ClientSession.objects.filter(client=world.mia).update(expires_at=NOW)


@pytest.mark.parametrize("typed", ["Side door 👩‍👧", "ä" * 500, "👩" * 500])
def test_note_typed_when_the_sign_in_had_ended_is_there_after_the_code(client: Browser, world: World, at, typed: str) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    _sign_in_ended(world)
    at(NOW + timedelta(minutes=1))
    away = _confirm(client, haircut(world), note=typed)["Location"]
    assert "note" not in away
    query = "?" + away.split("?")[1]
    back = phones.sign_in(client, phones.MIA, query)["Location"]
    assert f">{typed}</textarea>" in client.get(back).content.decode()
    _confirm(client, haircut(world), note=typed)
    assert Appointment.objects.get().note == typed
    assert not client.cookies[f"client-note-{world.bella.pk}"].value


def test_note_waits_while_somebody_else_is_chosen_or_too_much_was_pressed(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, member=world.maya.pk)
    arrive(client, choice)
    world.maya.bookable = False
    world.maya.save()
    assert _confirm(client, choice, note="Side door").status_code == 422
    assert ">Side door</textarea>" in client.get(f"/b/bella-hair/review/?{replace(choice, member=None).to_query()}").content.decode()
    take(world, world.tom_member)
    answers = [_confirm(client, haircut(world), note=f"Ring {press} times") for press in range(12)]
    assert answers[-1].status_code == 429
    assert ">Ring 11 times</textarea>" in client.get(f"/b/bella-hair/review/?{choice.to_query()}&t=any").content.decode()


def test_price_and_duration_that_changed_meanwhile_are_shown_before_they_are_booked(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    seen = html.unescape(client.get(f"/b/bella-hair/review/?{haircut(world).to_query()}").content.decode())
    shown = seen.split('name="shown" value="')[1].split('"')[0]
    Service.objects.filter(pk=world.cut.pk).update(price_minor=9900, duration_min=60)
    answer = _confirm(client, haircut(world), note="Side door", shown=shown)
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert "This has changed since you opened the page" in page
    assert "$99.00" in page
    assert "Side door" in page
    assert not Appointment.objects.exists()
    shown = page.split('name="shown" value="')[1].split('"')[0]
    assert _confirm(client, haircut(world), shown=shown).status_code == 303
    assert Appointment.objects.get().lines.get().price_minor == 9900


def test_note_of_one_booking_is_not_given_to_another(client: Browser, world: World, at) -> None:
    sign_in(client, world.mia)
    _sign_in_ended(world)
    at(NOW + timedelta(minutes=1))
    _confirm(client, haircut(world), note="Side door")
    other = haircut(world, services=((world.toner.pk, None),))
    back = phones.sign_in(client, phones.NOA, f"?{other.to_query()}")["Location"]
    assert "Side door" not in client.get(back).content.decode()


@pytest.mark.parametrize("waiting", ["x", ".", "é.é", "0123456789abcdef.////", "\x00"])
def test_waiting_note_that_was_tampered_with_is_left_out(client: Browser, world: World, waiting: str) -> None:
    client.cookies[f"client-note-{world.bella.pk}"] = waiting
    assert phones.sign_in(client, phones.MIA, f"?{haircut(world).to_query()}")["Location"].startswith("/b/bella-hair/review/")


def test_waiting_note_with_a_letter_no_database_keeps_is_left_out(client: Browser, world: World) -> None:
    booking = identifiers.digest(replace(haircut(world), flow=None).to_query())[:16]
    client.cookies[f"client-note-{world.bella.pk}"] = f"{booking}.{base64.urlsafe_b64encode(bytes(3)).decode()}"
    assert phones.sign_in(client, phones.MIA, f"?{haircut(world).to_query()}")["Location"].startswith("/b/bella-hair/review/")


def test_confirm_pressed_twice_is_one_booking(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    first, second = _confirm(client, haircut(world)), _confirm(client, haircut(world))
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1


def test_same_choice_in_another_tab_finds_the_own_booking(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    first = _confirm(client, haircut(world, member=world.maya.pk))
    second = _confirm(client, haircut(world, member=world.maya.pk, flow=OTHER_FLOW))
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1


@pytest.mark.s("S17", "S18")
def test_taken_time_is_a_conflict_page_with_the_rest_kept(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, services=((world.colour.pk, world.colour_long.pk),), member=world.maya.pk)
    arrive(client, choice)
    take(world, world.maya)
    answer = _confirm(client, choice, note="Side door")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "That time isn't free any more" in page
    assert page.count("nearest-time") == 3
    assert f'value="{world.colour.pk}.{world.colour_long.pk}"' in page
    assert f'name="t" value="{world.maya.pk}"' in page
    assert f'href="{html.escape(f"/b/bella-hair/time/?{choice.to_query()}")}">See all times</a>' in page
    assert "Put me on the waitlist for this time" in page
    assert Appointment.objects.filter(client=world.mia).count() == 0


@pytest.mark.s("S18")
def test_nearest_time_of_the_conflict_page_is_one_tap_from_review(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    choice = haircut(world, member=world.maya.pk)
    arrive(client, choice)
    client.post("/b/bella-hair/review/", form(choice, do="note", note="Side door"))
    take(world, world.maya)
    page = _confirm(client, choice, note="Side door, please").content.decode()
    start = page.split('name="at" value="')[1].split('"')[0]
    pressed = client.post("/b/bella-hair/review/", form(haircut(world, member=world.maya.pk, start_at=None), at=start))
    assert pressed.status_code == 303
    assert "Side door, please" in client.get(pressed["Location"]).content.decode()
    assert _confirm(client, haircut(world, member=world.maya.pk, start_at=None), at=start).status_code == 303


def test_any_is_given_to_the_least_booked(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    take(world, world.maya, start=TEN + timedelta(hours=4))
    _confirm(client, haircut(world))
    assert Appointment.objects.get(client=world.mia).team_member == world.tom_member


def test_any_takes_the_next_free_one_before_a_conflict_is_shown(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    take(world, world.tom_member)
    assert _confirm(client, haircut(world)).status_code == 303
    assert Appointment.objects.get(client=world.mia).team_member == world.maya


def test_any_with_nobody_left_is_a_conflict(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    take(world, world.tom_member)
    take(world, world.maya)
    assert _confirm(client, haircut(world)).status_code == 409


def test_archived_service_is_not_dropped_silently(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    Service.objects.filter(pk=world.toner.pk).update(archived_at=NOW)
    answer = _confirm(client, haircut(world, services=((world.cut.pk, None), (world.toner.pk, None))))
    assert answer.status_code == 422
    assert "Toner is no longer offered" in answer.content.decode()
    assert not Appointment.objects.exists()


def test_note_too_long_is_explained_and_kept(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    answer = _confirm(client, haircut(world), note="n" * 501)
    assert answer.status_code == 422
    assert "n" * 501 in answer.content.decode()
    assert not Appointment.objects.exists()


def test_past_time_is_refused_with_a_page(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    answer = _confirm(client, haircut(world, start_at=NOW - timedelta(days=1)))
    assert answer.status_code == 422
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("days", [90, 20_000])
def test_time_beyond_the_horizon_is_refused_with_a_page(client: Browser, world: World, days: int) -> None:
    sign_in(client, world.mia)
    answer = _confirm(client, haircut(world, start_at=TEN + timedelta(days=days)))
    assert 400 <= answer.status_code < 500
    assert not Appointment.objects.exists()


def test_price_member_and_client_in_the_body_are_ignored(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    _confirm(client, haircut(world), price_minor="1", client_id=str(world.noa.pk), business_id=str(world.rival.pk), draft_id="d_x")
    made = Appointment.objects.get()
    assert (made.client, made.business, made.lines.get().price_minor) == (world.mia, world.bella, 6200)


def test_stranger_is_asked_for_the_phone(client: Browser, world: World) -> None:
    assert _confirm(client, haircut(world))["Location"].startswith("/b/bella-hair/sign-in/?")
    assert not Appointment.objects.exists()


def test_get_is_not_allowed(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    assert client.get(f"{URL}?{haircut(world).to_query()}").status_code == 405
    assert not Appointment.objects.exists()


def _abandon(client: Browser, world: World, at) -> str:
    """Mia leaves Review; ten minutes later the bell has rung."""
    sign_in(client, world.mia)
    arrive(client, haircut(world))
    drafts.expire_due(now=NOW + timedelta(minutes=10))
    at(NOW + timedelta(minutes=20))
    draft = draft_queries.for_client(business_id=world.bella.pk, client_id=world.mia.pk, now=NOW + timedelta(minutes=20))
    StaffNotice.objects.create(business=world.bella, client=world.mia, draft_id=draft.id, engagement=1, created_at=NOW)
    return draft.id


@pytest.mark.s("S71", "S72")
def test_fresh_visit_with_another_choice_converts_what_was_left(client: Browser, world: World, mongo, at) -> None:
    draft_id = _abandon(client, world, at)
    later = NOW + timedelta(minutes=20)
    assert draft_queries.waiting_count(business_id=world.bella.pk, now=later) == 1
    other_phone = Browser()
    sign_in(other_phone, world.mia)
    fresh = haircut(world, services=((world.toner.pk, None),), start_at=TEN + timedelta(hours=4), flow=OTHER_FLOW)
    assert _confirm(other_phone, fresh).status_code == 303
    made, draft = Appointment.objects.get(), mongo.booking_drafts.find_one({})
    assert (draft["_id"], draft["status"], draft["closed"]["appointment_id"]) == (draft_id, "converted", made.pk)
    assert draft_queries.waiting_count(business_id=world.bella.pk, now=later) == 0


def _counters(world: World) -> dict[str, int]:
    return dict(DayCounter.objects.filter(business=world.bella).values_list("name", "value"))


@pytest.mark.s("D17")
def test_booking_after_the_bell_is_recovered_by_themselves(client: Browser, world: World, at) -> None:
    _abandon(client, world, at)
    _confirm(client, haircut(world))
    assert Appointment.objects.get().recovered == "self"
    assert _counters(world) == {"recovered": 1, "recovered_value_minor": 6200, "recovered_self": 1}


@pytest.mark.s("D17")
def test_booking_after_a_sent_reminder_is_recovered_by_it(client: Browser, world: World, at) -> None:
    draft_id = _abandon(client, world, at)
    Message.objects.create(
        id=uuid4(),
        kind="incomplete_reminder",
        business=world.bella,
        client=world.mia,
        draft_id=draft_id,
        engagement=1,
        channel="sms",
        dedupe_key="k",
        state="sent",
        not_before=NOW,
        created_at=NOW,
    )
    _confirm(client, haircut(world))
    assert Appointment.objects.get().recovered == "reminder"


@pytest.mark.s("D17")
def test_booking_in_a_session_opened_by_the_link_is_recovered_by_the_link(client: Browser, world: World, at) -> None:
    draft_id = _abandon(client, world, at)
    browser = Browser()
    sign_in(browser, world.mia, draft_id=draft_id)
    answer = _confirm(browser, haircut(world))
    assert Appointment.objects.get().recovered == "link"
    assert "key=" in answer["Location"]
    assert browser.get(answer["Location"]).status_code == 200
    again = haircut(world, start_at=TEN + timedelta(hours=4), flow=OTHER_FLOW)
    assert _confirm(browser, again)["Location"].startswith("/b/bella-hair/sign-in/?")
    assert arrive(browser, again)["Location"].startswith("/b/bella-hair/sign-in/?")
    assert Appointment.objects.count() == 1


@pytest.mark.s("D17")
def test_second_booking_of_one_draft_is_not_recovered_again(client: Browser, world: World, at) -> None:
    _abandon(client, world, at)
    _confirm(client, haircut(world))
    arrive(client, haircut(world, start_at=TEN + timedelta(hours=4), flow=OTHER_FLOW))
    _confirm(client, haircut(world, start_at=TEN + timedelta(hours=4), flow=OTHER_FLOW))
    assert sorted(Appointment.objects.values_list("recovered", flat=True)) == ["", "self"]


def test_confirm_again_and_again_is_slowed_down_with_a_page(client: Browser, world: World) -> None:
    sign_in(client, world.mia)
    take(world, world.maya)
    answers = [_confirm(client, haircut(world, member=world.maya.pk)) for _ in range(12)]
    assert [answer.status_code for answer in answers[:10]] == [409] * 10
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1
    assert "Nothing is lost" in answers[-1].content.decode()
