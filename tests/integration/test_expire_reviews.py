"""The sweep and the sending of reminders, through the task functions, on real engines."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command

from business.models import Channel, DayCounter, Heartbeat, TeamMember
from drafts import actions as drafts
from drafts.document import DraftState
from followups import sweep, tasks
from messaging.models import Message, StaffNotice, State
from scheduler import actions as calendar
from scheduler import queries as appointments
from tests.leaving import OVER, TEN, again, counted, leave, mongo_away, switch_on
from tests.world import NOW

BOTH = (Channel.SMS, Channel.EMAIL)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mongo")]


def book(world, draft, *, now, mirrored=False, engagement=1, draft_id=None):
    """The client's own Confirm, as far as PostgreSQL."""
    lines = appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    return calendar.book(
        business=world.bella, client=world.mia, members=TeamMember.objects.filter(pk=world.maya.pk), start=NOW + timedelta(hours=4),
        lines=lines, confirm_key=uuid4(), now=now, source="online", mirrored=mirrored,
        draft_id=draft.id if draft_id is None else draft_id, engagement=engagement,
    ).appointment  # fmt: skip


@pytest.mark.s("S22", "S27")
def test_before_the_ten_minutes_are_over_nothing_happens(world, at):
    switch_on(world.bella, *BOTH)
    draft = leave(world)
    at(NOW + TEN - timedelta(seconds=5))
    tasks.expire_reviews()
    assert again(draft).status == DraftState.REVIEWING
    assert (StaffNotice.objects.count(), Message.objects.count(), DayCounter.objects.count()) == (0, 0, 0)


@pytest.mark.s("S26", "S28", "S62", "S65", "D17")
def test_expiry_rings_once_counts_once_and_sends_once_over_both_channels(world, at, sends):
    switch_on(world.bella, *BOTH)
    draft = leave(world)
    at(OVER)
    for _ in range(2):
        tasks.expire_reviews()
        tasks.send_queued()
    assert again(draft).status == DraftState.INCOMPLETE
    assert [(notice.draft_id, notice.engagement) for notice in StaffNotice.objects.all()] == [(draft.id, 1)]
    assert counted(world.bella, "captured") == 1
    assert sorted(send.channel for send in sends) == ["email", "sms"]
    assert {message.state for message in Message.objects.all()} == {State.SENT}
    assert (counted(world.bella, "reminded_sms"), counted(world.bella, "reminded_email")) == (1, 1)
    assert again(draft).reminder.state == "handed"


@pytest.mark.s("S67", "S46")
def test_reminder_names_business_and_service_and_carries_a_link_of_its_own(world, at, sends):
    switch_on(world.bella, *BOTH)
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert len(sends) == 2
    for send in sends:
        assert all(word in send.content.text for word in ("Mia", "Hair cut", "Bella Hair Co.", "https://book.example.com/r/"))
        assert (send.sender.name, send.sender.reply_to) == ("Bella Hair Co.", "hello@bella.example")
    assert [message.links.count() for message in Message.objects.all()] == [1, 1]


@pytest.mark.s("S57", "S68", "D14")
def test_switches_are_off_by_default_and_the_reason_is_kept(world, at, sends):
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert (again(draft).reminder.state, again(draft).reminder.reason) == ("skipped", "automation_off")
    assert (len(sends), Message.objects.count(), StaffNotice.objects.count()) == (0, 0, 1)


@pytest.mark.s("S63")
@pytest.mark.parametrize(("muted", "left"), [BOTH, BOTH[::-1]])
def test_a_channel_needs_the_clients_preference(world, at, sends, muted, left):
    switch_on(world.bella, *BOTH)
    setattr(world.mia, f"wants_{muted}", False)
    world.mia.save()
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert [send.channel for send in sends] == [left]
    assert Message.objects.get(channel=muted).reason == "preference_off"
    assert again(draft).reminder.state == "handed"


@pytest.mark.s("S59", "S63")
@pytest.mark.parametrize("channel", BOTH)
def test_a_channel_needs_the_switch_of_its_own(world, at, sends, channel):
    switch_on(world.bella, channel)
    switch_on(world.rival, *BOTH)
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert [send.channel for send in sends] == [channel]
    assert again(draft).reminder.state == "handed"


@pytest.mark.s("S64", "D14")
def test_both_blocked_is_silent_with_its_reason(world, at, sends):
    switch_on(world.bella, *BOTH)
    world.mia.wants_sms = world.mia.wants_email = False
    world.mia.save()
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert (again(draft).reminder.state, again(draft).reminder.reason) == ("skipped", "preference_off")
    assert (len(sends), StaffNotice.objects.count()) == (0, 1)


@pytest.mark.s("D11")
def test_switching_on_never_reaches_back(world, at, sends):
    draft = leave(world)
    switch_on(world.bella, Channel.SMS, at=NOW + TEN + timedelta(milliseconds=500))
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert again(draft).reminder.reason == "enabled_later"
    assert sends == []


@pytest.mark.s("D10")
def test_a_time_that_has_passed_is_not_reminded_of(world, at, sends):
    switch_on(world.bella, *BOTH)
    draft = leave(world, start_at=NOW + timedelta(minutes=5))
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert again(draft).reminder.reason == "time_passed"
    assert sends == []


@pytest.mark.s("S66", "S65", "S26")
def test_a_second_abandonment_gets_a_fresh_bell_and_reminder(world, at, sends):
    switch_on(world.bella, Channel.SMS)
    draft = leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    leave(world, now=OVER + TEN)
    at(OVER + TEN + TEN + TEN)
    tasks.expire_reviews()
    tasks.send_queued()
    assert again(draft, OVER + 3 * TEN).engagement == 2
    assert [notice.engagement for notice in StaffNotice.objects.order_by("engagement")] == [1, 2]
    assert len(sends) == 2
    assert len({send.content.text for send in sends}) == 2, "each message has a link of its own"
    assert counted(world.bella, "captured") == 2


@pytest.mark.s("S27", "S71")
@pytest.mark.parametrize("draft_id", [None, ""])
def test_a_booking_that_the_draft_does_not_know_converts_it_without_bell_or_reminder(world, at, sends, draft_id):
    switch_on(world.bella, *BOTH)
    draft = leave(world)
    appointment = book(world, draft, now=NOW + timedelta(minutes=3), draft_id=draft_id, engagement=None if draft_id == "" else 1)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    appointment.refresh_from_db()
    assert again(draft).status == DraftState.CONVERTED
    assert appointment.mirrored
    assert (StaffNotice.objects.count(), Message.objects.count(), counted(world.bella, "captured")) == (0, 0, 0)


@pytest.mark.s("S27")
def test_a_booking_found_at_the_bell_converts_instead_of_ringing(world, at):
    """The appointment claims to be mirrored, so only the look before the bell can find it."""
    draft = leave(world)
    book(world, draft, now=NOW + timedelta(minutes=3), mirrored=True)
    at(OVER)
    tasks.expire_reviews()
    assert again(draft).status == DraftState.CONVERTED
    assert StaffNotice.objects.count() == 0


def test_a_booking_of_an_earlier_engagement_does_not_silence_a_later_one(world, at):
    draft = leave(world)
    appointment = book(world, draft, now=NOW)
    drafts.mark_converted(made=appointment, now=NOW)
    leave(world, now=NOW + timedelta(seconds=1), start_at=NOW + timedelta(hours=6))
    at(OVER + timedelta(seconds=2))
    tasks.expire_reviews()
    assert [notice.engagement for notice in StaffNotice.objects.all()] == [2]


@pytest.mark.s("S62")
def test_quiet_hours_hold_the_reminder_back_until_they_end(world, at, sends):
    switch_on(world.bella, Channel.SMS)
    world.bella.quiet_from, world.bella.quiet_until = time(8), time(11)
    world.bella.save()
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert sends == []
    at(NOW + timedelta(hours=2, seconds=1))
    tasks.send_queued()
    assert len(sends) == 1


def test_each_business_has_its_own_bell_switch_and_count(world, at, sends):
    switch_on(world.rival, Channel.SMS)
    leave(world)
    leave(world, world.rival_mia)
    at(OVER)
    tasks.expire_reviews()
    tasks.send_queued()
    assert (counted(world.bella, "captured"), counted(world.rival, "captured")) == (1, 1)
    assert [(send.sender.name, send.recipient) for send in sends] == [("Rival Cuts", world.rival_mia.phone)]


def test_a_client_who_is_gone_stops_nobody(world, at):
    gone, stays = leave(world), leave(world, world.noa)
    world.mia.delete()
    at(OVER)
    tasks.expire_reviews()
    assert [notice.draft_id for notice in StaffNotice.objects.all()] == [stays.id]
    assert (again(gone).bell.state, again(gone).reminder.reason) == ("done", "automation_off")


def test_mongodb_away_leaves_the_task_standing_and_the_next_one_finishes(world, at):
    draft = leave(world)
    at(OVER)
    with mongo_away():
        tasks.expire_reviews()
        tasks.send_queued()
    assert again(draft).status == DraftState.REVIEWING
    tasks.expire_reviews()
    assert StaffNotice.objects.count() == 1


def test_mongodb_away_puts_a_claimed_reminder_back(world, at, sends):
    switch_on(world.bella, Channel.SMS)
    leave(world)
    at(OVER)
    tasks.expire_reviews()
    with mongo_away():
        tasks.send_queued()
    assert Message.objects.get().state == State.QUEUED
    tasks.send_queued()
    assert len(sends) == 1


def test_the_command_does_the_same_without_celery(world, at, sends):
    switch_on(world.bella, Channel.SMS)
    leave(world)
    at(OVER)
    call_command("sweep")
    assert (StaffNotice.objects.count(), len(sends)) == (1, 1)


def test_the_sweep_stays_awake_until_the_next_due_date_and_reads_the_clock_each_time(world):
    leave(world)
    leave(world, world.noa, now=NOW + timedelta(seconds=0.4))
    passes, moment = [], [NOW + TEN]

    def pause(seconds):
        passes.append(seconds)
        moment[0] += timedelta(seconds=seconds)

    sweep.stay_awake(read_clock=lambda: moment[0], pause=pause, seconds=60.0)
    assert StaffNotice.objects.count() == 2
    assert passes == [pytest.approx(0.4, abs=0.01)]


def test_a_due_date_after_the_tick_is_left_to_the_next_tick(world):
    leave(world, now=NOW + timedelta(seconds=2))
    sweep.stay_awake(read_clock=lambda: NOW + TEN, pause=pytest.fail, seconds=1.0)


def test_heartbeats_are_written_at_most_every_few_seconds(world, django_assert_num_queries):
    sweep.show_life(name="expire_reviews", now=NOW)
    with django_assert_num_queries(1):
        sweep.show_life(name="expire_reviews", now=NOW + timedelta(seconds=2))
    sweep.show_life(name="expire_reviews", now=NOW + timedelta(seconds=6))
    assert Heartbeat.objects.get(name="expire_reviews").at == NOW + timedelta(seconds=6)


def test_queries_do_not_grow_with_the_number_of_drafts(world, django_assert_max_num_queries):
    switch_on(world.bella, *BOTH)
    for client in (world.mia, world.noa):
        leave(world, client)
    with django_assert_max_num_queries(24):
        sweep.sweep(now=OVER)
    assert Message.objects.count() == 4
