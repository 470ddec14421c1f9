"""Settings → Automated Messages."""

import pytest
from django.test import Client as Browser

from business.models import AuditEvent, Channel
from followups import tasks
from messaging import queries
from messaging.models import AutomatedMessage, Kind, Message
from messaging.render import default_words
from tests.fakes import Send
from tests.leaving import OVER, leave
from tests.world import NOW, PASSWORD, World

LIST = "/settings/messages/"
EDIT = "/settings/messages/incomplete_reminder/"


@pytest.fixture
def olga(world: World, client: Browser) -> Browser:
    client.login(username="olga", password=PASSWORD)
    return client


def form(**changes: str) -> dict[str, str]:
    sms = default_words(Kind.INCOMPLETE_REMINDER, Channel.SMS)
    email = default_words(Kind.INCOMPLETE_REMINDER, Channel.EMAIL)
    return {"sms_body": sms.body, "email_subject": email.subject, "email_body": email.body, **changes}


@pytest.mark.s("S57", "S58")
def test_the_reminder_stands_in_its_group_and_is_off(olga: Browser) -> None:
    page = olga.get(LIST).content.decode()
    assert "Reminders" in page
    assert "Incomplete booking reminder" in page
    assert "SMS off" in page
    assert "E-mail off" in page


@pytest.mark.s("S59")
def test_each_channel_is_switched_on_its_own(olga: Browser, world: World) -> None:
    assert olga.post(EDIT, form(email_enabled="on")).status_code == 302
    stored = queries.automated(business=world.bella)
    assert (stored[Channel.SMS].enabled, stored[Channel.EMAIL].enabled) == (False, True)
    olga.post(EDIT, form(sms_enabled="on"))
    stored = queries.automated(business=world.bella)
    assert (stored[Channel.SMS].enabled, stored[Channel.EMAIL].enabled) == (True, False)
    assert not queries.automated(business=world.rival)[Channel.SMS].enabled


@pytest.mark.s("D11")
def test_switching_on_remembers_when_and_saving_again_keeps_it(olga: Browser, world: World, at, now) -> None:
    at(now)
    olga.post(EDIT, form(sms_enabled="on"))
    first = queries.automated(business=world.bella)[Channel.SMS].enabled_at
    at(now.replace(hour=23))
    olga.post(EDIT, form(sms_enabled="on", sms_body="{{BusinessName}}: {{ResumeBookingLink}}"))
    again = queries.automated(business=world.bella)[Channel.SMS]
    assert (again.enabled_at, again.body) == (first, "{{BusinessName}}: {{ResumeBookingLink}}")
    olga.post(EDIT, form())
    assert queries.automated(business=world.bella)[Channel.SMS].enabled_at is None


@pytest.mark.s("S60")
def test_the_editor_starts_with_the_default_and_its_four_variables(olga: Browser) -> None:
    page = olga.get(EDIT).content.decode()
    for name in ("FirstName", "ServiceName", "BusinessName", "ResumeBookingLink"):
        assert f"{{{{{name}}}}}" in page
    assert "Sent once, when the ten-minute review ends." in page


@pytest.mark.s("S60")
def test_own_words_are_saved_and_the_default_is_stored_as_none(olga: Browser, world: World) -> None:
    olga.post(EDIT, form(sms_body="Hi {{FirstName}}, finish here: {{ResumeBookingLink}}"))
    row = AutomatedMessage.objects.get(business=world.bella, channel="sms")
    assert row.body == "Hi {{FirstName}}, finish here: {{ResumeBookingLink}}"
    olga.post(EDIT, form())
    row.refresh_from_db()
    assert row.body == ""


@pytest.mark.s("S60")
def test_words_that_were_saved_are_the_words_that_go_out(olga: Browser, world: World, at, mongo, sends: list[Send]) -> None:
    at(NOW)
    text = "{{BusinessName}}: {{FirstName}}, your {{ServiceName}} waits here: {{ResumeBookingLink}}"
    olga.post(EDIT, form(sms_enabled="on", sms_body=text, email_enabled="on", email_body=text, email_subject="{{FirstName}}, come back"))
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    content = {send.channel: send.content for send in sends}
    for channel in Channel:
        assert "Bella Hair Co.: Mia, your Hair cut waits here: https://book.example.com/r/" in content[channel].text
        assert "didn't finish" not in content[channel].text
    assert content[Channel.EMAIL].subject == "Mia, come back"


def test_an_unknown_variable_is_named_and_nothing_is_lost(olga: Browser, world: World) -> None:
    answer = olga.post(EDIT, form(sms_body="Hi {{Vorname}}: {{ResumeBookingLink}}", email_subject="Mine", sms_enabled="on"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "{{Vorname}} is not known" in page
    assert 'value="Mine"' in page
    assert not AutomatedMessage.objects.filter(business=world.bella, enabled=True).exists()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi {{FirstName}}", "{{ResumeBookingLink}} is missing"),
        ("{{ResumeBookingLink}} {{ResumeBookingLink}}", "stands 2 times"),
        ("x" * 1001 + " {{ResumeBookingLink}}", "1000 fit"),
        ("", "Write a text"),
        ("ü€漢" * 90 + " {{ResumeBookingLink}}", "at most 4 are sent"),
        ("Look: {{ResumeBookingLink}}.", "Put a space"),
    ],
)
def test_a_text_that_would_not_work_says_why(olga: Browser, body: str, sentence: str) -> None:
    answer = olga.post(EDIT, form(sms_body=body))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_reset_puts_the_default_back_without_saving(olga: Browser, world: World) -> None:
    olga.post(EDIT, form(sms_body="{{ResumeBookingLink}} mine"))
    answer = olga.post(EDIT, form(sms_body="{{ResumeBookingLink}} typing", email_subject="Kept", reset="sms"))
    page = answer.content.decode()
    assert "The default text is back. Save to keep it." in page
    assert "it looks like you didn&#x27;t finish booking" in page
    assert 'value="Kept"' in page
    assert queries.automated(business=world.bella)[Channel.SMS].body == "{{ResumeBookingLink}} mine"


def test_a_change_writes_one_audit_line_without_texts(olga: Browser, world: World) -> None:
    olga.post(EDIT, form(sms_enabled="on", sms_body="Secret words {{ResumeBookingLink}}"))
    olga.post(EDIT, form(sms_enabled="on", sms_body="Secret words {{ResumeBookingLink}}"))
    event = AuditEvent.objects.get(business=world.bella)
    assert (event.action, event.object_id, event.actor) == ("automated_message", "incomplete_reminder", world.olga)
    assert event.meta["sms"]["enabled"] == [False, True]
    assert event.meta["sms"]["words"][0] == "default"
    assert "Secret" not in str(event.meta)


@pytest.mark.parametrize("who", ["rita", "tom"])
@pytest.mark.parametrize("path", [LIST, EDIT, EDIT + "preview/", EDIT + "test/"])
def test_only_owners_and_managers_may(world: World, client: Browser, who: str, path: str) -> None:
    client.login(username=who, password=PASSWORD)
    answer = client.post(path, form()) if path.endswith(("preview/", "test/")) else client.get(path)
    assert answer.status_code == 403
    assert not AutomatedMessage.objects.exists()


def test_a_visitor_is_sent_to_sign_in(world: World, client: Browser) -> None:
    assert client.get(LIST).status_code == 302


def test_an_unknown_message_is_not_found(olga: Browser) -> None:
    assert olga.get("/settings/messages/newsletter/").status_code == 404


def test_the_preview_counts_with_the_words_being_edited_and_writes_nothing(olga: Browser) -> None:
    page = olga.post(EDIT + "preview/", form(sms_body="Hi {{FirstName}} 😀 {{ResumeBookingLink}}"), headers={"HX-Request": "true"})
    text = page.content.decode()
    assert "UCS-2" in text
    assert "Hi Sarah 😀" in text
    assert 'hx-swap-oob="true"' in text
    assert not AutomatedMessage.objects.exists()


def test_a_test_goes_to_the_given_number_with_the_words_being_edited(olga: Browser, sends: list[Send]) -> None:
    words = form(sms_body="Come back {{FirstName}} {{ResumeBookingLink}}", channel="sms", test_sms="0491 570 156")
    answer = olga.post(EDIT + "test/", words)
    assert "Test SMS sent to 0491 570 156." in answer.content.decode()
    assert [(send.recipient, send.kind) for send in sends] == [("+61491570156", "test")]
    assert sends[0].content.text.startswith("Bella Hair Co.: Come back Olga https://book.example.com/r/")
    assert not AutomatedMessage.objects.exists()
    assert Message.objects.get().client is None


def test_a_test_mail_goes_to_the_given_address(olga: Browser, sends: list[Send]) -> None:
    olga.post(EDIT + "test/", form(channel="email", test_email="olga@bella.example"))
    assert [(send.recipient, send.channel) for send in sends] == [("olga@bella.example", "email")]
    assert "Finish booking" in sends[0].content.html
    assert sends[0].sender.preferences_url == ""


@pytest.mark.parametrize(
    ("channel", "recipient", "sentence"),
    [
        ("sms", "12", "does not exist"),
        ("sms", "(02) 5550 1234", "cannot get text messages"),
        ("sms", "+12125550100", "cannot get text messages"),
        ("email", "olga", "Enter an e-mail address"),
        ("email", "", "Enter the address"),
    ],
)
def test_a_test_to_nowhere_says_why(olga: Browser, sends: list[Send], channel: str, recipient: str, sentence: str) -> None:
    answer = olga.post(EDIT + "test/", form(channel=channel, **{f"test_{channel}": recipient}))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert sends == []


@pytest.mark.s("D14")
def test_a_refused_test_says_why(olga: Browser, settings) -> None:
    settings.MESSAGING_TRANSPORTS = {"sms": "tests.fakes.RejectingTransport", "email": "tests.fakes.RejectingTransport"}
    answer = olga.post(EDIT + "test/", form(channel="sms", test_sms="0491 570 156"))
    assert answer.status_code == 422
    assert "this number does not exist" in answer.content.decode()


def test_tests_are_limited_to_ten_an_hour(olga: Browser, sends: list[Send]) -> None:
    for _ in range(11):
        answer = olga.post(EDIT + "test/", form(channel="email", test_email="olga@bella.example"))
    assert answer.status_code == 422
    assert "in the last hour" in answer.content.decode()
    assert len(sends) == 10


@pytest.mark.s("D14")
def test_a_busy_provider_is_said_and_the_test_is_not_sent_later(olga: Browser, settings) -> None:
    settings.MESSAGING_TRANSPORTS = {"sms": "tests.fakes.BusyTransport", "email": "tests.fakes.BusyTransport"}
    answer = olga.post(EDIT + "test/", form(channel="sms", test_sms="0491 570 156"))
    assert "The provider is busy." in answer.content.decode()
    assert Message.objects.get().state == "failed"
