"""Rows nobody knows about are settled by looking, never by guessing."""

from datetime import timedelta

import pytest

from business.models import DayCounter, Heartbeat
from messaging import outbox, queries
from messaging.models import Kind, Message, State
from messaging.outbox import settling
from messaging.render import reminder_values, render, resume_url
from messaging.transport import Unclear
from tests.fakes import RecordingTransport, Send
from tests.integration.test_outbox_queue import content, queue
from tests.leaving import counted
from tests.world import World

LATER = timedelta(seconds=301)


class ListDown(RecordingTransport):
    def find(self, **_: object):
        raise Unclear("list is down")


class NoList(RecordingTransport):
    def find(self, **_: object):
        return None


def use(settings, name: str) -> None:
    path = name if "." in name else f"tests.fakes.{name}"
    settings.MESSAGING_TRANSPORTS = {"sms": path, "email": path}


def unsettled(world: World, now, settings, fake: str, **changes) -> Message:
    queue(world, now, **changes)
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    use(settings, fake)
    outbox.deliver(message=message, content=content(world, message, now), timeout_seconds=15, now=now)
    use(settings, "RecordingTransport")
    message.refresh_from_db()
    return message


def test_a_message_the_provider_lists_is_sent(world: World, now, settings, sends: list[Send]) -> None:
    message = unsettled(world, now, settings, "AcceptedButUnclearTransport")
    assert message.state == State.UNKNOWN
    outbox.reconcile(now=now + LATER)
    message.refresh_from_db()
    assert (message.state, message.provider_id, message.delivery) == (State.SENT, sends[0].provider_id, "sent")
    assert len(sends) == 1


@pytest.mark.s("D17")
@pytest.mark.parametrize("fake", ["RecordingTransport", "AcceptedButUnclearTransport"])
@pytest.mark.parametrize("reported_first", [True, False])
def test_a_reminder_is_counted_once_however_it_becomes_known(world: World, now, settings, *, fake: str, reported_first: bool) -> None:
    message = unsettled(world, now, settings, fake)
    doors = [
        lambda: outbox.record_status(message_id=message.pk, provider_id="", delivery="sent", now=now + LATER),
        lambda: outbox.reconcile(now=now + LATER),
    ]
    for door in (doors if reported_first else doors[::-1]) * 2:
        door()
        assert counted(world.bella, "reminded_sms") == 1
    message.refresh_from_db()
    assert (message.state, counted(world.bella, "reminded_email")) == (State.SENT, 0)


@pytest.mark.s("D17")
def test_only_reminders_are_counted_as_reminders(world: World, now, sends: list[Send]) -> None:
    outbox.send_code(business=world.bella, phone=world.mia.phone, text="482913", masked="…", now=now)
    assert len(sends) == 1
    assert not DayCounter.objects.exists()


@pytest.mark.s("D17")
def test_a_reminder_nobody_took_is_not_counted(world: World, now, settings) -> None:
    unsettled(world, now, settings, "UnclearTransport")
    outbox.reconcile(now=now + timedelta(minutes=61))
    assert not DayCounter.objects.exists()


def test_nothing_is_settled_before_five_minutes(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    outbox.reconcile(now=now + timedelta(seconds=299))
    message.refresh_from_db()
    assert message.state == State.UNKNOWN


def test_an_empty_list_queues_it_again_and_the_next_attempt_has_its_own_link(world: World, now, settings, sends: list[Send]) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    outbox.reconcile(now=now + LATER)
    again = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + LATER)
    assert (again.pk, again.requeues, again.attempts) == (message.pk, 1, 2)
    outbox.deliver(message=again, content=content(world, again, now), timeout_seconds=15, now=now + LATER)
    assert len(sends) == 1
    assert again.links.count() == 2


def test_somebody_elses_message_to_the_same_number_is_not_ours(world: World, now, settings, sends: list[Send]) -> None:
    other = queue(world, now, dedupe_key="auto:d_9:1:sms", draft_id="d_9")
    claimed = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    outbox.deliver(message=claimed, content=content(world, claimed, now), timeout_seconds=15, now=now)
    message = unsettled(world, now, settings, "UnclearTransport")
    outbox.reconcile(now=now + LATER)
    message.refresh_from_db()
    assert (other.pk, message.state) == (claimed.pk, State.QUEUED)


def test_after_three_requeues_it_is_unconfirmed(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    Message.objects.filter(pk=message.pk).update(requeues=3)
    outbox.reconcile(now=now + LATER)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.UNCONFIRMED, "unconfirmed")


def test_a_claim_that_called_nobody_does_not_start_the_hour(world: World, now, settings) -> None:
    queue(world, now)
    outbox.release(message=outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now), now=now)
    later = now + timedelta(minutes=65)
    use(settings, "UnclearTransport")
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=later)
    outbox.deliver(message=message, content=content(world, message, later), timeout_seconds=15, now=later)
    use(settings, "RecordingTransport")
    outbox.reconcile(now=later + LATER)
    message.refresh_from_db()
    assert (message.state, message.requeues) == (State.QUEUED, 1)


def test_after_an_hour_it_is_unconfirmed(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    outbox.reconcile(now=now + timedelta(minutes=60))
    message.refresh_from_db()
    assert message.state == State.UNCONFIRMED


def test_a_row_without_a_link_is_never_sent_again(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    message.links.all().delete()
    outbox.reconcile(now=now + LATER)
    message.refresh_from_db()
    assert message.state == State.UNCONFIRMED


def test_a_list_that_is_down_waits_and_then_gives_up_without_sending(world: World, now, settings, sends: list[Send]) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    use(settings, f"{__name__}.ListDown")
    for minutes in (6, 30, 59):
        outbox.reconcile(now=now + timedelta(minutes=minutes))
        message.refresh_from_db()
        assert message.state == State.UNKNOWN
    outbox.reconcile(now=now + timedelta(minutes=61))
    message.refresh_from_db()
    assert message.state == State.UNCONFIRMED
    assert sends == []


def test_a_channel_without_list_is_unconfirmed(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    use(settings, f"{__name__}.NoList")
    outbox.reconcile(now=now + LATER)
    message.refresh_from_db()
    assert message.state == State.UNCONFIRMED


def test_a_worker_that_died_while_sending_is_taken_over(world: World, now, sends: list[Send]) -> None:
    queue(world, now)
    died = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    outbox.mint_link(message=died, services=[], now=now)
    outbox.reconcile(now=now + LATER)
    again = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + LATER)
    assert (again.pk, again.attempts) == (died.pk, 2)
    assert sends == []


def test_one_bad_row_does_not_stop_the_next(world: World, now, settings, monkeypatch) -> None:
    bad = unsettled(world, now, settings, "UnclearTransport")
    good = unsettled(world, now, settings, "AcceptedButUnclearTransport", dedupe_key="auto:d_2:1:sms", draft_id="d_2")

    class Poison(RecordingTransport):
        def find(self, *, message: Message, since):
            if message.pk == bad.pk:
                raise RuntimeError("poison")
            return super().find(message=message, since=since)

    monkeypatch.setitem(globals(), "Poison", Poison)
    use(settings, f"{__name__}.Poison")
    outbox.reconcile(now=now + LATER)
    good.refresh_from_db()
    assert good.state == State.SENT


def test_reconcile_beats(world: World, now) -> None:
    outbox.reconcile(now=now)
    assert Heartbeat.objects.get(name="reconcile").at == now


class Reclaiming(RecordingTransport):
    """While the list is being read, another worker takes the row: it was released, and is being sent."""

    def find(self, *, message: Message, since):
        Message.objects.filter(pk=message.pk).update(claim="00000000-0000-0000-0000-0000000000aa", attempts=message.attempts + 1)
        return []


def requeue_whatever_was_seen(message: Message, changes) -> bool:
    """The step without its guard."""
    return bool(Message.objects.filter(pk=message.pk).update(**changes, claim=None))


@pytest.mark.parametrize("guarded", [True, False])
def test_a_row_claimed_meanwhile_is_left_alone(world: World, now, settings, monkeypatch, guarded: bool) -> None:
    """Negative control: without claim and attempts in the filter a row that is being sent would be queued, and sent twice."""
    message = unsettled(world, now, settings, "UnclearTransport")
    if not guarded:
        monkeypatch.setattr(settling, "_settle_seen", requeue_whatever_was_seen)
    use(settings, f"{__name__}.Reclaiming")
    outbox.reconcile(now=now + LATER)
    taken_again = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now + LATER) is not None
    assert taken_again is not guarded
    assert Message.objects.filter(pk=message.pk, attempts=2 if guarded else 3).exists()


@pytest.mark.parametrize(
    ("reports", "last"),
    [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued"], "delivered"),
        (["sending", "undelivered", "sent"], "undelivered"),
        (["delivered", "delivered"], "delivered"),
        (["sent", "nonsense"], "sent"),
        (["delivered", "failed"], "delivered"),
    ],
)
def test_reports_never_take_a_step_back(world: World, now, settings, reports: list[str], last: str) -> None:
    message = unsettled(world, now, settings, "RecordingTransport")
    for report in reports:
        outbox.record_status(message_id=message.pk, provider_id=message.provider_id, delivery=report, now=now)
    message.refresh_from_db()
    assert (message.state, message.delivery) == (State.SENT, last)


def test_a_report_settles_a_row_nobody_knew_about(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    assert outbox.record_status(message_id=message.pk, provider_id="SM1", delivery="sent", now=now)
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (State.SENT, "SM1")


def test_a_report_of_another_provider_id_is_ignored(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "RecordingTransport")
    assert not outbox.record_status(message_id=message.pk, provider_id="SM-other", delivery="delivered", now=now)
    message.refresh_from_db()
    assert message.delivery == "queued"


def test_in_flight_and_messages_of(world: World, now, settings) -> None:
    message = unsettled(world, now, settings, "UnclearTransport")
    assert [one.pk for one in queries.in_flight(draft_id="d_1")] == [message.pk]
    assert queries.messages_of(business=world.bella, draft_ids=["d_1", ""]) == {"d_1": [message]}
    assert queries.messages_of(business=world.rival, draft_ids=["d_1"]) == {}
    assert queries.in_flight(draft_id="") == []


def test_rendering_needs_the_values_it_names(world: World) -> None:
    words = queries.automated(business=world.bella)
    values = reminder_values(business=world.bella, client=world.mia, services=[], link=resume_url("A" * 22))
    for channel, setting in words.items():
        assert (
            "appointment" in render(channel=channel, business=world.bella, subject=setting.subject, body=setting.body, values=values).text
        )


def test_a_test_message_that_nobody_sent_ends(world: World, now) -> None:
    queue(world, now, kind=Kind.TEST, draft_id="", client=None)
    outbox.reconcile(now=now + timedelta(minutes=59))
    assert Message.objects.get().state == State.QUEUED
    outbox.reconcile(now=now + timedelta(minutes=60))
    assert (Message.objects.get().state, Message.objects.get().reason) == (State.CANCELLED, "expired")
