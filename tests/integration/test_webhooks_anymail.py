"""The mail provider's reports, as Postmark sends them."""

import base64
import json

import pytest
from django.test import Client as Browser

from business.actions import has_opted_out
from business.models import Channel
from messaging.models import Message, State
from tests.integration.test_outbox_deliver import claimed, deliver
from tests.world import World

PATH = "/webhooks/anymail/"
SECRET = "anymail:webhook-secret-for-tests"


def headers(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


@pytest.fixture
def sent(world: World, now) -> Message:
    return deliver(claimed(world, now, channel=Channel.EMAIL, recipient="mia@example.com", dedupe_key="auto:d_1:1:email"), now)


def event(message: Message, kind: str, **more: object) -> dict[str, object]:
    """Postmark's report of one kind about this message."""
    base = {
        "RecordType": kind,
        "MessageStream": "outbound",
        "ServerID": 23,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": message.recipient,
        "Email": message.recipient,
        "Tag": "incomplete_reminder",
        "DeliveredAt": "2026-11-25T09:12:00Z",
        "BouncedAt": "2026-11-25T09:12:00Z",
        "Details": "Test delivery webhook details",
        "Metadata": {"message_id": str(message.pk), "business_id": str(message.business_id)},
    }
    return {**base, **more}


BOUNCE = {
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Description": "unknown user",
    "Inactive": True,
    "Content": "",
}
COMPLAINT = {"ID": 42, "Type": "SpamComplaint", "TypeCode": 100001, "Name": "Spam complaint", "Description": "spam", "Inactive": True}


def post(browser: Browser, said: object, secret: str = SECRET):
    return browser.post(PATH, json.dumps(said), content_type="application/json", headers=headers(secret))


def test_delivered_is_noted(sent: Message, client: Browser) -> None:
    assert post(client, event(sent, "Delivery")).status_code == 200
    sent.refresh_from_db()
    assert (sent.state, sent.delivery) == (State.SENT, "delivered")


@pytest.mark.s("D14")
def test_a_bounce_is_noted_with_its_reason(sent: Message, client: Browser, world: World) -> None:
    post(client, event(sent, "Delivery"))
    post(client, event(sent, "Bounce", **BOUNCE))
    post(client, event(sent, "Delivery"))
    sent.refresh_from_db()
    assert (sent.delivery, sent.reason) == ("bounced", "mail_bounced")
    assert not has_opted_out(business_id=world.bella.pk, channel=Channel.EMAIL, contact=sent.recipient)


@pytest.mark.s("S63")
@pytest.mark.parametrize("kind", ["SpamComplaint", "SubscriptionChange"])
def test_a_complaint_or_an_unsubscribe_opts_out(sent: Message, client: Browser, world: World, kind: str) -> None:
    more = (
        COMPLAINT if kind == "SpamComplaint" else {"SuppressSending": True, "SuppressionReason": "ManualSuppression", "Origin": "Recipient"}
    )
    assert post(client, event(sent, kind, **more)).status_code == 200
    assert has_opted_out(business_id=world.bella.pk, channel=Channel.EMAIL, contact=sent.recipient)
    world.mia.refresh_from_db()
    assert (world.mia.wants_email, world.mia.wants_sms) == (False, True)
    assert not has_opted_out(business_id=world.rival.pk, channel=Channel.EMAIL, contact=sent.recipient)


@pytest.mark.parametrize("secret", ["anymail:wrong", "", "webhook-secret-for-tests"])
def test_a_wrong_secret_is_refused(sent: Message, client: Browser, secret: str) -> None:
    assert post(client, event(sent, "Delivery"), secret).status_code == 400
    sent.refresh_from_db()
    assert sent.delivery == "queued"


def test_without_a_configured_secret_nobody_is_believed(sent: Message, client: Browser, settings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ""}
    assert post(client, event(sent, "Delivery")).status_code == 404


def test_two_secrets_hold_while_one_is_being_changed(sent: Message, client: Browser, settings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": f"anymail:new-secret,{SECRET}"}
    assert post(client, event(sent, "Delivery"), "anymail:new-secret").status_code == 200
    assert post(client, event(sent, "Delivery"), SECRET).status_code == 200
    assert post(client, event(sent, "Delivery"), "anymail:other").status_code == 400


def test_a_provider_without_reports_has_no_webhook(sent: Message, client: Browser, settings) -> None:
    settings.EMAIL_PROVIDER = "smtp"
    assert post(client, event(sent, "Delivery")).status_code == 404


def test_reports_that_do_not_fit_the_message_are_ignored(sent: Message, client: Browser, world: World) -> None:
    foreign = {"message_id": str(sent.pk), "business_id": str(world.rival.pk)}
    for said in (
        event(sent, "Delivery", Metadata=foreign),
        event(sent, "Delivery", Recipient="noa@example.com", Email="noa@example.com"),
        event(sent, "Delivery", Metadata={"message_id": "nonsense"}),
        event(sent, "Delivery", Metadata={}),
        event(sent, "Open"),
    ):
        assert post(client, said).status_code == 200
    sent.refresh_from_db()
    assert sent.delivery == "queued"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "1", '{"RecordType": 5}'])
def test_nonsense_is_refused_or_ignored_but_never_an_error(sent: Message, client: Browser, body: str) -> None:
    answered = client.post(PATH, body, content_type="application/json", headers=headers())
    assert answered.status_code in {200, 400}


def test_big_bodies_and_other_methods_are_refused(sent: Message, client: Browser) -> None:
    assert post(client, event(sent, "Delivery", Padding="x" * 70_000)).status_code == 413
    assert client.get(PATH).status_code == 405
