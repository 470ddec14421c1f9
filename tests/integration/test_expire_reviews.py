"""The sweep and the sending of reminders, through the task functions, on real engines."""

from datetime import timedelta
from uuid import uuid4

import pytest

from business.models import Channel, DayCounter, Heartbeat
from drafts import actions as drafts
from drafts import queries
from drafts.document import DraftState, Selection, ServiceChoice
from followups import tasks
from messaging.models import AutomatedMessage, Kind, Message, StaffNotice, State
from tests.world import NOW

TEN = timedelta(minutes=10)
OVER = NOW + TEN + timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def selection(world, **changes) -> Selection:
    line = ServiceChoice(world.cut.pk, None, "Hair cut", 45, 6200)
    values = {"services": (line,), "team_member_id": None, "start_at": NOW + timedelta(hours=4), "tz": "Australia/Sydney"}
    return Selection(**{**values, **changes})


@pytest.fixture
def leave(world, mongo):
    """`leave(client)`: the client stops at Review at NOW; the draft."""

    def stop(client=None, now=NOW, **changes):
        client = client or world.mia
        return drafts.start_review(
            business_id=client.business_id, client_id=client.pk, flow=uuid4(), selection=selection(world, **changes), now=now
        )

    return stop


@pytest.fixture
def switch_on(world):
    def switch(*channels, business=None, at=NOW):
        for channel in channels:
            AutomatedMessage.objects.create(
                business=business or world.bella, kind=Kind.INCOMPLETE_REMINDER, channel=channel, enabled=True, enabled_at=at, updated_at=at
            )

    return switch


def reread(draft, now):
    return queries.get(business_id=draft.business_id, draft_id=draft.id, now=now)


def counted(business, name):
    return sum(DayCounter.objects.filter(business=business, name=name).values_list("value", flat=True))


@pytest.mark.s("S22", "S27")
def test_before_the_ten_minutes_are_over_nothing_happens(world, leave, switch_on, at):
    switch_on(Channel.SMS, Channel.EMAIL)
    draft = leave()
    at(NOW + TEN - timedelta(seconds=5))
    tasks.expire_reviews()
    assert reread(draft, NOW).status == DraftState.REVIEWING
    assert (StaffNotice.objects.count(), Message.objects.count(), DayCounter.objects.count()) == (0, 0, 0)


@pytest.mark.s("S26", "S28", "S62", "D17")
def test_expiry_rings_once_counts_once_and_sends_over_both_channels(world, leave, switch_on, at, sends):
    switch_on(Channel.SMS, Channel.EMAIL)
    draft = leave()
    at(OVER)
    for _ in range(2):
        tasks.expire_reviews()
        tasks.send_queued()
    assert reread(draft, NOW).status == DraftState.INCOMPLETE
    assert [(notice.draft_id, notice.engagement) for notice in StaffNotice.objects.all()] == [(draft.id, 1)]
    assert counted(world.bella, "captured") == 1
    assert sorted(send.channel for send in sends) == ["email", "sms"]
    assert {message.state for message in Message.objects.all()} == {State.SENT}
    assert (counted(world.bella, "reminded_sms"), counted(world.bella, "reminded_email")) == (1, 1)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"expire_reviews", "send_queued"}
