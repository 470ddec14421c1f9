"""Send reminder and Send again, through HTTP: what goes out, what the toast says, who wins, what is refused."""

import json
from contextlib import ExitStack
from datetime import timedelta
from typing import ClassVar

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from business.actions import opt_out
from business.models import AuditEvent, Channel
from drafts import actions as drafts
from followups import tasks
from messaging import outbox
from messaging.models import Kind, Message, State
from messaging.transport import Receipt
from tests.fakes import RecordingTransport
from tests.leaving import OVER, TEN, again, counted, leave, mongo_away, switch_on
from tests.world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


def press(client, draft, *, engagement=None, htmx=True):
    headers = {"HX-Request": "true"} if htmx else {}
    data = {"engagement": engagement or draft.engagement}
    return client.post(reverse("followups:remind", args=[draft.id]), data, headers=headers)


def mute(person, *preferences):
    for preference in preferences:
        setattr(person, preference, False)
    person.save()


def toast(response) -> str:
    return json.loads(response.headers["HX-Trigger"])["toast"]["text"]


@pytest.mark.s("S46", "S48", "S51")
def test_send_reminder_goes_out_over_both_channels_with_the_automation_off(world, at, rita, sends):
    draft = leave(world)
    at(OVER)
    response = press(rita, draft)
    assert response.status_code == 200
    assert sorted((send.channel, send.recipient) for send in sends) == [("email", "mia@example.com"), ("sms", "+61491570006")]
    assert all("https://book.example.com/r/" in send.content.text for send in sends)
    assert toast(response) == "Reminder sent to Mia by SMS and e-mail."
    assert {(row.trigger, row.requested_by) for row in Message.objects.all()} == {("manual", world.rita)}


@pytest.mark.s("S47", "S42")
def test_the_card_that_comes_back_says_when_and_offers_send_again(world, at, rita):
    draft = leave(world)
    at(OVER)
    html = press(rita, draft).content.decode()
    assert "Send again" in html
    assert "Send reminder" not in html
    assert "Reminded <time" in html
    assert "09:10</time> by SMS and e-mail (sent)" in html


@pytest.mark.s("S49", "S52", "D14")
def test_muted_channels_are_respected_and_the_toast_says_so(world, at, rita, sends):
    mute(world.mia, "wants_sms", "wants_email")
    draft = leave(world)
    at(OVER)
    assert toast(press(rita, draft)) == "Not sent: Mia has muted all channels."
    assert (sends, Message.objects.count()) == ([], 0)


@pytest.mark.s("S49", "S51", "S52")
def test_one_muted_channel_leaves_the_other_and_is_named(world, at, rita, sends):
    mute(world.mia, "wants_email")
    draft = leave(world)
    at(OVER)
    text = "Reminder sent to Mia by SMS. Not by e-mail: Mia has switched these messages off."
    assert toast(press(rita, draft)) == text
    assert [send.channel for send in sends] == ["sms"]


@pytest.mark.s("S52", "D14")
def test_a_client_who_said_stop_is_not_texted(world, at, rita, sends):
    world.mia.email = ""
    world.mia.save()
    opt_out(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=NOW)
    draft = leave(world)
    at(OVER)
    assert "Not sent by SMS: Mia asked to stop these messages." in toast(press(rita, draft))
    assert sends == []


@pytest.mark.s("S52", "D14")
def test_a_stop_from_before_the_secret_key_changed_is_told_like_any_other(world, at, rita, sends, settings):
    opt_out(business=world.bella, channel=Channel.SMS, contact=world.mia.phone, source="stop", now=NOW)
    draft = leave(world)
    at(OVER)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough to be one, fifty and more"
    assert "Not by SMS: Mia asked to stop these messages." in toast(press(rita, draft))
    assert Message.objects.filter(channel="sms").count() == 0
    assert [send.channel for send in sends] == ["email"]


@pytest.mark.s("D10")
def test_staff_may_send_although_the_time_has_passed(world, at, rita, sends):
    draft = leave(world, start_at=NOW + timedelta(minutes=5))
    at(OVER)
    press(rita, draft)
    assert len(sends) == 2


def test_a_provider_that_refuses_is_named(world, at, rita, settings):
    settings.MESSAGING_TRANSPORTS = {"sms": "tests.fakes.RejectingTransport", "email": "tests.fakes.RecordingTransport"}
    draft = leave(world)
    at(OVER)
    assert toast(press(rita, draft)) == "Reminder sent to Mia by e-mail. Not by SMS: bad number."


class LastWords(RecordingTransport):
    """MongoDB goes away while the first message is with the provider."""

    away: ClassVar[ExitStack]

    def send(self, **message) -> Receipt:
        receipt = super().send(**message)
        if len(self.sends) == 1:
            self.away.enter_context(mongo_away())
        return receipt


@pytest.mark.s("S51")
@pytest.mark.parametrize("htmx", [True, False])
def test_what_went_out_is_said_though_mongodb_went_away_meanwhile(world, at, rita, sends, settings, htmx):  # noqa: PLR0917
    settings.MESSAGING_TRANSPORTS = dict.fromkeys(("sms", "email"), f"{__name__}.LastWords")
    draft = leave(world)
    at(OVER)
    with ExitStack() as LastWords.away:
        response = press(rita, draft, htmx=htmx)
    said = toast(response) if htmx else "".join(str(one) for one in get_messages(response.wsgi_request))
    assert said == "Reminder sent to Mia by SMS. Still sending by e-mail; the card shows how it went."
    assert AuditEvent.objects.get().meta["sent"] == ["sms"]
    assert toast(press(rita, draft)).endswith("Not by e-mail: already being sent by Rita.")
    tasks.send_queued()
    assert [send.channel for send in sends] == ["sms", "sms", "email"]


@pytest.mark.parametrize(("transport", "state"), [("Busy", State.QUEUED), ("Unclear", State.UNKNOWN)])
def test_an_outcome_that_is_not_known_yet_is_not_called_sent(world, at, rita, settings, transport, state):  # noqa: PLR0917
    settings.MESSAGING_TRANSPORTS = dict.fromkeys(("sms", "email"), f"tests.fakes.{transport}Transport")
    draft = leave(world)
    at(OVER)
    assert toast(press(rita, draft)) == "Still sending by SMS and e-mail; the card shows how it went."
    assert {row.state for row in Message.objects.all()} == {state}
    assert counted(world.bella, "reminded_sms") == 0


@pytest.mark.s("S65")
def test_the_automatic_reminder_that_still_waits_gives_way(world, at, rita, sends):
    switch_on(world.bella, Channel.SMS, Channel.EMAIL)
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    press(rita, draft)
    tasks.send_queued()
    automatic = Message.objects.filter(trigger="auto")
    assert {(row.state, row.reason) for row in automatic} == {(State.CANCELLED, "superseded")}
    assert len(sends) == 2


@pytest.mark.s("S65")
def test_a_reminder_sent_by_hand_before_the_sweep_is_the_only_one(world, at, rita, sends):
    switch_on(world.bella, Channel.SMS, Channel.EMAIL)
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    tasks.expire_reviews()
    tasks.send_queued()
    assert len(sends) == 2
    assert again(draft).reminder.reason == "superseded"


@pytest.mark.s("S65", "D14")
def test_a_message_in_flight_makes_the_press_lose_and_names_who_is_sending(world, at, client, rita, sends):
    draft = leave(world)
    at(OVER)
    for channel in Channel:
        row = outbox.queue(
            kind=Kind.INCOMPLETE_REMINDER, business=world.bella, client=world.mia, channel=channel, dedupe_key=f"manual:{channel}",
            recipient="x", trigger="manual", requested_by=world.olga, draft_id=draft.id, engagement=1, now=OVER,
        )  # fmt: skip
        outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=OVER, message_id=row.pk)
    assert toast(press(rita, draft)) == "Not sent by SMS and e-mail: already being sent by Olga."
    assert sends == []


@pytest.mark.s("S65", "S66")
def test_the_client_is_back_while_the_reminder_is_queued_so_it_is_cancelled(world, at, sends):
    switch_on(world.bella, Channel.SMS)
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    leave(world, now=OVER)
    tasks.send_queued()
    assert sends == []
    assert Message.objects.get().reason == "superseded"


@pytest.mark.s("D6", "S77")
def test_acting_on_a_card_whose_client_is_back_is_refused_and_said(world, at, rita, sends):
    draft = leave(world)
    at(OVER)
    leave(world, now=OVER)
    response = press(rita, draft)
    assert response.status_code == 409
    assert "Mia Chen is back" in response.content.decode()
    assert response.headers["HX-Retarget"] == f"#card-{draft.id}"
    assert sends == []


def test_the_engagement_on_the_card_counts_not_the_present_one(world, at, rita, sends):
    draft = leave(world)
    leave(world, now=OVER)
    at(OVER + TEN + TEN)
    assert press(rita, draft, engagement=1).status_code == 409
    assert press(rita, draft, engagement=2).status_code == 200


@pytest.mark.parametrize("posted", [{}, {"engagement": "x"}, {"engagement": "-1"}, {"engagement": str(2**40)}])
def test_a_press_without_a_usable_engagement_sends_nothing(world, at, rita, sends, posted):
    draft = leave(world)
    at(OVER)
    response = rita.post(reverse("followups:remind", args=[draft.id]), posted, headers={"HX-Request": "true"})
    assert (response.status_code, sends) == (409, [])


def test_no_worker_is_needed_a_session_that_has_timed_out_is_ended_by_the_press(world, at, rita, sends):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    assert again(draft).status == "incomplete"
    assert len(sends) == 2


def test_mongodb_away_changes_nothing_and_says_so(world, at, rita, sends):
    draft = leave(world)
    at(OVER)
    with mongo_away():
        response = press(rita, draft)
    assert response.status_code == 503
    assert "Nothing was changed" in toast(response)
    assert (sends, Message.objects.count()) == ([], 0)


def test_every_press_is_in_the_log_without_numbers_or_names(world, at, rita):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.object_id) == ("followup.remind", world.rita, draft.id)
    assert event.meta == {"engagement": 1, "sent": ["sms", "email"], "trying": [], "not": {}}


def test_staff_actions_do_not_extend_the_drafts_life(world, at, rita):
    draft = leave(world)
    at(OVER)
    press(rita, draft)
    assert again(draft).purge_at == draft.purge_at
    assert RecordingTransport.sends


def test_dismissed_meanwhile_is_said(world, at, rita):
    draft = leave(world)
    at(OVER)
    drafts.dismiss(business_id=world.bella.pk, draft_id=draft.id, engagement=1, user_id=world.olga.pk, now=OVER)
    response = press(rita, draft)
    assert response.status_code == 409
    assert "dismissed already" in response.content.decode()
