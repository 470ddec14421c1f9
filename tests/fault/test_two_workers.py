"""Several sweeps at once, several people at once: each bell once, each row once, each message once (F2, F7, F10, F18)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import connection, connections

from business.models import Channel, Client
from drafts import queries
from followups import actions, outreach, sweep
from messaging import outbox
from messaging.models import Kind, Message, StaffNotice, State
from tests.fakes import RecordingTransport
from tests.leaving import OVER, TEN, again, counted, leave, switch_on
from tests.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mongo")]
KEYS = ((Message, "one_in_flight"), (StaffNotice, "one_bell_per_engagement"))


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


@pytest.fixture
def all_have_read(monkeypatch):
    """`all_have_read(n)`: each of n sweeps has seen what is pending before the first of them settles anything."""

    def wait_for(number):
        for name in ("pending_bells", "pending_reminders"):
            monkeypatch.setattr(queries, name, waiting_at(Barrier(number), getattr(queries, name)))

    return wait_for


def waiting_at(gate, read):
    def read_then_wait(**options):
        found = read(**options)
        gate.wait(timeout=30)
        return found

    return read_then_wait


@contextmanager
def without_unique_keys():
    """Neither bells nor messages have a key that is theirs alone."""
    dedupe = Message._meta.get_field("dedupe_key")
    plain = dedupe.clone()
    plain._unique = False
    plain.set_attributes_from_name("dedupe_key")
    plain.model = Message
    keys = [(model, one) for model, name in KEYS for one in model._meta.constraints if one.name == name]
    with connection.schema_editor() as editor:
        editor.alter_field(Message, dedupe, plain)
        for model, key in keys:
            editor.remove_constraint(model, key)
    try:
        yield
    finally:
        Message.objects.all().delete()
        StaffNotice.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.alter_field(Message, plain, dedupe)
            for model, key in keys:
                editor.add_constraint(model, key)


def sweep_at_once(number):
    return at_once(number, lambda _: sweep.sweep(now=OVER))


@pytest.mark.s("S26", "S65", "D17")
def test_several_workers_sweeping_at_once_ring_count_and_queue_once(world, all_have_read):
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 60)
    all_have_read(4)
    assert sweep_at_once(4) == [None] * 4
    assert StaffNotice.objects.count() == Message.objects.count() == counted(world.bella, "captured") == 60


@pytest.mark.s("S26")
def test_nothing_is_left_pending_after_them(world):
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 20)
    assert sweep_at_once(4) == [None] * 4
    assert queries.pending_bells(now=OVER, limit=100) == queries.pending_reminders(now=OVER, limit=100) == []


@pytest.mark.s("S26")
def test_without_the_unique_keys_the_same_sweeps_do_double(world, all_have_read):
    """Negative control: the keys are what makes it once, for bells, counts and messages."""
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 5)
    all_have_read(4)
    with without_unique_keys():
        assert sweep_at_once(4) == [None] * 4
        assert StaffNotice.objects.count() == Message.objects.count() == counted(world.bella, "captured") == 20


@pytest.mark.s("S65")
def test_many_workers_sending_the_same_queue_send_each_message_once(world):
    switch_on(world.bella, Channel.EMAIL)
    crowd(world, 20)
    sweep.sweep(now=OVER)
    taken = at_once(4, lambda _: outreach.deliver_queued(now=OVER, limit=50))
    assert sum(taken) == 20
    assert len({send.message_id for send in RecordingTransport.sends}) == len(RecordingTransport.sends) == 20
    assert counted(world.bella, "reminded_email") == 20


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
