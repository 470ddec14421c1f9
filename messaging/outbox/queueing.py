"""The key before the call: rows that wish to be sent, and their claims. `queue` → `claim` → `deliver` | `cancel` | `release`."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce

from business.models import Business, Channel, Client
from core import identifiers
from messaging.models import IN_FLIGHT, DemoMessage, Message, State
from messaging.outbox.keys import revoke_links
from messaging.queries import of_client


def queue(
    *,
    kind: str,
    business: Business,
    client: Client | None,
    channel: Channel | str,
    dedupe_key: str,
    now: datetime,
    recipient: str,
    trigger: str = Message.Trigger.AUTO,
    requested_by: User | None = None,
    draft_id: str = "",
    engagement: int | None = None,
    not_before: datetime | None = None,
) -> Message | None:
    """Store the wish to send to `recipient` (E.164 or address), due at `not_before` (now).

    None when this key exists already, or when another message of this draft and channel is in flight: the two unique indexes decide, so
    any number of callers may race.
    """
    message = Message(
        id=identifiers.new_uuid(),
        kind=kind,
        business=business,
        client=client,
        draft_id=draft_id,
        engagement=engagement,
        channel=channel,
        trigger=trigger,
        requested_by=requested_by,
        dedupe_key=dedupe_key,
        recipient=recipient,
        not_before=not_before or now,
        created_at=now,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return Message.objects.select_related("business", "client").filter(pk=message.pk).first()


def claim(*, kind: str, now: datetime, message_id: UUID | None = None) -> Message | None:
    """Take one due row of this kind (the oldest, or the one named) and commit it as `sending`; None when there is none to take.

    Committed before this returns, so never call it inside a transaction. Rows that another process is claiming are passed over.
    """
    wanted: dict[str, Any] = {"pk": message_id} if message_id else {}
    with transaction.atomic(durable=True):
        due = Message.objects.select_for_update(skip_locked=True).filter(kind=kind, state=State.QUEUED, not_before__lte=now, **wanted)
        key = due.order_by("not_before").values_list("pk", flat=True).first()
        if key is None:
            return None
        Message.objects.filter(pk=key).update(
            state=State.SENDING,
            attempts=F("attempts") + 1,
            sending_at=now,
            first_sending_at=Coalesce(F("first_sending_at"), now),
            claim=identifiers.new_uuid(),
        )
    message = Message.objects.select_related("business", "client").get(pk=key)
    message.claimed_monotonic = time.monotonic()
    return message


def settle(message: Message, changes: Mapping[str, Any]) -> bool:
    """Write the outcome of this claim. False when the claim is no longer ours: somebody else has settled or taken the row."""
    ours = Message.objects.filter(
        pk=message.pk, claim=message.claim, attempts=message.attempts, state__in=(State.SENDING, State.UNKNOWN)
    ).update(**changes)
    return bool(ours)


def cancel(*, message: Message, reason: str, now: datetime) -> None:
    """Claimed, but there is no longer a reason to send (`converted`, `superseded`, `opted_out` …). Without effect if the claim is lost."""
    settle(message, {"state": State.CANCELLED, "reason": reason, "done_at": now, "claim": None})


def release(*, message: Message, now: datetime) -> None:
    """Claimed, but nobody was called: back to queued, due at once, as if it had not been claimed. Without effect if the claim is lost.

    The attempt is given back, and with the first one the moment it began: an outage of ours uses up nothing of the provider's.
    """
    began = Case(When(attempts__gt=1, then=F("first_sending_at")), default=None)
    settle(message, {"state": State.QUEUED, "not_before": now, "claim": None, "attempts": F("attempts") - 1, "first_sending_at": began})


def cancel_queued(*, draft_id: str, reason: str, now: datetime) -> int:
    """End every row of this draft that nobody has claimed yet; how many. Rows being sent are left alone."""
    if not draft_id:
        return 0
    waiting = Message.objects.filter(draft_id=draft_id, state=State.QUEUED)
    return waiting.update(state=State.CANCELLED, reason=reason, done_at=now, claim=None)


def erase_client(*, client: Client, now: datetime) -> int:
    """The client is being erased (promises 57): stop what is in flight, drop words and addresses of the rest, sign-in codes too, and
    revoke every link. How many rows. Idempotent; call it before the client's own phone and address are dropped.
    """
    theirs = of_client(client=client).values_list("pk", flat=True)
    rows = Message.objects.filter(pk__in=list(theirs))
    DemoMessage.objects.filter(message_id__in=theirs).delete()
    rows.filter(state__in=IN_FLIGHT).update(state=State.CANCELLED, reason="erased", done_at=now, claim=None)
    revoke_links(client=client, now=now)
    return rows.update(recipient="", subject="", body="")
