"""The provider fails in every way, over real HTTP: each message is taken at most once, and every row ends somewhere (I4, I5, I6)."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from business.models import Channel
from messaging import outbox, queries
from messaging.models import Kind, Message, State
from messaging.outbox import settling
from messaging.render import reminder_values, render, resume_url
from tests.provider import NOT_TAKEN, TAKEN, Provider
from tests.world import NOW, World, build

ENDED = {State.SENT, State.FAILED, State.CANCELLED, State.UNCONFIRMED}
PATIENT, IMPATIENT = 5.0, 0.8


def patience(fault: str) -> float:
    """Seconds to wait for an answer: few where none will come, many where a busy machine might be slow."""
    return IMPATIENT if fault.startswith(("hang", "dribble")) else PATIENT


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with Provider() as running:
        running.now = NOW
        settings.TWILIO_API_URL = running.url
        settings.MESSAGING_TRANSPORTS = {"sms": "messaging.sms_twilio.TwilioTransport"}
        yield running


def queue(world: World, number: int = 1) -> Message:
    message = outbox.queue(
        kind=Kind.INCOMPLETE_REMINDER,
        business=world.bella,
        client=world.mia,
        channel=Channel.SMS,
        dedupe_key=f"auto:d_{number}:1:sms",
        draft_id=f"d_{number}",
        engagement=1,
        recipient=world.mia.phone,
        now=NOW,
    )
    assert message is not None
    return message


def send_one(world: World, now: datetime, timeout: float = PATIENT) -> bool:
    """What a worker does with one row: claim, mint, render, deliver."""
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
    if message is None:
        return False
    token = outbox.mint_link(message=message, services=[], now=now)
    words = queries.automated(business=world.bella)[Channel.SMS]
    values = reminder_values(business=world.bella, client=world.mia, services=["Hair cut"], link=resume_url(token))
    content = render(channel="sms", business=world.bella, subject="", body=words.body, values=values)
    outbox.deliver(message=message, content=content, timeout_seconds=timeout, now=now)
    return True


def run(world: World, provider: Provider, *, minutes: int, step_seconds: int = 30, timeout: float = PATIENT) -> None:
    """The house's hour in steps: beat wakes sender and reconciler, the provider's clock goes along."""
    for step in range(0, minutes * 60, step_seconds):
        now = NOW + timedelta(seconds=step)
        provider.now = now
        while send_one(world, now, timeout):
            pass
        outbox.reconcile(now=now)


def tokens_accepted(provider: Provider) -> int:
    return len(provider.accepted)


@pytest.mark.s("S65")
@pytest.mark.parametrize("fault", sorted(TAKEN | NOT_TAKEN))
def test_one_fault_then_health_means_one_message(world: World, provider: Provider, fault: str) -> None:
    message = queue(world)
    provider.faults.append(fault)
    run(world, provider, minutes=12, timeout=patience(fault))
    message.refresh_from_db()
    expected = 0 if fault in {"21610", "21211", "401"} else 1
    assert tokens_accepted(provider) == expected
    assert message.state == (State.SENT if expected else State.FAILED)
    if expected:
        assert message.provider_id == provider.accepted[0]["sid"]


@pytest.mark.parametrize("fault", sorted(TAKEN | NOT_TAKEN))
def test_a_fault_that_never_ends_still_ends_the_row_and_duplicates_nothing(world: World, provider: Provider, fault: str) -> None:
    message = queue(world)
    provider.always = fault
    run(world, provider, minutes=62, step_seconds=60, timeout=patience(fault))
    message.refresh_from_db()
    assert message.state in ENDED
    assert tokens_accepted(provider) == (1 if fault in TAKEN else 0)
    assert (message.state == State.SENT) is (fault in TAKEN)
    assert message.attempts <= 8


def test_ten_minutes_of_refusals_lose_nothing_and_double_nothing(world: World, provider: Provider) -> None:
    messages = [queue(world, number) for number in range(1, 6)]
    provider.always = "429"
    run(world, provider, minutes=9, step_seconds=5)
    assert provider.accepted == []
    assert not Message.objects.filter(state=State.FAILED).exists()
    provider.always = ""
    for step in range(9 * 60, 20 * 60, 5):
        while send_one(world, NOW + timedelta(seconds=step)):
            pass
    assert tokens_accepted(provider) == len(messages)
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_the_list_down_while_unknown_waits_then_gives_up_without_sending(world: World, provider: Provider) -> None:
    message = queue(world)
    provider.faults.append("hang_after")
    provider.list_fault = "500"
    run(world, provider, minutes=62, step_seconds=60, timeout=IMPATIENT)
    message.refresh_from_db()
    assert message.state == State.UNCONFIRMED
    assert tokens_accepted(provider) == 1


def test_a_worker_killed_before_the_answer_was_written(world: World, provider: Provider) -> None:
    """The call was made and taken; the process died before it wrote so. Nobody sends again; the list tells."""
    message = queue(world)
    claimed = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=NOW)
    token = outbox.mint_link(message=claimed, services=[], now=NOW)
    provider.take({"To": world.mia.phone, "Body": f"finish: {resume_url(token)}"})
    run(world, provider, minutes=8)
    message.refresh_from_db()
    assert message.state == State.SENT
    assert tokens_accepted(provider) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_reconcilers_and_a_sender(provider: Provider, monkeypatch, guarded: bool) -> None:
    """A second reconciler that read the row before the first requeued it must not requeue it again while it is being sent.

    Negative control: with the guard taken out the client gets two messages.
    """
    world = build()
    queue(world)
    provider.faults.append("500_before")
    send_one(world, NOW)
    later = NOW + timedelta(seconds=301)
    provider.now = later
    stale = Message.objects.select_related("business", "client").get()
    outbox.reconcile(now=later)
    provider.faults.append("hang_after")  # the second attempt is on the air, its outcome unknown
    send_one(world, later, IMPATIENT)
    if not guarded:
        monkeypatch.setattr(settling, "_settle_seen", _without_guard)
    monkeypatch.setattr(settling, "_ours", _list_said_nothing)
    settling._reconcile_one(stale, later)
    while send_one(world, later):
        pass
    assert tokens_accepted(provider) == (1 if guarded else 2)


def _list_said_nothing(message: Message, listed: object) -> None:
    """What the slow reconciler read before the second attempt was on the air."""


def _without_guard(message: Message, changes: dict) -> bool:
    return bool(Message.objects.filter(pk=message.pk).update(**changes, claim=None))


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_and_forty_rows(provider: Provider) -> None:
    """FOR UPDATE SKIP LOCKED: every row is taken by one worker, and the workers do not wait for each other."""
    world = build()
    for number in range(40):
        queue(world, number)
    barrier = threading.Barrier(20)

    def work() -> None:
        barrier.wait(timeout=60)
        while send_one(world, NOW, timeout=15):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert tokens_accepted(provider) == 40
    assert len({one["body"] for one in provider.accepted}) == 40
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_of_send_queue_one_message(provider: Provider) -> None:
    world = build()
    barrier, won = threading.Barrier(20), []

    def press(number: int) -> None:
        barrier.wait(timeout=60)
        row = outbox.queue(
            kind=Kind.INCOMPLETE_REMINDER,
            business=world.bella,
            client=world.mia,
            channel=Channel.SMS,
            dedupe_key=f"manual:d_1:1:sms:{number}",
            draft_id="d_1",
            engagement=1,
            recipient=world.mia.phone,
            now=NOW,
        )
        won.append(row is not None)
        connection.close()

    presses = [threading.Thread(target=press, args=(number,)) for number in range(20)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert won.count(True) == 1
    assert Message.objects.count() == 1
