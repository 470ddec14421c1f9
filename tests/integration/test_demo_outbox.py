"""The demo outbox and its clock: only with DEMO=1, everything in full, links and codes at hand."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from business.models import DemoClock
from messaging import outbox, queries
from messaging.models import DemoMessage, Kind, State
from messaging.render import reminder_values, render, resume_url
from messaging.views import demo
from tests.integration.test_outbox_queue import queue
from tests.world import World

PATH = "/demo/outbox/"


@pytest.fixture
def in_demo(settings, monkeypatch) -> None:
    settings.DEMO = True
    settings.MESSAGING_TRANSPORTS = {"sms": "messaging.demo_outbox.DemoOutbox", "email": "messaging.demo_outbox.DemoOutbox"}
    monkeypatch.setattr(demo, "SETTLE_SECONDS", 0)


def remind(world: World, now, channel: str, first_name: str = "Mia") -> str:
    """A reminder as the sweep sends it; the token of its link."""
    recipient = world.mia.phone if channel == "sms" else world.mia.email
    queue(world, now, channel=channel, recipient=recipient, dedupe_key=f"auto:d_1:1:{channel}")
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    token = outbox.mint_link(message=message, services=[], now=now)
    words = queries.automated(business=world.bella)[message.channel]
    world.mia.first_name = first_name
    values = reminder_values(business=world.bella, client=world.mia, services=["Hair cut"], link=resume_url(token))
    content = render(channel=channel, business=world.bella, subject=words.subject, body=words.body, values=values)
    sent = outbox.deliver(message=message, content=content, timeout_seconds=15, now=now)
    assert (sent.state, sent.delivery) == (State.SENT, "delivered")
    return token


@pytest.mark.parametrize("path", [PATH, PATH + "1/mail/"])
def test_without_demo_there_is_no_outbox(world: World, client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post("/demo/clock/", {"move": "60"}).status_code == 404
    assert not DemoClock.objects.exists()


@pytest.mark.usefixtures("in_demo")
def test_messages_are_shown_in_full_newest_first(world: World, client: Browser, now) -> None:
    first = remind(world, now, "sms")
    second = remind(world, now + timedelta(minutes=1), "email")
    page = client.get(PATH).content.decode()
    assert f'href="https://book.example.com/r/{first}/"' in page
    assert page.index(second) < page.index(first)
    assert "+61491570006" in page
    assert "mia@example.com" in page
    assert "2 SMS, " in page
    assert "GSM-7" in page


@pytest.mark.usefixtures("in_demo")
def test_a_code_stands_out(world: World, client: Browser, now) -> None:
    text = "482913 is your Bella Hair Co. code.\n@book.example.com #482913"
    outbox.send_code(business=world.bella, phone="+61491570006", text=text, masked="…", now=now)
    assert '<mark class="code num">482913</mark>' in client.get(PATH).content.decode()


@pytest.mark.usefixtures("in_demo")
def test_foreign_links_and_markup_are_only_text(world: World, client: Browser, now) -> None:
    DemoMessage.objects.create(
        message_id="00000000-0000-0000-0000-000000000001",
        channel="sms",
        recipient="+61491570006",
        text="<script>alert(1)</script> https://evil.example/x",
        at=now,
    )
    page = client.get(PATH).content.decode()
    assert "<script>alert" not in page
    assert 'href="https://evil.example' not in page


@pytest.mark.usefixtures("in_demo")
def test_the_filter_and_the_poll(world: World, client: Browser, now) -> None:
    remind(world, now, "sms")
    remind(world, now, "email")
    assert "mia@example.com" not in client.get(PATH, {"channel": "sms"}).content.decode()
    newest = DemoMessage.objects.first().pk
    assert client.get(PATH, {"newest": newest}, headers={"HX-Request": "true"}).status_code == 204
    fragment = client.get(PATH, {"newest": 0}, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()


@pytest.mark.usefixtures("in_demo")
def test_a_mail_is_shown_in_a_sandbox(world: World, client: Browser, now) -> None:
    remind(world, now, "sms")
    token = remind(world, now, "email")
    kept = DemoMessage.objects.get(channel="email")
    answer = client.get(f"{PATH}{kept.pk}/mail/")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert token in answer.content.decode()
    assert client.get(f"{PATH}{kept.pk + 99}/mail/").status_code == 404
    assert client.get(f"{PATH}{DemoMessage.objects.get(channel='sms').pk}/mail/").status_code == 404


@pytest.mark.usefixtures("in_demo")
def test_the_clock_moves_and_comes_back(world: World, client: Browser) -> None:
    for move, seconds in (("60", 60), ("600", 660), ("86400", 87_060), ("reset", 0)):
        assert client.post("/demo/clock/", {"move": move}).status_code == 302
        assert DemoClock.objects.get().offset_seconds == seconds
    client.post("/demo/clock/", {"move": "600"})
    assert "10 min ahead of real time." in client.get(PATH).content.decode()


@pytest.mark.usefixtures("in_demo")
def test_the_clock_moves_by_its_buttons_only(world: World, client: Browser) -> None:
    for move in ("", "-60", "1e9", "61", "⁶⁰"):
        assert client.post("/demo/clock/", {"move": move}).status_code == 400
    assert client.get("/demo/clock/").status_code == 405
    assert Browser(enforce_csrf_checks=True).post("/demo/clock/", {"move": "60"}).status_code == 403
    assert not DemoClock.objects.exists()


@pytest.mark.usefixtures("in_demo")
def test_an_empty_outbox_says_what_will_come(db, client: Browser) -> None:
    assert "Nothing sent yet." in client.get(PATH).content.decode()


@pytest.mark.usefixtures("in_demo")
def test_reconcile_finds_what_the_demo_has_sent(world: World, now) -> None:
    remind(world, now, "sms")
    message = queries.messages_of(business=world.bella, draft_ids=["d_1"])["d_1"][0]
    type(message).objects.update(state=State.UNKNOWN, done_at=None)
    outbox.reconcile(now=now + timedelta(seconds=301))
    message.refresh_from_db()
    assert message.state == State.SENT
