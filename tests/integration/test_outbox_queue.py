"""Keys and claims: what may be queued, who may take it."""

from datetime import timedelta

import pytest

from business.models import Channel
from messaging import outbox, queries
from messaging.models import Kind, Message, State
from messaging.render import reminder_values, render, resume_url
from tests.fakes import Send
from tests.world import World


def queue(world: World, now, **changes) -> Message | None:
    wish = {
        "kind": Kind.INCOMPLETE_REMINDER,
        "business": world.bella,
        "client": world.mia,
        "channel": Channel.SMS,
        "dedupe_key": "auto:d_1:1:sms",
        "recipient": world.mia.phone,
        "draft_id": "d_1",
        "engagement": 1,
        "now": now,
    }
    return outbox.queue(**{**wish, **changes})


def content(world: World, message: Message, now):
    token = outbox.mint_link(message=message, services=[(world.cut.pk, None)], now=now)
    words = queries.automated(business=world.bella)[Channel(message.channel)]
    values = reminder_values(business=world.bella, client=world.mia, services=["Hair cut"], link=resume_url(token))
    return render(channel=message.channel, business=world.bella, subject=words.subject, body=words.body, values=values)


@pytest.mark.s("S46", "S61", "S67")
def test_a_queued_reminder_is_claimed_and_sent_once(world: World, now, sends: list[Send]) -> None:
    queue(world, now)
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    sent = outbox.deliver(message=message, content=content(world, message, now), timeout_seconds=15, now=now)
    assert (sent.state, sent.attempts, sent.delivery) == (State.SENT, 1, "queued")
    assert [send.recipient for send in sends] == ["+61491570006"]
    text = sends[0].content.text
    assert text.startswith("Bella Hair Co.: Hi Mia, it looks like you didn't finish booking your Hair cut. ")
    assert text.endswith("/\nReply STOP to opt out")
    assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now) is None


@pytest.mark.s("S65")
def test_the_same_key_is_queued_once(world: World, now) -> None:
    assert queue(world, now) is not None
    assert queue(world, now) is None


@pytest.mark.s("S65")
def test_another_message_of_a_draft_in_flight_keeps_a_second_out(world: World, now) -> None:
    queue(world, now)
    assert queue(world, now, dedupe_key="manual:d_1:1:sms:a") is None
    assert queue(world, now, dedupe_key="auto:d_1:1:email", channel=Channel.EMAIL) is not None


def test_a_row_is_not_claimed_before_its_time_nor_by_another_kind(world: World, now) -> None:
    queue(world, now, not_before=now + timedelta(minutes=1))
    assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now) is None
    assert outbox.claim(kind=Kind.TEST, now=now + timedelta(minutes=1)) is None
    assert outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + timedelta(minutes=1)) is not None
