"""Reminders that nobody pressed a button for: policy → rows in the queue, or a reason (T5). The key is auto:{draft}:{engagement}:{channel}."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from django.db import transaction

from drafts import actions as drafts
from drafts.document import Draft
from followups.queries.facts import Loaded
from followups.reminder_rule import Reason, Send, Skip, decide
from messaging import outbox
from messaging.models import Kind, Message, State
from messaging.outbox import Wish

Settled = tuple[str, int, Literal["handed", "skipped"], str]


def hand_over(*, items: Sequence[Draft], loaded: Loaded, now: datetime) -> None:
    """Decide the reminder of each of these drafts and settle it, in a bounded number of queries however many there are (speed.md, P1).

    Safe to run twice at once: the key lets one row in, the mark is guarded by the engagement. Raises DraftsUnavailable.
    """
    decisions = [(draft, decide(loaded.of(draft, now=now))) for draft in items]
    wishes = [wish for draft, decision in decisions if isinstance(decision, Send) for wish in _wishes(draft, decision, loaded, now=now)]
    with transaction.atomic():
        give_way([older for draft, decision in decisions if isinstance(decision, Send) for older in loaded.queued_before(draft)], now=now)
        accepted = outbox.queue_many(kind=Kind.INCOMPLETE_REMINDER, wishes=wishes, now=now)
    drafts.reminders_settled(items=[_settled(draft, decision, accepted) for draft, decision in decisions], now=now)


def give_way(messages: Iterable[Message], *, now: datetime) -> None:
    """These wait in the queue and are overtaken by something newer. One that has been claimed meanwhile is left alone."""
    if waiting := [message.pk for message in messages]:
        rows = Message.objects.filter(pk__in=waiting, state=State.QUEUED)
        rows.update(state=State.CANCELLED, reason=Reason.SUPERSEDED, done_at=now, claim=None)


def key_of(draft: Draft, channel: str) -> str:
    return f"auto:{draft.id}:{draft.engagement}:{channel}"


def _wishes(draft: Draft, decision: Send, loaded: Loaded, *, now: datetime) -> Iterator[Wish]:
    """One for each channel that goes, and for a channel that is switched on but cannot go one that says why (D14)."""
    client = loaded.clients[draft.client_id]
    for channel, not_before in decision.channels.items():
        yield _wish(draft, channel, recipient=client.contact(channel), not_before=not_before)
    for channel, reason in decision.skipped.items():
        if reason not in (Reason.AUTOMATION_OFF, Reason.ENABLED_LATER):
            yield _wish(draft, channel, recipient="", not_before=now, reason=reason)


def _wish(draft: Draft, channel: str, *, recipient: str, not_before: datetime, reason: str = "") -> Wish:
    return Wish(
        business_id=draft.business_id,
        client_id=draft.client_id,
        draft_id=draft.id,
        engagement=draft.engagement,
        channel=channel,
        dedupe_key=key_of(draft, channel),
        recipient=recipient,
        not_before=not_before,
        reason=reason,
    )


def _settled(draft: Draft, decision: Send | Skip, accepted: Iterable[str]) -> Settled:
    if isinstance(decision, Skip):
        return (draft.id, draft.engagement, "skipped", decision.reason.value)
    if any(key_of(draft, channel) in accepted for channel in decision.channels):
        return (draft.id, draft.engagement, "handed", "")
    # Another message of this draft got into the queue between looking and writing.
    return (draft.id, draft.engagement, "skipped", Reason.IN_FLIGHT.value)
