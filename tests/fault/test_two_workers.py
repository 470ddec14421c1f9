"""Several sweeps at once, several people at once: each bell once, each row once, each message once (F2, F7, F10, F18)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test import Client as Browser
from django.urls import reverse

from business.models import Channel, Client
from drafts import queries
from followups import actions, outreach, sweep
from followups.actions import ring_bells
from followups.outreach import automatic
from messaging import outbox
from messaging.models import Kind, Message, StaffNotice, State
from tests.fakes import RecordingTransport
from tests.leaving import OVER, TEN, again, counted, leave, switch_on
from tests.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mongo")]
BOTH = (Channel.SMS, Channel.EMAIL)


def at_once(number, work):
    """`work(n)` in as many threads, all let go in the same moment; their results, exceptions included."""
    barrier = Barrier(number)

    def run(n):
        try:
            barrier.wait(timeout=20)
            return work(n)
        except Exception as error:  # noqa: BLE001 - what went wrong in a thread is the test's to judge
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def crowd(world, number):
    people = Client.objects.bulk_create(
        Client(business=world.bella, first_name=f"C{n}", email=f"c{n}@example.com", created_at=NOW) for n in range(number)
    )
    return [leave(world, person) for person in people]


@pytest.mark.s("S26", "S65", "D17")
def test_two_workers_sweeping_at_once_ring_count_and_queue_once(world):
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 60)
    assert at_once(4, lambda _: sweep.sweep(now=OVER)) == [None] * 4
    assert StaffNotice.objects.count() == Message.objects.count() == counted(world.bella, "captured") == 60
    assert queries.pending_bells(now=OVER, limit=100) == queries.pending_reminders(now=OVER, limit=100) == []


@pytest.mark.s("S26")
def test_without_the_unique_keys_the_same_sweeps_do_double(world):
    """Negative control: the keys are what the test above proves."""
    switch_on(world.bella, Channel.EMAIL)
    drafts = crowd(world, 5)
    sweep.sweep(now=OVER)
    found = [again(draft) for draft in drafts]
    rows = Message.objects.all()
    rows.update(state=State.SENT)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_message DROP CONSTRAINT messaging_message_dedupe_key_key")
        try:
            automatic._insert([_twin(row) for row in rows])
            assert Message.objects.count() == 10
        finally:
            Message.objects.all().delete()
            cursor.execute("ALTER TABLE messaging_message ADD CONSTRAINT messaging_message_dedupe_key_key UNIQUE (dedupe_key)")
    assert ring_bells(items=found, now=OVER) == 0


def _twin(row):
    return automatic._row(again(_Named(row)), row.channel, recipient=row.recipient, state=State.QUEUED, not_before=OVER, now=OVER)


class _Named:
    """What `again` asks of a draft."""

    def __init__(self, row):
        self.business_id, self.id = row.business_id, row.draft_id


@pytest.mark.s("S65")
def test_many_workers_sending_the_same_queue_send_each_message_once(world):
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 20)
    sweep.sweep(now=OVER)
    taken = at_once(4, lambda _: outreach.deliver_queued(now=OVER, limit=50))
    assert sum(taken) == 20
    assert len({send.message_id for send in RecordingTransport.sends}) == len(RecordingTransport.sends) == 20
    assert counted(world.bella, "reminded_email") == 20


@pytest.mark.s("S65", "S52")
def test_two_people_pressing_send_at_once_reach_the_client_once_per_channel(world, at):
    at(OVER)
    for person in crowd(world, 5):
        browsers = [Browser(), Browser()]
        for browser, user in zip(browsers, (world.rita, world.olga), strict=True):
            browser.force_login(user)
        RecordingTransport.sends.clear()
        url = reverse("followups:remind", args=[person.id])
        answers = at_once(2, lambda n, url=url, browsers=browsers: browsers[n].post(url, {"engagement": 1}, headers={"HX-Request": "true"}))
        assert [answer.status_code for answer in answers] == [200, 200]
        # Whoever presses after the other's message has gone out sends again; two in flight at once never happen.
        flights = Message.objects.filter(draft_id=person.id)
        assert flights.filter(state=State.SENT).count() == len(RecordingTransport.sends) >= 1
        assert not flights.exclude(state=State.SENT).exists()


@pytest.mark.s("S65")
def test_while_one_message_is_on_its_way_no_second_one_starts(world, at, settings):
    """Twenty people press while the provider has not answered: one message, nineteen are told who is sending."""
    settings.MESSAGING_TRANSPORTS = dict.fromkeys(("sms", "email"), "tests.fakes.UnclearTransport")
    draft = leave(world)

    def press(n):
        return outreach.remind(business=world.bella, draft_id=draft.id, engagement=1, manual_by=world.rita if n else world.olga, now=OVER)

    outcomes = at_once(20, press)
    assert sum(bool(outcome.trying) for outcome in outcomes) >= 1
    assert Message.objects.filter(channel="sms").count() == Message.objects.filter(channel="email").count() == 1
    losers = [outcome for outcome in outcomes if not outcome.trying]
    assert losers
    assert all(outcome.reason == "in_flight" and outcome.rival in {"Rita", "Olga"} for outcome in losers)


@pytest.mark.s("S53")
def test_send_against_dismiss_has_one_order_and_no_error(world):
    for draft in crowd(world, 5):

        def race(n, draft=draft):
            if n:
                return actions.dismiss(business=world.bella, draft_id=draft.id, engagement=1, user=world.rita, now=OVER)
            return outreach.remind(business=world.bella, draft_id=draft.id, engagement=1, manual_by=world.olga, now=OVER)

        sent, dismissed = at_once(2, race)
        assert again(draft).status == "dismissed"
        assert not isinstance(dismissed, Exception)
        assert isinstance(sent, actions.Handled | outreach.Outcome)


def remind_row(world, draft, state):
    """The reminder of engagement 1, as far as `state`."""
    switch_on(world.bella, Channel.SMS)
    sweep.sweep(now=OVER)
    row = Message.objects.get(draft_id=draft.id)
    if state != State.QUEUED:
        outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=OVER, message_id=row.pk)
    if state == State.SENT:
        Message.objects.filter(pk=row.pk).update(state=State.SENT)
    return row


@pytest.mark.s("S65", "S66")
@pytest.mark.parametrize(
    ("state", "first", "second"),
    [
        (State.QUEUED, (State.CANCELLED, "superseded"), ("handed", "")),
        (State.SENDING, (State.SENDING, ""), ("skipped", "in_flight")),
        (State.SENT, (State.SENT, ""), ("handed", "")),
    ],
)
def test_a_second_engagement_meets_the_first_ones_reminder(world, state, first, second):
    draft = leave(world)
    row = remind_row(world, draft, state)
    leave(world, now=OVER + TEN)
    later = OVER + TEN + TEN + TEN
    sweep.sweep(now=later)
    row.refresh_from_db()
    mark = again(draft, later).reminder
    assert ((row.state, row.reason), (mark.state, mark.reason)) == (first, second)
    assert Message.objects.filter(engagement=2).count() == (second[0] == "handed")


@pytest.mark.s("D14")
def test_a_draft_that_cannot_be_written_does_not_stop_the_others(world, mongo):
    """F18: its services have lost their names, so that no text can be made; and one document is no draft at all."""
    switch_on(world.bella, Channel.SMS)
    poisoned, healthy = leave(world), leave(world, world.noa)
    sweep.sweep(now=OVER)
    Message.objects.filter(draft_id=poisoned.id).update(client=None)
    assert outreach.deliver_queued(now=OVER, limit=10) == 2
    ends = dict(Message.objects.values_list("draft_id", "state"))
    assert ends == {poisoned.id: State.CANCELLED, healthy.id: State.SENT}
    assert Message.objects.get(draft_id=poisoned.id).reason == "unrenderable"


def test_a_bell_that_the_database_refuses_does_not_silence_the_others(world):
    poisoned, healthy = leave(world), leave(world, world.noa)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE messaging_staffnotice ADD CONSTRAINT poison CHECK (draft_id <> '{poisoned.id}')")
        try:
            sweep.sweep(now=OVER)
        finally:
            cursor.execute("ALTER TABLE messaging_staffnotice DROP CONSTRAINT poison")
    assert [notice.draft_id for notice in StaffNotice.objects.all()] == [healthy.id]
    assert (again(poisoned).bell.state, again(healthy).bell.state) == ("pending", "done")
    assert (again(poisoned).reminder.state, again(healthy).reminder.state) == ("skipped", "skipped")
    sweep.sweep(now=OVER)
    assert StaffNotice.objects.count() == counted(world.bella, "captured") == 2
