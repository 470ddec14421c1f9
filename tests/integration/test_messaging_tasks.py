"""What beat calls: reconcile, and prune, which keeps the receipt and forgets the words (promises 59)."""

from datetime import timedelta

from business.models import AuditEvent, Heartbeat
from messaging import outbox, tasks
from messaging.models import DemoMessage, Message, ResumeLink, StaffNotice
from messaging.outbox import Notice
from tests.integration.test_outbox_deliver import claimed, deliver
from tests.world import World


def seed(world: World, now, number: int) -> None:
    """One of everything that is pruned, made at `now`."""
    message = claimed(world, now, dedupe_key=f"auto:d_{number}:1:sms", draft_id=f"d_{number}")
    outbox.mint_link(message=message, services=[], now=now)
    deliver(message, now)
    outbox.notify_staff(items=[Notice(world.bella.pk, world.mia.pk, f"d_{number}", 1, None)], now=now)
    DemoMessage.objects.create(message_id=message.pk, channel="sms", recipient="+61491570006", text="x", at=now)
    AuditEvent.objects.create(business=world.bella, actor=world.olga, action="x", object_id="1", at=now)


def counts() -> tuple[int, ...]:
    kept = Message.objects.exclude(body="").count()
    return (kept, *(model.objects.count() for model in (Message, ResumeLink, StaffNotice, DemoMessage, AuditEvent)))


def test_prune_forgets_each_thing_in_its_time(world: World, now, at) -> None:
    seed(world, now - timedelta(days=29), 1)
    seed(world, now - timedelta(days=6), 2)
    at(now)
    tasks.prune()
    assert counts() == (2, 2, 2, 2, 1, 2)
    at(now + timedelta(days=2))
    tasks.prune()
    assert counts() == (1, 2, 1, 1, 0, 2)
    old = Message.objects.get(draft_id="d_1")
    assert (old.recipient, old.body, old.state) == ("", "", "sent")
    at(now + timedelta(days=340))
    tasks.prune()
    assert counts() == (0, 2, 0, 0, 0, 1)


def test_reconcile_beats_with_the_houses_clock(world: World, now, at) -> None:
    at(now)
    tasks.reconcile(unknown_argument_of_an_older_deploy=1)
    assert abs(Heartbeat.objects.get(name="reconcile").at - now) < timedelta(seconds=2)
