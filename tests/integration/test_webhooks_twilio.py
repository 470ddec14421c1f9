"""Twilio's reports and answers: whole payloads, signed as Twilio signs them."""

from uuid import uuid4

import pytest
from django.test import Client as Browser
from twilio.request_validator import RequestValidator

from business.actions import has_opted_out
from business.models import Channel, ChannelOptOut, Client, Consent
from messaging import outbox
from messaging.models import Kind, Message, State
from messaging.webhooks import keyword
from tests.fakes import Send
from tests.integration.test_outbox_deliver import claimed, deliver
from tests.integration.test_outbox_queue import queue
from tests.world import NOW, World

TOKEN = "twilio-token-for-tests"
INBOUND = "/webhooks/twilio/inbound/"


def signed(path: str, form: dict, *, site: str = "https://book.example.com", token: str = TOKEN) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(site + path, form)}


def post(browser: Browser, path: str, form: dict, **about: str):
    return browser.post(path, form, headers=signed(path, form, **about))


def report(message: Message, status: str, **more: str) -> dict[str, str]:
    """What Twilio sends about one SMS."""
    return {
        "AccountSid": "AC00000000000000000000000000000000",
        "ApiVersion": "2010-04-01",
        "From": "+15005550006",
        "MessageSid": message.provider_id,
        "MessageStatus": status,
        "MessagingServiceSid": "MG00000000000000000000000000000000",
        "RawDlrDoneDate": "2611250912",
        "SmsSid": message.provider_id,
        "SmsStatus": status,
        "To": message.recipient,
        **more,
    }


def answer(body: str, sender: str = "+61491570006", **more: str) -> dict[str, str]:
    """What Twilio sends about one answer."""
    return {
        "ToCountry": "AU",
        "SmsMessageSid": "SM11111111111111111111111111111111",
        "NumMedia": "0",
        "SmsSid": "SM11111111111111111111111111111111",
        "SmsStatus": "received",
        "FromCountry": "AU",
        "MessagingServiceSid": "MG00000000000000000000000000000000",
        "To": "+61480000000",
        "NumSegments": "1",
        "MessageSid": "SM11111111111111111111111111111111",
        "AccountSid": "AC00000000000000000000000000000000",
        "From": sender,
        "Body": body,
        "ApiVersion": "2010-04-01",
        **more,
    }


@pytest.fixture
def sent(world: World, now) -> Message:
    return deliver(claimed(world, now), now)


def path_of(message: Message) -> str:
    return f"/webhooks/twilio/status/{message.pk}/"


def test_delivered_is_noted_and_replays_change_nothing(sent: Message, client: Browser) -> None:
    for status in ("sent", "delivered", "sent", *["delivered"] * 100):
        assert post(client, path_of(sent), report(sent, status)).status_code == 204
    sent.refresh_from_db()
    assert (sent.state, sent.delivery) == (State.SENT, "delivered")


@pytest.mark.s("D14")
def test_an_undelivered_message_says_why(sent: Message, client: Browser) -> None:
    post(client, path_of(sent), report(sent, "undelivered", ErrorCode="30003"))
    sent.refresh_from_db()
    assert (sent.delivery, sent.reason) == ("undelivered", "twilio_30003")


def test_error_21610_stops_the_number(sent: Message, client: Browser, world: World) -> None:
    post(client, path_of(sent), report(sent, "failed", ErrorCode="21610"))
    assert has_opted_out(business_id=world.bella.pk, channel=Channel.SMS, contact=sent.recipient)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": "wrong"},
        {"X-Twilio-Signature": ""},
    ],
)
def test_an_unsigned_report_is_refused(sent: Message, client: Browser, headers: dict[str, str]) -> None:
    assert client.post(path_of(sent), report(sent, "delivered"), headers=headers).status_code == 403
    sent.refresh_from_db()
    assert sent.delivery == "queued"


def test_a_signature_counts_for_its_address_key_and_parameters_only(sent: Message, world: World, now, client: Browser) -> None:
    form = report(sent, "delivered")
    good = signed(path_of(sent), form)
    other = queue(world, now, dedupe_key="auto:d_2:1:sms", draft_id="d_2")
    assert client.post(path_of(other), form, headers=good).status_code == 403
    assert client.post(path_of(sent), {**form, "MessageStatus": "failed"}, headers=good).status_code == 403
    assert client.post(path_of(sent), {**form, "Extra": "1"}, headers=good).status_code == 403
    assert post(client, path_of(sent), form, token="another token").status_code == 403
    assert post(client, path_of(sent), form, site="http://book.example.com").status_code == 403
    sent.refresh_from_db()
    assert sent.delivery == "queued"


def test_the_signed_address_comes_from_the_settings_not_from_the_host(sent: Message, client: Browser) -> None:
    form = report(sent, "delivered")
    answered = client.post(path_of(sent), form, headers={**signed(path_of(sent), form), "Host": "localhost"})
    assert answered.status_code == 204
    evil = signed(path_of(sent), form, site="https://localhost")
    assert client.post(path_of(sent), form, headers={**evil, "Host": "localhost"}).status_code == 403


def test_a_report_about_an_unknown_message_is_swallowed(world: World, client: Browser, sent: Message) -> None:
    form = report(sent, "delivered")
    assert post(client, "/webhooks/twilio/status/00000000-0000-0000-0000-000000000001/", form).status_code == 204


def test_only_post_and_only_small_bodies(sent: Message, client: Browser) -> None:
    assert client.get(path_of(sent)).status_code == 405
    form = report(sent, "delivered", Padding="x" * 70_000)
    assert post(client, path_of(sent), form).status_code == 413


STOPS = [
    "STOP",
    "stop",
    " Stop. ",
    "STOP!",
    "StopAll",
    "QUIT",
    "end",
    "Revoke",
    "OPT OUT",
    "opt-out",
    "OptOut",
    "cancel",
    "UNSUBSCRIBE",
    "ARRET",
    "Arrêt",
    "stop\n",
    "«stop»",
    "s.t.o.p",
]


@pytest.mark.parametrize("body", STOPS)
def test_every_way_to_say_stop(body: str) -> None:
    assert keyword(body) == "STOP"


@pytest.mark.parametrize(
    "body", ["", "Please stop by at 5", "don't stop", "ending", "Yes please", "stopped", "1", "STOP" * 3, "👍", "c a n c e l l e d"]
)
def test_an_ordinary_answer_is_no_command(body: str) -> None:
    assert keyword(body) == ""


@pytest.mark.parametrize(("body", "word"), [("Start", "START"), ("UNSTOP", "START"), ("yes", "START"), ("help", "HELP"), ("Info?", "HELP")])
def test_start_and_help(body: str, word: str) -> None:
    assert keyword(body) == word


def test_twilios_own_verdict_counts_first() -> None:
    assert keyword("whatever", "STOP") == "STOP"
    assert keyword("stop", "HELP") == "HELP"
    assert keyword("stop", "nonsense") == "STOP"


@pytest.mark.s("S63", "D14")
def test_stop_counts_for_every_business_that_texts_this_number(world: World, client: Browser, now, sends: list[Send]) -> None:
    queue(world, now)
    answered = post(client, INBOUND, answer("Stop"))
    assert (answered.status_code, answered["Content-Type"]) == (200, "text/xml")
    assert b"<Message>" not in answered.content
    for business in (world.bella, world.rival):
        assert has_opted_out(business_id=business.pk, channel=Channel.SMS, contact="+61491570006")
    assert (Message.objects.get().state, Message.objects.get().reason) == (State.CANCELLED, "opted_out")
    world.noa.refresh_from_db()
    assert world.noa.wants_sms
    assert sends == []


def _thousand(world: World, now) -> list[str]:
    """A thousand clients' numbers, each with a reminder in the queue."""
    phones = [f"+1{area}55501{last:02}" for area in (202, 206, 212, 213, 214, 215, 216, 217, 218, 219) for last in range(100)]
    people = [Client(business=world.bella, phone=phone, created_at=now) for phone in phones]
    wish = {"kind": Kind.INCOMPLETE_REMINDER, "business": world.bella, "channel": Channel.SMS, "not_before": now, "created_at": now}
    Message.objects.bulk_create(
        Message(
            id=uuid4(), client=client, recipient=client.phone, draft_id=f"d_{client.pk}", dedupe_key=f"auto:d_{client.pk}:1:sms", **wish
        )
        for client in Client.objects.bulk_create(people)
    )
    return phones


@pytest.mark.slow
@pytest.mark.s("S63", "D14")
def test_of_a_thousand_clients_nobody_who_said_stop_gets_a_message(world: World, client: Browser, now, sends: list[Send]) -> None:
    phones = _thousand(world, now)
    stopped = set(phones[::2])
    in_flight = [outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now) for _ in range(100)]
    for phone in stopped:
        post(client, INBOUND, answer("Stop", sender=phone))
    while (message := outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)) is not None:
        in_flight.append(message)
    for message in in_flight:
        deliver(message, now)
    assert sorted(send.recipient for send in sends) == sorted(set(phones) - stopped)
    assert Message.objects.filter(state=State.CANCELLED, reason="opted_out", recipient__in=stopped).count() == len(stopped)


def test_start_lifts_it_again(world: World, client: Browser) -> None:
    post(client, INBOUND, answer("STOP"))
    post(client, INBOUND, answer("STOP"))
    assert ChannelOptOut.objects.count() == 2
    post(client, INBOUND, answer("start"))
    assert not ChannelOptOut.objects.exists()
    world.mia.refresh_from_db()
    assert world.mia.wants_sms


@pytest.mark.parametrize("word", ["Yes", "Start"])
def test_start_without_a_stop_leaves_what_was_switched_off_on_a_page(world: World, client: Browser, word: str) -> None:
    Client.objects.filter(pk__in=[world.mia.pk, world.rival_mia.pk]).update(wants_sms=False)
    outbox.stop_channel(business=world.rival, channel=Channel.SMS, contact="+61491570006", source="stop", now=NOW)
    post(client, INBOUND, answer(word))
    assert Client.objects.filter(phone="+61491570006", wants_sms=False).get() == world.mia
    assert not Consent.objects.filter(client=world.mia).exists()
    assert not ChannelOptOut.objects.exists()


def test_an_ordinary_answer_changes_nothing(world: World, client: Browser) -> None:
    assert post(client, INBOUND, answer("Thanks! Can I come at 5?")).status_code == 200
    assert not ChannelOptOut.objects.exists()


def test_a_stop_from_a_number_nobody_knows_is_fine(world: World, client: Browser) -> None:
    assert post(client, INBOUND, answer("STOP", sender="+61491570737")).status_code == 200
    assert not ChannelOptOut.objects.exists()


def test_an_unsigned_stop_is_refused(world: World, client: Browser) -> None:
    assert client.post(INBOUND, answer("STOP")).status_code == 403
    assert not ChannelOptOut.objects.exists()


def test_a_stop_before_any_message_holds_for_the_first(world: World, now, client: Browser, sends: list[Send]) -> None:
    message = claimed(world, now)
    post(client, INBOUND, answer("STOP"))
    assert deliver(message, now).state == State.CANCELLED
    assert outbox.cancel_queued(draft_id="d_1", reason="x", now=now) == 0
    assert sends == []
