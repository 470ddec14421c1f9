"""The SMS adapter against a provider that speaks Twilio's HTTP: what goes over the wire, and what each answer means."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from messaging.models import Kind, Message
from messaging.sms_twilio import TwilioTransport
from messaging.transport import Busy, Content, Rejected, Sender, Unclear
from tests.provider import Provider
from tests.world import NOW

SENDER = Sender(name="Bella Hair Co.")
TEXT = "Bella Hair Co.: finish at https://book.example.com/r/AAAAAAAAAAAAAAAAAAAAAA/\nReply STOP to opt out"


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with Provider() as running:
        running.now = NOW
        settings.TWILIO_API_URL = running.url
        yield running


def message(kind: str = Kind.INCOMPLETE_REMINDER) -> Message:
    return Message(id=UUID(int=7), kind=kind, channel="sms", recipient="+61491570006", created_at=NOW)


def send(seconds: float = 5, kind: str = Kind.INCOMPLETE_REMINDER):
    return TwilioTransport().send(message=message(kind), content=Content("", TEXT), sender=SENDER, timeout_seconds=seconds)


def test_the_whole_request_of_a_reminder(provider: Provider) -> None:
    receipt = send()
    assert provider.requests == [
        {
            "To": "+61491570006",
            "Body": TEXT,
            "MessagingServiceSid": "MG00000000000000000000000000000000",
            "StatusCallback": "https://book.example.com/webhooks/twilio/status/00000000-0000-0000-0000-000000000007/",
            "ValidityPeriod": "3600",
            "SmartEncoded": "true",
        }
    ]
    assert (receipt.provider_id, receipt.delivery) == (provider.accepted[0]["sid"], "accepted")


def test_a_code_is_worthless_after_ten_minutes(provider: Provider) -> None:
    send(kind=Kind.SIGN_IN_CODE)
    assert provider.requests[0]["ValidityPeriod"] == "600"


def test_no_callback_address_that_twilio_could_not_call(provider: Provider, settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    send()
    assert "StatusCallback" not in provider.requests[0]


@pytest.mark.parametrize(("fault", "reason"), [("21610", "opted_out"), ("21211", "bad_number"), ("401", "twilio_20003")])
def test_a_refusal_for_good_has_a_reason(provider: Provider, fault: str, reason: str) -> None:
    provider.faults.append(fault)
    with pytest.raises(Rejected) as refusal:
        send()
    assert refusal.value.reason == reason


@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("", None), ("Wed, 25 Nov 2026 10:00:00 GMT", None)])
def test_too_many_requests_is_never_processed(provider: Provider, header: str, seconds: float | None) -> None:
    provider.faults.append("429")
    provider.retry_after = header
    with pytest.raises(Busy) as busy:
        send()
    assert busy.value.retry_after == seconds


@pytest.mark.parametrize(
    "fault",
    ["500_before", "500_after", "reset_before", "reset_after", "truncated", "no_sid", "bad_json", "hang_before", "hang_after", "dribble"],
)
def test_what_nobody_can_know_is_unclear(provider: Provider, fault: str) -> None:
    provider.faults.append(fault)
    with pytest.raises(Unclear):
        send(seconds=0.6)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_no_connection_is_never_processed(settings, address: str) -> None:
    settings.TWILIO_API_URL = address
    with pytest.raises(Busy):
        send()


def test_no_tls_is_never_processed(provider: Provider, settings) -> None:
    settings.TWILIO_API_URL = provider.url.replace("http://", "https://")
    with pytest.raises(Busy):
        send()
    assert provider.accepted == []


def test_the_adapter_works_again_after_a_hanging_call(provider: Provider) -> None:
    transport = TwilioTransport()
    provider.faults.append("hang_before")
    with pytest.raises(Unclear):
        transport.send(message=message(), content=Content("", TEXT), sender=SENDER, timeout_seconds=0.3)
    receipt = transport.send(message=message(), content=Content("", TEXT), sender=SENDER, timeout_seconds=5)
    assert receipt.provider_id == provider.accepted[0]["sid"]


def test_the_list_holds_what_was_made_since(provider: Provider) -> None:
    send()
    provider.now = NOW - timedelta(hours=2)
    send()
    found = TwilioTransport().find(message=message(), since=NOW - timedelta(minutes=1))
    assert [(one.provider_id, one.body, one.created_at, one.delivery) for one in found] == [
        (provider.accepted[0]["sid"], TEXT, NOW, "accepted")
    ]


def test_a_list_that_does_not_answer_is_unclear(provider: Provider) -> None:
    provider.list_fault = "500"
    with pytest.raises(Unclear):
        TwilioTransport().find(message=message(), since=NOW)


def test_no_number_and_no_text_reaches_the_log(provider: Provider, caplog) -> None:
    caplog.set_level("INFO")
    send()
    TwilioTransport().find(message=message(), since=NOW)
    assert "491570006" not in caplog.text
    assert "finish" not in caplog.text
