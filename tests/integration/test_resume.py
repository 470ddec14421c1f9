"""The resume link, every row of the table in draft-lifecycle 9 (S69 to S71, D4 to D6; promises 2.5)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser

from booking.models import SignInCode
from booking.wizard import Choice
from business.models import Channel, ClientSession, DayCounter
from drafts import actions as drafts
from drafts.document import DraftState, ServiceChoice
from messaging import outbox
from messaging.models import ResumeLink
from messaging.render import preferences_token
from scheduler import actions as scheduler
from scheduler import queries as appointments
from scheduler.models import Appointment
from tests.leaving import NOW, OVER, again, leave, mongo_away
from tests.links import reminded, snapshot, unfinished
from tests.phones import MIA, NOA, enter, last_code, sign_in
from tests.visits import arrive, form, words_of

pytestmark = pytest.mark.django_db
START = NOW + timedelta(hours=4)


@pytest.fixture(autouse=True)
def moment(at, mongo):
    at(OVER + timedelta(minutes=5))


def shown(response) -> str:
    return words_of(response).split('name="shown" value="')[1].split('"')[0]


def confirm(browser: Browser, path: str):
    return browser.post(path, {"do": "confirm", "shown": shown(browser.get(path))})


def take_the_time(world, members=None, start=START) -> None:
    """Noa books that time with everybody."""
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    for member in members or (world.maya, world.tom_member):
        scheduler.book(
            business=world.bella, client=world.noa, members=[member], start=start, lines=lines, now=OVER, source="online",
            mirrored=True, confirm_key=uuid4(),
        )  # fmt: skip


@pytest.mark.s("S69", "D5", "D6")
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_changes_nothing_and_gives_nothing(world, client, mongo, channel, method):
    path, _ = unfinished(world, channel)
    before = snapshot(mongo)
    for agent in ("Mozilla/5.0", "Barracuda Sentinel (EE)", "WhatsApp/2.2", "Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1"):
        response = getattr(client, method)(path, headers={"User-Agent": agent, "Purpose": "prefetch"})
        assert response.status_code == 200
        assert set(response.cookies) <= {"csrf"}
    assert snapshot(mongo) == before
    assert client.options(path).status_code == 405


@pytest.mark.s("D5")
def test_link_pages_tell_nobody_and_are_kept_by_nobody(world, client):
    path, _ = unfinished(world)
    for response in (client.get(path), client.get("/r/" + "A" * 22 + "/"), client.post(path, {"do": "change"})):
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"
        assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.s("S69")
def test_link_restores_services_with_variant_member_time_and_note(world, client):
    lines = (
        ServiceChoice(world.colour.pk, world.colour_long.pk, "Colour", 120, 16000),
        ServiceChoice(world.cut.pk, None, "Hair cut", 45, 6200),
    )
    path, _ = unfinished(world, services=lines, team_member_id=world.maya.pk, notes="Allergic to $ammonia <b>")
    page = words_of(client.get(path))
    for words in ("Colour", "Long hair", "Hair cut", "Maya", "Wednesday 25 November 2026", "13:00", "Allergic to $ammonia <b>", "$222.00"):
        assert words in page
    for secret in (MIA, "+61491570006", "mia@example.com", "Chen"):
        assert secret not in page


@pytest.mark.s("S70", "S71", "D5")
def test_sms_link_books_in_one_tap_on_a_device_that_was_never_seen(world, client, mongo):
    path, draft = unfinished(world, notes="Ring twice")
    response = confirm(client, path)
    assert response.status_code == 303
    booked = Appointment.objects.get()
    assert (booked.client, booked.starts, booked.note, booked.draft_id) == (world.mia, START, "Ring twice", draft.id)
    assert again(draft).status is DraftState.CONVERTED
    assert booked.recovered == "link"
    assert DayCounter.objects.get(business=world.bella, name="recovered_link").value == 1
    assert "You're booked" in words_of(client.get(response["Location"]))
    assert not ClientSession.objects.exists(), "a link is never a sign-in"


@pytest.mark.s("S70", "S71")
@pytest.mark.parametrize("channel", list(Channel))
def test_same_device_books_in_one_tap_and_goes_to_the_booking(world, client, channel):
    sign_in(client, MIA)
    path, _ = unfinished(world, channel)
    response = confirm(client, path)
    assert response["Location"] == f"/b/bella-hair/booked/{Appointment.objects.get().pk}/"


@pytest.mark.s("D5", "S70")
def test_email_link_on_another_device_asks_for_a_phone_code_first(world, client):
    path, _ = unfinished(world, Channel.EMAIL, notes="Ring twice")
    response = confirm(client, path)
    assert response["Location"] == "/b/bella-hair/code/"
    assert not Appointment.objects.exists()
    page = words_of(client.get("/b/bella-hair/code/"))
    assert "We texted 6 digits to your mobile" in page
    assert MIA not in page
    assert f'href="{path}">Back to your booking</a>' in page
    assert confirm(client, path)["Location"] == "/b/bella-hair/code/", "a second press uses the code that was just sent"
    assert SignInCode.objects.count() == 1
    assert enter(client, last_code())["Location"] == path
    response = confirm(client, path)
    assert response["Location"].startswith("/b/bella-hair/booked/")
    assert Appointment.objects.get().note == "Ring twice"


@pytest.mark.s("D5", "S70")
def test_new_code_leads_back_to_the_link_as_the_first_one_would(world, client, at):
    path, _ = unfinished(world, Channel.EMAIL)
    confirm(client, path)
    at(OVER + timedelta(minutes=6))
    resent = client.post("/b/bella-hair/code/", {"resend": "1"})["Location"]
    assert client.post(resent, {"code": last_code()})["Location"] == path


@pytest.mark.parametrize("token", ["a/b", "../../mine", "x" * 23, ""])
def test_return_cookie_that_is_no_link_leads_to_the_front_page(world, client, token):
    path, _ = unfinished(world, Channel.EMAIL)
    confirm(client, path)
    client.cookies[f"client-return-{world.bella.pk}"] = token
    assert client.get("/b/bella-hair/code/").status_code == 200
    assert enter(client, last_code())["Location"] == "/b/bella-hair/"


@pytest.mark.s("D5")
def test_code_of_a_booking_begun_elsewhere_does_not_lead_back_to_the_link(world, client):
    path, _ = unfinished(world, Channel.EMAIL)
    confirm(client, path)
    query = f"?s={world.toner.pk}&t=any&at=2026-11-26T23:30Z"
    assert sign_in(client, NOA, query)["Location"].startswith(f"/b/bella-hair/review/?s={world.toner.pk}")


@pytest.mark.s("D5")
def test_email_link_cannot_change_anything_without_a_code(world, client, mongo):
    path, _ = unfinished(world, Channel.EMAIL)
    before = snapshot(mongo)["drafts"]
    assert client.post(path, {"do": "change"})["Location"] == "/b/bella-hair/code/"
    assert snapshot(mongo)["drafts"] == before
    assert not ClientSession.objects.exists()


@pytest.mark.s("D6", "S69")
def test_change_something_is_an_engagement_and_leads_to_review_with_a_countdown(world, client):
    sign_in(client, MIA)
    lines = (ServiceChoice(world.colour.pk, world.colour_long.pk, "Colour", 120, 16000),)
    path, draft = unfinished(world, services=lines, team_member_id=world.maya.pk, notes="Ring twice")
    response = client.post(path, {"do": "change"})
    assert response["Location"].startswith("/b/bella-hair/review/?")
    now = again(draft, OVER)
    assert (now.status, now.engagement, now.id) == (DraftState.REVIEWING, 2, draft.id)
    page = words_of(client.get(response["Location"]))
    for words in ("Finish booking in", "Long hair", "Maya", "Wednesday 25 November 2026", "13:00", ">Ring twice</textarea>"):
        assert words in page
    assert now.selection == draft.selection


@pytest.mark.s("D17")
def test_change_something_and_confirm_on_a_signed_in_device_counts_for_the_link(world, client):
    sign_in(client, MIA)
    path, draft = unfinished(world)
    query = client.post(path, {"do": "change"})["Location"].split("?")[1]
    client.get(f"/b/bella-hair/time/?{query}")
    arrive(client, Choice.from_text(query))
    assert client.post("/b/bella-hair/confirm/", form(Choice.from_text(query))).status_code == 303
    booked = Appointment.objects.get()
    assert (booked.recovered, booked.draft_id) == ("link", draft.id)
    assert DayCounter.objects.get(business=world.bella, name="recovered_link").value == 1


@pytest.mark.s("D5")
def test_session_of_a_link_that_booked_while_drafts_were_away_books_no_more(world, client):
    path, _ = unfinished(world)
    query = client.post(path, {"do": "change"})["Location"].split("?")[1]
    choice = Choice.from_text(query)
    with mongo_away():
        assert client.post("/b/bella-hair/confirm/", form(choice)).status_code == 303
    assert Appointment.objects.get().draft_id == ""
    second = replace(choice, flow=None, start_at=START + timedelta(hours=1))
    assert client.post("/b/bella-hair/confirm/", form(second))["Location"].startswith("/b/bella-hair/sign-in/")
    assert Appointment.objects.count() == 1


@pytest.mark.s("D5", "D6")
def test_sms_link_opens_a_session_for_this_draft_only_and_for_thirty_minutes(world, client, at):
    path, draft = unfinished(world)
    response = client.post(path, {"do": "change"})
    session = ClientSession.objects.get()
    assert (session.client, session.draft_id) == (world.mia, draft.id)
    assert session.expires_at - session.created_at == timedelta(minutes=30)
    assert "Finish booking in" in words_of(client.get(response["Location"]))
    assert client.get("/b/bella-hair/mine/").status_code == 303
    assert "What's your mobile number?" in words_of(client.get("/b/bella-hair/sign-in/"))
    assert "My bookings" not in words_of(client.get(path)).split("<main")[0].replace("mine/", "")
    at(OVER + timedelta(minutes=36))
    assert client.get(response["Location"])["Location"].startswith("/b/bella-hair/sign-in/")


@pytest.mark.s("D5")
def test_session_of_an_sms_link_ends_with_the_booking(world, client):
    path, _ = unfinished(world)
    client.post(path, {"do": "change"})
    assert confirm(client, path).status_code == 303
    assert not ClientSession.objects.exists()


@pytest.mark.s("D5")
def test_another_client_sees_nothing_and_may_switch(world, client, mongo):
    sign_in(client, NOA)
    path, _ = unfinished(world, notes="Private words")
    before = snapshot(mongo)
    page = words_of(client.get(path))
    assert "This link belongs to someone else" in page
    assert "Private words" not in page
    assert "Hair cut" not in page
    for do in ("confirm", "change"):
        assert client.post(path, {"do": do}).status_code == 403
    assert snapshot(mongo) == before
    assert client.post(path, {"do": "switch"})["Location"] == path
    assert not ClientSession.objects.exists()
    assert "finish your booking" in words_of(client.get(path))


@pytest.mark.s("D4")
def test_taken_time_offers_the_nearest_ones_and_keeps_the_rest(world, client, mongo):
    path, draft = unfinished(world, notes="Ring twice")
    take_the_time(world)
    before = snapshot(mongo)
    page = words_of(client.get(path))
    assert "Wed 25 Nov, 13:00 isn't free any more" in page
    assert page.count('name="at"') == 3
    assert "Ring twice" in page
    assert snapshot(mongo) == before
    at = page.split('name="at" value="')[1].split('"')[0]
    response = client.post(path, {"do": "change", "at": at})
    assert response["Location"].startswith("/b/bella-hair/review/?")
    assert again(draft).selection.start_at.strftime("%Y-%m-%dT%H:%MZ") == at


@pytest.mark.s("D4", "D6")
def test_time_taken_while_the_page_was_open_is_a_conflict_and_an_engagement(world, client):
    path, draft = unfinished(world)
    seen = shown(client.get(path))
    take_the_time(world)
    response = client.post(path, {"do": "confirm", "shown": seen})
    assert response.status_code == 409
    assert words_of(response).count('name="at"') == 3
    assert again(draft).engagement == 2
    assert not Appointment.objects.filter(client=world.mia).exists()


@pytest.mark.s("D4")
def test_time_that_has_passed_leads_to_the_time_step(world, client, at):
    path, draft = unfinished(world)
    at(NOW + timedelta(hours=5))
    assert "Wed 25 Nov, 13:00 has passed" in words_of(client.get(path))
    response = client.post(path, {"do": "change"})
    assert response["Location"].startswith("/b/bella-hair/time/?")
    assert "at=" not in response["Location"]
    assert again(draft, NOW + timedelta(hours=5)).engagement == 2


@pytest.mark.s("D4")
def test_draft_without_a_time_leads_to_the_time_step(world, client):
    path, _ = unfinished(world, start_at=None)
    assert "You hadn't chosen a time yet" in words_of(client.get(path))
    assert client.post(path, {"do": "change", "pick": "1"})["Location"].startswith("/b/bella-hair/time/?")


@pytest.mark.s("D4")
def test_archived_service_is_named_and_the_rest_can_be_booked(world, client):
    lines = (ServiceChoice(world.cut.pk, None, "Hair cut", 45, 6200), ServiceChoice(world.toner.pk, None, "Toner", 30, 4000))
    path, _ = unfinished(world, services=lines)
    world.toner.archived_at = NOW
    world.toner.save()
    assert "Toner is no longer offered" in words_of(client.get(path))
    assert confirm(client, path).status_code == 303
    assert [line.name for line in Appointment.objects.get().lines.all()] == ["Hair cut"]


@pytest.mark.s("D4")
def test_nothing_left_of_the_services_says_so_and_starts_again(world, client):
    path, _ = unfinished(world)
    world.cut.archived_at = NOW
    world.cut.save()
    page = words_of(client.get(path))
    assert "Hair cut is no longer offered" in page
    assert "/b/bella-hair/services/" in page
    assert client.post(path, {"do": "confirm", "shown": ""}).status_code < 500


@pytest.mark.s("D4")
def test_person_who_left_is_replaced_by_whoever_is_free(world, client):
    path, _ = unfinished(world, team_member_id=world.maya.pk)
    world.maya.archived_at = NOW
    world.maya.save()
    page = words_of(client.get(path))
    assert "can't be booked online any more" in page
    assert confirm(client, path).status_code == 303
    assert Appointment.objects.get().team_member == world.tom_member


@pytest.mark.s("D4")
def test_link_to_a_business_that_closed_its_online_booking_says_how_to_book(world, client, mongo):
    path, _ = unfinished(world)
    seen = shown(client.get(path))
    world.bella.online_booking = False
    world.bella.save()
    before = snapshot(mongo)
    presses = [{"do": "confirm", "shown": seen}, {"do": "change"}]
    for response, status in [(client.get(path), 200), *((client.post(path, press), 409) for press in presses)]:
        assert response.status_code == status
        assert "Online booking is closed at the moment" in words_of(response)
        assert 'href="tel:+61255501234"' in words_of(response)
        assert "Hair cut" in words_of(response)
        assert "<form" not in words_of(response)
    assert snapshot(mongo) == before


def test_price_that_changed_while_the_page_was_open_is_shown_before_it_is_booked(world, client):
    path, _ = unfinished(world)
    seen = shown(client.get(path))
    world.cut.price_minor = 9900
    world.cut.save()
    response = client.post(path, {"do": "confirm", "shown": seen})
    assert response.status_code == 409
    assert "$99.00" in words_of(response)
    assert not Appointment.objects.exists()
    assert confirm(client, path).status_code == 303


@pytest.mark.s("D4", "S71")
def test_converted_says_you_are_booked_with_details_for_the_client_only(world, client):
    path, _ = unfinished(world)
    seen = shown(client.get(path))
    confirm(client, path)
    stranger = Browser()
    page = words_of(stranger.get(path))
    assert "You're booked" in page
    assert "13:00" not in page
    assert stranger.post(path, {"do": "confirm", "shown": seen}).status_code == 409
    assert Appointment.objects.count() == 1
    sign_in(stranger, MIA)
    assert "13:00" in words_of(stranger.get(path))


@pytest.mark.s("S71")
def test_confirm_pressed_twice_at_once_books_once(world, client):
    path, _ = unfinished(world)
    seen = shown(client.get(path))
    for _ in range(3):
        client.post(path, {"do": "confirm", "shown": seen})
    assert Appointment.objects.count() == 1


@pytest.mark.s("D4")
def test_link_lives_again_when_the_client_came_back_after_a_booking(world, client):
    path, draft = unfinished(world)
    confirm(client, path)
    leave(world, now=OVER + timedelta(minutes=6), start_at=NOW + timedelta(hours=6))
    assert again(draft).engagement == 2
    assert "finish your booking" in words_of(client.get(path))


@pytest.mark.s("D4")
def test_link_of_a_booking_left_after_another_was_made_never_says_that_it_is_booked(world, client, at):
    first, draft = unfinished(world, start_at=NOW + timedelta(hours=28))
    confirm(client, first)
    later = OVER + timedelta(minutes=6)
    leave(world, now=later, start_at=NOW + timedelta(hours=30))
    outbox.cancel_queued(draft_id=draft.id, reason="superseded", now=later)
    second = reminded(world, again(draft))
    at(later + timedelta(hours=24, minutes=1))
    assert "You're booked" in words_of(client.get(first))
    response = client.get(second)
    assert response.status_code == 410
    assert "Start again with the same services" in words_of(response)


@pytest.mark.s("S71")
@pytest.mark.django_db(transaction=True)
def test_two_devices_that_confirm_one_link_at_once_book_once(world, client):
    path, _ = unfinished(world)
    seen = shown(client.get(path))

    def press(_: int) -> int:
        try:
            return Browser().post(path, {"do": "confirm", "shown": seen}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(press, range(8)))
    assert answers <= {303, 409}
    assert Appointment.objects.count() == 1


def _dismiss(world, draft, at):
    drafts.dismiss(business_id=world.bella.pk, draft_id=draft.id, engagement=draft.engagement, user_id=world.olga.pk, now=OVER)


def _expire(world, draft, at):
    at(OVER + timedelta(hours=24))


def _revoke(world, draft, at):
    outbox.revoke_links(client=world.mia, now=OVER)


def _replace(world, draft, at):
    drafts.erase_client(business_id=world.bella.pk, client_id=world.mia.pk)
    leave(world, now=OVER)


@pytest.mark.s("D4")
@pytest.mark.parametrize("end", [_dismiss, _expire, _revoke, _replace])
def test_ended_link_is_a_friendly_page_that_starts_again_with_the_same_services(world, client, mongo, at, end):
    path, draft = unfinished(world)
    end(world, draft, at)
    before = snapshot(mongo)
    response = client.get(path)
    assert response.status_code == 410
    assert f"/b/bella-hair/services/?s={world.cut.pk}" in words_of(response)
    for do in ("confirm", "change", "switch"):
        assert client.post(path, {"do": do}).status_code == 410
    assert snapshot(mongo) == before


@pytest.mark.s("D4")
@pytest.mark.parametrize("token", ["A" * 22, "x", "é" * 22, "%00" * 8, "A" * 4000, "../../admin"])
def test_unknown_link_is_the_same_friendly_page(world, client, token):
    for response in (client.get(f"/r/{token}/"), client.post(f"/r/{token}/")):
        assert response.status_code in (404, 410)
        if "/" not in token:
            assert "This link has ended" in words_of(response)


@pytest.mark.s("D4")
def test_cancelled_booking_of_a_link_starts_again(world, client):
    path, _ = unfinished(world)
    confirm(client, path)
    scheduler.cancel(appointment=Appointment.objects.get(), now=OVER, by=None)
    assert client.get(path).status_code == 410


@pytest.mark.s("D4")
def test_every_page_of_a_link_leads_to_the_switches_of_whoever_got_it(world, client, at):
    path, _ = unfinished(world)
    switches = f'href="/m/{preferences_token(world.mia)}/"'
    assert switches in words_of(client.get(path))
    confirm(client, path)
    assert switches in words_of(client.get(path))
    at(NOW + timedelta(days=2))
    assert switches in words_of(client.get(path))
    ResumeLink.objects.update(revoked_at=NOW)
    assert "/m/" not in words_of(client.get(path))
    assert "/m/" not in words_of(client.get("/r/" + "A" * 22 + "/"))


def test_drafts_away_is_a_page_with_a_plain_booking_link(world, client):
    path, _ = unfinished(world)
    with mongo_away():
        for response in (client.get(path), client.post(path, {"do": "confirm"})):
            assert response.status_code == 200
            assert f"/b/bella-hair/services/?s={world.cut.pk}" in words_of(response)


def test_earlier_links_of_a_draft_stay_good(world, client):
    first, draft = unfinished(world)
    outbox.cancel_queued(draft_id=draft.id, reason="superseded", now=OVER)
    second = reminded(world, draft, Channel.EMAIL)
    assert client.get(first).status_code == client.get(second).status_code == 200


def test_press_without_a_csrf_token_is_refused_and_one_with_a_null_origin_is_not(world):
    path, _ = unfinished(world)
    browser = Browser(enforce_csrf_checks=True)
    page = browser.get(path)
    data = {"do": "confirm", "shown": shown(page)}
    assert browser.post(path, data).status_code == 403
    data["csrfmiddlewaretoken"] = browser.cookies["csrf"].value
    assert browser.post(path, data, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post(path, data, headers={"Origin": "null"}).status_code == 303


@pytest.mark.parametrize("do", ["", "delete", "\x00", "x" * 5000])
def test_press_that_means_nothing_is_explained(world, client, do):
    path, _ = unfinished(world)
    assert client.post(path, {"do": do}).status_code == 400
