"""Reminders that nobody pressed a button for: policy → rows in the queue, or a reason (T5). The key is auto:{draft}:{engagement}:{channel}."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from django.db import transaction

from business.models import Channel
from core import identifiers
from drafts import actions as drafts
from drafts.document import Draft
from followups.queries.facts import Loaded, contact_of
from followups.reminder_rule import Reason, Send, Skip, decide
from messaging.models import Kind, Message, State

Settled = tuple[str, int, Literal["handed", "skipped"], str]


def hand_over(*, items: Sequence[Draft], now: datetime) -> None:
    """Decide each pending reminder and settle its draft, in a bounded number of queries however many there are (speed.md, P1).

    Safe to run twice at once: the key lets one row in, the mark is guarded by the engagement. Raises DraftsUnavailable.
    """
    loaded = Loaded(items)
    decisions = [(draft, decide(loaded.of(draft, now=now))) for draft in items]
    rows = [row for draft, decision in decisions if isinstance(decision, Send) for row in _rows(draft, decision, loaded, now=now)]
    with transaction.atomic():
        give_way([older for draft, decision in decisions if isinstance(decision, Send) for older in loaded.queued_before(draft)], now=now)
        accepted = _insert(rows)
    drafts.reminders_settled(items=[_settled(draft, decision, accepted) for draft, decision in decisions], now=now)


def give_way(messages: Iterable[Message], *, now: datetime) -> None:
    """These wait in the queue and are overtaken by something newer. One that has been claimed meanwhile is left alone."""
    if waiting := [message.pk for message in messages]:
        rows = Message.objects.filter(pk__in=waiting, state=State.QUEUED)
        rows.update(state=State.CANCELLED, reason=Reason.SUPERSEDED, done_at=now, claim=None)


def key_of(draft: Draft, channel: str) -> str:
    return f"auto:{draft.id}:{draft.engagement}:{channel}"


def _rows(draft: Draft, decision: Send, loaded: Loaded, *, now: datetime) -> Iterator[Message]:
    """Queued rows for the channels that go, and for a channel that is switched on but cannot go a row that says why (D14)."""
    client = loaded.clients[draft.client_id]
    for channel, not_before in decision.channels.items():
        yield _row(draft, channel, recipient=contact_of(client, channel), state=State.QUEUED, not_before=not_before, now=now)
    for channel, reason in decision.skipped.items():
        if reason not in (Reason.AUTOMATION_OFF, Reason.ENABLED_LATER):
            yield _row(draft, channel, recipient="", state=State.SKIPPED, reason=reason, not_before=now, now=now)


def _row(draft: Draft, channel: str, *, recipient: str, state: State, not_before: datetime, now: datetime, reason: str = "") -> Message:
    return Message(
        id=identifiers.new_uuid(),
        kind=Kind.INCOMPLETE_REMINDER,
        business_id=draft.business_id,
        client_id=draft.client_id,
        draft_id=draft.id,
        engagement=draft.engagement,
        channel=Channel(channel),
        trigger=Message.Trigger.AUTO,
        dedupe_key=key_of(draft, channel),
        recipient=recipient,
        state=state,
        reason=reason,
        not_before=not_before,
        created_at=now,
        done_at=now if state == State.SKIPPED else None,
    )


def _insert(rows: Sequence[Message]) -> set[str]:
    """Write rows whose key is new and whose draft has nothing in flight over that channel; the keys that exist afterwards."""
    if not rows:
        return set()
    # Sorted, so that two sweeps with the same rows never wait for each other in a ring.
    Message.objects.bulk_create(sorted(rows, key=lambda row: row.dedupe_key), ignore_conflicts=True)
    keys = Message.objects.filter(dedupe_key__in=[row.dedupe_key for row in rows])
    return set(keys.exclude(state=State.SKIPPED).values_list("dedupe_key", flat=True))


def _settled(draft: Draft, decision: Send | Skip, accepted: Iterable[str]) -> Settled:
    if isinstance(decision, Skip):
        return (draft.id, draft.engagement, "skipped", decision.reason.value)
    if any(key_of(draft, channel) in accepted for channel in decision.channels):
        return (draft.id, draft.engagement, "handed", "")
    # Another message of this draft got into the queue between looking and writing.
    return (draft.id, draft.engagement, "skipped", Reason.IN_FLIGHT.value)
