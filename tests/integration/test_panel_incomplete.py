"""The Incomplete tab: what is on it and since when, and everything a card says."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from business.models import Client
from drafts import actions as drafts
from drafts.document import ServiceChoice
from messaging.models import Kind, Message, State
from scheduler import actions as calendar
from scheduler import queries as appointments
from tests.leaving import OVER, TEN, book_what_was_left, leave, mongo_away
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]
PANEL = "/followups/?tab=incomplete"


def words(response) -> str:
    """The page as it is read: without tags, without double spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def fragment(client, tab="incomplete"):
    return client.get(f"/followups/?tab={tab}", headers={"HX-Request": "true"})


def cards(response) -> int:
    return response.content.decode().count('<article class="card draft-card"')


@pytest.mark.s("S21", "S22", "S23", "S24", "S36", "D12")
def test_a_draft_appears_the_moment_its_review_ends_and_not_before(world, at, rita):
    leave(world)
    at(NOW + TEN - timedelta(seconds=2))
    before = rita.get(PANEL)
    assert cards(before) == 0
    assert "badge-amber" not in re.search(r'id="number-incomplete".*?</span>', before.content.decode()).group()
    at(OVER)
    after = rita.get(PANEL)
    assert cards(after) == 1
    assert '<span id="number-incomplete" class="badge badge-amber">1<' in after.content.decode()


@pytest.mark.s("S22", "S24")
def test_the_badge_on_the_button_counts_the_same(world, at, rita):
    leave(world)
    at(NOW + TEN - timedelta(seconds=2))
    assert " hidden" in rita.get(reverse("followups:badge")).content.decode()
    at(OVER)
    html = rita.get(reverse("followups:badge")).content.decode()
    assert ">1<" in html
    assert " hidden" not in html.replace("visually-hidden", "")


@pytest.mark.s("S37", "S56")
def test_card_names_the_client_with_links_to_call_and_to_email(world, at, rita):
    leave(world)
    at(OVER)
    html = rita.get(PANEL).content.decode()
    assert ">Mia Chen</h3>" in html
    assert 'href="tel:+61491570006"' in html
    assert "0491 570 006" in html
    assert 'href="mailto:mia@example.com"' in html


@pytest.mark.s("S38", "S39", "S40", "S41", "S42")
def test_card_says_what_when_with_whom_how_long_ago_and_that_nobody_was_reminded(world, at, rita):
    colour = ServiceChoice(world.colour.pk, world.colour_long.pk, "Colour", 120, 16000)
    leave(world, services=(colour,), team_member_id=world.maya.pk, notes="Ring twice & wait")
    at(OVER + timedelta(minutes=4))
    text = words(rita.get(PANEL))
    assert "Colour · Long hair" in text
    assert "Wed 25 Nov, 13:00 with Maya" in text
    assert "Last active 14 min ago" in text
    assert "No reminder sent" in text
    assert "Ring twice & wait" in text


@pytest.mark.s("S39", "S40")
def test_card_without_a_person_says_any_and_without_a_time_says_none(world, at, rita):
    leave(world, start_at=None)
    at(OVER)
    text = words(rita.get(PANEL))
    assert "No time chosen with any team member" in text


def taken(world, member):
    calendar.book(
        business=world.bella, client=world.noa, members=[member], start=NOW + timedelta(hours=4), confirm_key=f"{member.pk:032}",
        lines=appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines, now=NOW, source="online", mirrored=True,
    )  # fmt: skip


def test_slot_says_free_taken_with_the_nearest_and_passed(world, at, rita):
    leave(world)
    at(OVER)
    assert "Free now" in words(rita.get(PANEL))
    taken(world, world.maya)
    assert "Free now" in words(rita.get(PANEL)), "Tom can still do it"
    taken(world, world.tom_member)
    assert "Taken , nearest free Wed 25 Nov, 13:45" in words(rita.get(PANEL))
    at(NOW + timedelta(hours=4, minutes=1))
    assert "Time passed" in words(rita.get(PANEL))


def test_a_time_when_nobody_works_is_not_called_taken(world, at, rita):
    leave(world, start_at=NOW + timedelta(hours=11))
    at(OVER)
    assert "Nobody works then , nearest free Wed 25 Nov, 16:15" in words(rita.get(PANEL))


def test_only_the_chosen_persons_time_counts(world, at, rita):
    leave(world, team_member_id=world.tom_member.pk)
    taken(world, world.tom_member)
    at(OVER)
    assert "Taken" in words(rita.get(PANEL))


def test_a_service_that_was_archived_is_said(world, at, rita):
    world.cut.archived_at = NOW
    world.cut.save()
    leave(world)
    at(OVER)
    text = words(rita.get(PANEL))
    assert "Hair cut no longer offered" in text
    assert "No longer offered" in text


@pytest.mark.s("S50")
def test_send_is_disabled_only_without_anything_on_file_and_says_why(world, at, rita):
    world.mia.wants_sms = world.mia.wants_email = False
    world.mia.save()
    leave(world)
    at(OVER)
    button = re.compile(r"<button class=\"btn\" id=\"remind-[^>]*>")
    assert "disabled" not in button.search(rita.get(PANEL).content.decode()).group()
    Client.objects.filter(pk=world.mia.pk).update(phone="", email="")
    html = rita.get(PANEL).content.decode()
    assert " disabled aria-describedby" in button.search(html).group()
    assert "No phone or e-mail on file to send a reminder to." in html


@pytest.mark.s("D14", "S42")
@pytest.mark.parametrize(
    ("state", "delivery", "reason", "said"),
    [
        (State.SENT, "delivered", "", "Reminded 09:10 by SMS (delivered)"),
        (State.SENT, "undelivered", "", "Reminded 09:10 by SMS (not delivered)"),
        (State.FAILED, "", "bad_number", "Not sent by SMS: bad number"),
        (State.CANCELLED, "", "opted_out", "Not sent by SMS: Mia asked to stop these messages"),
        (State.UNCONFIRMED, "", "unconfirmed", "SMS of 09:10 delivery not confirmed"),
        (State.SENDING, "", "", "Reminder by SMS is on its way"),
    ],
)
def test_card_tells_how_each_reminder_ended(world, at, rita, state, delivery, reason, said):  # noqa: PLR0917
    draft = leave(world)
    Message.objects.create(
        id="00000000-0000-4000-8000-000000000001", kind=Kind.INCOMPLETE_REMINDER, business=world.bella, client=world.mia, draft_id=draft.id,
        engagement=1, channel="sms", dedupe_key="k", state=state, delivery=delivery, reason=reason, not_before=NOW, created_at=OVER,
        done_at=OVER,
    )  # fmt: skip
    at(OVER)
    assert said in words(rita.get(PANEL))


def test_history_has_one_line_per_press(world, at, rita):
    draft = leave(world)
    for number, channel in enumerate(("sms", "email")):
        Message.objects.create(
            id=f"00000000-0000-4000-8000-00000000000{number}", kind=Kind.INCOMPLETE_REMINDER, business=world.bella, client=world.mia,
            draft_id=draft.id, engagement=1, channel=channel, dedupe_key=channel, state=State.SENT, delivery="delivered", not_before=NOW,
            created_at=OVER, done_at=OVER, trigger="manual", requested_by=world.rita,
        )  # fmt: skip
    at(OVER)
    text = words(rita.get(PANEL))
    assert "09:10 Rita sent SMS and e-mail, delivered" in text
    assert text.count("Rita sent") == 1


@pytest.mark.s("D14")
def test_card_tells_why_no_automatic_reminder_went_out(world, at, rita):
    draft = leave(world)
    drafts.expire_due(now=OVER)
    drafts.reminders_settled(items=[(draft.id, 1, "skipped", "time_passed")], now=OVER)
    at(OVER)
    assert "No reminder sent: the chosen time has passed" in words(rita.get(PANEL))


@pytest.mark.s("S72", "D12")
def test_converted_booked_and_dismissed_drafts_are_gone(world, at, rita):
    draft, other = leave(world), leave(world, world.noa)
    calendar.book(
        business=world.bella, client=world.mia, members=[world.maya], start=NOW + timedelta(hours=4), confirm_key=draft.flow,
        lines=appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines, now=OVER, source="online", mirrored=False,
        draft_id=draft.id, engagement=1,
    )  # fmt: skip
    at(OVER)
    page = rita.get(PANEL)
    assert cards(page) == 1, "the draft does not know yet, and is left out all the same"
    assert ">1<" in rita.get(reverse("followups:badge")).content.decode()
    drafts.dismiss(business_id=world.bella.pk, draft_id=other.id, engagement=1, user_id=1, now=OVER)
    assert cards(rita.get(PANEL)) == 0


def test_an_appointment_that_could_not_name_its_draft_hides_it_too(world, at, rita):
    leave(world)
    calendar.book(
        business=world.bella, client=world.mia, members=[world.maya], start=NOW + timedelta(hours=4), mirrored=False, now=OVER,
        lines=appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines, source="online",
        confirm_key="00000000-0000-4000-8000-000000000009",
    )  # fmt: skip
    at(OVER)
    assert cards(rita.get(PANEL)) == 0


@pytest.mark.s("S66", "D6")
def test_a_client_who_is_back_on_review_has_no_card_until_that_session_ends(world, at, rita):
    leave(world)
    leave(world, now=OVER)
    at(OVER + timedelta(minutes=5))
    assert cards(rita.get(PANEL)) == 0
    at(OVER + TEN + timedelta(seconds=1))
    assert cards(rita.get(PANEL)) == 1


def test_newest_stands_first(world, at, rita):
    leave(world)
    leave(world, world.noa, now=NOW + timedelta(minutes=1))
    at(OVER + timedelta(minutes=2))
    html = rita.get(PANEL).content.decode()
    assert html.index("Noa Levi") < html.index("Mia Chen")


@pytest.mark.s("D15")
def test_another_business_sees_nothing_of_it(world, at, client):
    leave(world)
    leave(world, world.rival_mia)
    client.force_login(world.rex)
    at(OVER)
    page = client.get(PANEL)
    assert cards(page) == 1
    assert "Rivalclient" in words(page)
    assert "Chen" not in words(page)


@pytest.mark.s("S35")
def test_both_tabs_with_numbers_and_the_words_of_the_empty_state(world, at, rita):
    at(OVER)
    text = words(rita.get(PANEL))
    assert "Waitlist 0 Incomplete 0 waiting" in text
    assert "Nobody left a booking unfinished. Cards appear here ten minutes after someone stops at Review." in text


def test_fragment_and_page_show_the_same(world, at, rita):
    leave(world)
    at(OVER)
    part, page = fragment(rita), rita.get(PANEL)
    assert "<html" not in part.content.decode()
    assert cards(part) == cards(page) == 1


def test_names_that_are_markup_stay_words(world, at, rita):
    Client.objects.filter(pk=world.mia.pk).update(first_name="<b onclick=x>", email="a?cc=b&<x>@example.com")
    leave(world, notes="<script>alert(1)</script>")
    at(OVER)
    html = rita.get(PANEL).content.decode()
    assert "<script>alert" not in html
    assert "<b onclick" not in html
    assert "cc=b" not in re.search(r'href="mailto:[^"]*"', html).group()


def test_mongodb_away_says_so_with_a_way_to_try_again_and_the_page_stays(world, at, rita):
    at(OVER)
    with mongo_away():
        page, part, waitlist = rita.get(PANEL), fragment(rita), fragment(rita, "waitlist")
        assert rita.get(reverse("followups:badge")).status_code == 204
    assert (page.status_code, part.status_code, waitlist.status_code) == (503, 503, 200)
    assert "cannot be read right now" in words(page)
    assert "Try again" in words(part)
    assert "Bella Hair Co." in words(page)


@pytest.mark.s("S28")
def test_with_every_worker_dead_panel_and_badge_are_right(world, at, rita):
    """Nothing but the passing of time has happened: no sweep, no mark in the draft."""
    leave(world)
    at(OVER)
    assert cards(rita.get(PANEL)) == 1
    assert ">1<" in rita.get(reverse("followups:badge")).content.decode()


def crowd(world, number, first=0):
    people = Client.objects.bulk_create(
        Client(business=world.bella, first_name=f"Client {n}", email=f"client{n}@example.com", created_at=NOW)
        for n in range(first, first + number)
    )
    for person in people:
        leave(world, person)


def test_queries_do_not_grow_with_the_number_of_cards(world, at, rita):
    crowd(world, 1)
    at(OVER)
    with CaptureQueriesContext(connection) as one:
        assert cards(fragment(rita)) == 1
    crowd(world, 29, first=1)
    with CaptureQueriesContext(connection) as thirty:
        assert cards(fragment(rita)) == 30
    assert len(thirty) == len(one) <= 20


def refresh(client, drawn):
    """The poll of the panel that was drawn in `drawn`."""
    address = unescape(re.search(r'id="followups-panel".*?hx-get="([^"]+)"', drawn.content.decode(), re.DOTALL)[1])
    return client.get(address, headers={"HX-Request": "true"})


@pytest.mark.s("S72")
def test_a_refresh_says_in_its_place_that_a_card_was_booked_once(world, at, rita):
    ours = [leave(world, world.mia), leave(world, world.noa, now=NOW + timedelta(seconds=30))]
    leave(world, Client.objects.create(business=world.bella, first_name="Last", created_at=NOW), now=NOW + timedelta(seconds=50))
    at(OVER + timedelta(minutes=2))
    drawn = fragment(rita)
    book_what_was_left(world, ours[1], world.noa, now=OVER + timedelta(minutes=2, seconds=10))

    at(OVER + timedelta(minutes=2, seconds=30))
    again = refresh(rita, drawn)
    html = again.content.decode()
    assert "Noa Levi booked just now" in words(again)
    assert html.index("name-") < html.index(f'id="card-{ours[1].id}"') < html.index(f'id="card-{ours[0].id}"')
    assert html.count('aria-labelledby="name-') == 2
    assert ">2<" in re.search(r'id="number-incomplete".*?</span>', html).group()
    for opened in (fragment(rita), rita.get(PANEL)):
        assert "Noa" not in words(opened)
    at(OVER + timedelta(minutes=3))
    assert "Noa" not in words(refresh(rita, again))


@pytest.mark.s("D15")
@pytest.mark.parametrize(
    "since", ["", "yesterday", "2026-11-24", "2020-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00"]
)
def test_a_refresh_of_no_known_moment_is_a_panel_like_any_other(world, at, rita, since):
    draft = leave(world)
    book_what_was_left(world, draft, world.mia, now=OVER)
    at(OVER + timedelta(seconds=10))
    page = rita.get("/followups/", {"tab": "incomplete", "since": since}, headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert "Mia" not in words(page)


def test_a_refresh_tells_nothing_of_the_business_next_door(world, at, client):
    client.force_login(world.rex)
    at(OVER)
    drawn = fragment(client)
    book_what_was_left(world, leave(world), world.mia, now=OVER + timedelta(seconds=1))
    at(OVER + timedelta(seconds=10))
    assert "Mia" not in words(refresh(client, drawn))
