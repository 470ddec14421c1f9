"""Dismiss: the card goes, nobody is contacted, the draft's own 24 hours go on."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from business.models import AuditEvent, Channel
from drafts.document import DraftState
from followups import tasks
from messaging.models import Message
from tests.leaving import OVER, TEN, again, leave, mongo_away, mongo_away_from, switch_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


def press(client, draft, *, engagement=None, htmx=True, verb="dismiss"):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse(f"followups:{verb}", args=[draft.id]), {"engagement": engagement or draft.engagement}, headers=headers)


@pytest.mark.s("S53")
def test_card_badge_and_waiting_reminder_go_at_once_and_nobody_is_contacted(world, at, rita, sends):
    switch_on(world.bella, Channel.SMS)
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    response = press(rita, draft)
    tasks.send_queued()
    assert response.status_code == 200
    assert "Mia Chen" not in response.content.decode()
    assert "Nobody left a booking unfinished." in response.content.decode()
    assert (sends, Message.objects.get().state) == ([], "cancelled")
    assert again(draft).status == DraftState.DISMISSED


@pytest.mark.s("S54")
def test_nothing_on_any_page_brings_it_back(world, at, rita):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    for verb in ("remind", "dismiss"):
        response = rita.post(reverse(f"followups:{verb}", args=[draft.id]), {"engagement": 1}, headers={"HX-Request": "true"})
        assert response.status_code == 409
        assert "dismissed already" in response.content.decode()
    assert rita.get(reverse("followups:book", args=[draft.id])).status_code == 409
    assert again(draft).status == DraftState.DISMISSED


@pytest.mark.s("S55", "S73")
def test_the_draft_still_ends_24_hours_after_the_clients_last_touch(world, at, rita, sends):
    draft = leave(world)
    at(OVER + timedelta(hours=5))
    rita.get("/followups/?tab=incomplete")
    rita.get(reverse("followups:book", args=[draft.id]))
    rita.post(reverse("followups:remind", args=[draft.id]), {"engagement": draft.engagement})
    assert Message.objects.filter(state="sent").count() == 2
    assert again(draft).purge_at == draft.engaged_at + timedelta(hours=24)
    press(rita, draft)
    assert again(draft).purge_at == draft.engaged_at + timedelta(hours=24)


@pytest.mark.s("D7")
def test_a_client_who_comes_back_after_a_dismissal_and_leaves_again_is_shown_again(world, at, rita):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    leave(world, now=OVER + TEN)
    at(OVER + TEN + TEN + timedelta(seconds=1))
    assert "Mia Chen" in rita.get("/followups/?tab=incomplete").content.decode()


def test_focus_goes_to_the_next_card_or_the_empty_state(world, at, rita):
    first, second = leave(world), leave(world, world.noa)
    at(OVER)
    triggers = json.loads(press(rita, first).headers["HX-Trigger-After-Settle"])
    assert triggers["followups:focus"]["id"] == f"name-{second.id}"
    triggers = json.loads(press(rita, second).headers["HX-Trigger-After-Settle"])
    assert triggers["followups:focus"]["id"] == "followups-empty"


def test_it_asks_before_it_acts_without_javascript(world, at, rita):
    draft = leave(world)
    at(OVER)
    html = rita.get("/followups/?tab=incomplete").content.decode()
    asking = html[html.index('<details class="dismiss"') : html.index("</form>", html.index('<details class="dismiss"'))]
    assert asking.index("<summary") < asking.index("Dismiss Mia Chen's booking?") < asking.index('<button class="btn btn-danger">Dismiss')
    response = press(rita, draft, htmx=False)
    assert response.status_code == 302
    assert "Dismissed." in rita.get(response.url).content.decode()


@pytest.mark.s("D6")
def test_a_client_who_is_back_cannot_be_dismissed(world, at, rita):
    draft = leave(world)
    at(OVER)
    leave(world, now=OVER)
    response = press(rita, draft)
    assert response.status_code == 409
    assert "Mia Chen is back" in response.content.decode()
    assert again(draft).status == DraftState.REVIEWING


def test_an_engagement_that_nobody_has_seen_cannot_be_dismissed(world, at, rita):
    draft = leave(world)
    leave(world, now=OVER)
    at(OVER + TEN + TEN)
    assert press(rita, draft, engagement=1).status_code == 409
    assert again(draft).open


def test_the_log_says_who(world, at, rita):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.object_id, event.meta) == ("followup.dismiss", world.rita, draft.id, {"engagement": 1})


def test_mongodb_away_changes_nothing(world, at, rita):
    draft = leave(world)
    at(OVER)
    with mongo_away():
        assert press(rita, draft).status_code == 503
        assert press(rita, draft, htmx=False).status_code == 302
    assert again(draft).open


@pytest.mark.parametrize("verb", ["dismiss", "remind"])
@pytest.mark.parametrize("htmx", [True, False])
def test_what_became_of_the_card_is_said_though_mongodb_goes_away_meanwhile(world, at, rita, sends, verb, htmx):  # noqa: PLR0917
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    with mongo_away_from("scheduler_appointment"):  # the draft has been read, the number that goes with the answer has not
        response = press(rita, draft, htmx=htmx, verb=verb)
    assert response.status_code == 409
    said = response.content.decode()
    assert "was dismissed already" in said
    assert "not known right now" in said
    assert sends == []


@pytest.mark.s("S53")
def test_dismissed_is_dismissed_though_mongodb_goes_away_before_the_panel_is_drawn(world, at, rita):
    draft = leave(world)
    at(OVER)
    with mongo_away_from('UPDATE "messaging_message"'):
        response = press(rita, draft)
    assert (response.status_code, json.loads(response.headers["HX-Trigger"])["toast"]["text"]) == (503, "Dismissed.")
    assert again(draft).status == DraftState.DISMISSED


def test_a_draft_that_is_gone_is_said(world, at, rita):
    draft = leave(world)
    at(OVER + timedelta(hours=25))
    response = press(rita, draft)
    assert response.status_code == 409
    assert "24 hours have passed" in response.content.decode()
