"""Two people press Send reminder for one card at once: while a message is in flight no second one starts over that channel (S52, S65, F7)."""

from threading import Barrier, Event
from typing import ClassVar

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from followups.outreach import manual
from messaging import outbox
from messaging.models import Message, State
from tests.fakes import RecordingTransport
from tests.fault.test_two_workers import at_once
from tests.leaving import OVER, leave

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mongo")]
WISHES = 4  # two people, two channels


class HeldTransport(RecordingTransport):
    """The provider takes its time: it answers nobody before everybody has asked for what they wish to send."""

    all_asked: ClassVar[Event] = Event()

    def send(self, **sent):
        assert self.all_asked.wait(timeout=20)
        return super().send(**sent)


@pytest.fixture
def in_the_same_moment(monkeypatch, settings):
    """Both have decided before either asks; and both have asked, over both channels, before the provider answers the first."""
    settings.MESSAGING_TRANSPORTS = dict.fromkeys(("sms", "email"), "tests.fault.test_two_presses.HeldTransport")
    HeldTransport.all_asked.clear()
    decide, queue, gate, asked = manual.decide, outbox.queue, Barrier(2), []

    def decide_then_wait(facts):
        decision = decide(facts)
        gate.wait(timeout=20)
        return decision

    def queue_and_tell(**wish):
        row = queue(**wish)
        asked.append(row)
        if len(asked) == WISHES:
            HeldTransport.all_asked.set()
        return row

    monkeypatch.setattr(manual, "decide", decide_then_wait)
    monkeypatch.setattr(outbox, "queue", queue_and_tell)


@pytest.fixture
def without_one_in_flight():
    (key,) = (one for one in Message._meta.constraints if one.name == "one_in_flight")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Message, key)
    yield
    Message.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Message, key)


def press_at_once(world, draft):
    browsers = [Browser(), Browser()]
    for browser, user in zip(browsers, (world.rita, world.olga), strict=True):
        browser.force_login(user)
    url = reverse("followups:remind", args=[draft.id])
    return at_once(2, lambda n: browsers[n].post(url, {"engagement": 1}, headers={"HX-Request": "true"}))


@pytest.mark.s("S65", "S52")
@pytest.mark.usefixtures("in_the_same_moment")
def test_two_people_pressing_send_at_once_reach_the_client_once_per_channel(world, at, sends):
    at(OVER)
    answers = press_at_once(world, leave(world))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(send.channel for send in sends) == ["email", "sms"]
    assert sorted(Message.objects.values_list("channel", "state")) == [("email", State.SENT), ("sms", State.SENT)]
    toasts = " ".join(answer.headers["HX-Trigger"] for answer in answers)
    assert "already being sent by" in toasts


@pytest.mark.s("S65")
@pytest.mark.usefixtures("in_the_same_moment", "without_one_in_flight")
def test_without_the_key_the_same_presses_reach_the_client_twice(world, at, sends):
    """Negative control."""
    at(OVER)
    press_at_once(world, leave(world))
    assert sorted(send.channel for send in sends) == ["email", "email", "sms", "sms"]
