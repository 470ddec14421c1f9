"""From the queue to the provider: claim, look once more, mint the link, write the words, send (draft-lifecycle 6)."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from business.models import Channel
from drafts import queries as draft_queries
from drafts.document import Draft, DraftsUnavailable
from followups.queries.facts import Loaded
from followups.reminder_rule import Reason, Send, Skip, decide
from messaging import outbox, render
from messaging import queries as messages
from messaging.models import Kind, Message, State
from messaging.render import Content

logger = logging.getLogger(__name__)

IN_WORKER_SECONDS = 15.0


def deliver_queued(*, now: datetime, limit: int) -> int:
    """Send up to `limit` reminders that are due. Returns how many were taken from the queue.

    When MongoDB is away nothing is sent: the row goes back to the queue and DraftsUnavailable is raised.
    """
    for taken in range(limit):
        message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now)
        if message is None:
            return taken
        deliver(message=message, timeout_seconds=IN_WORKER_SECONDS, now=now)
    return limit


def deliver(*, message: Message, timeout_seconds: float, now: datetime) -> Message:
    """Send one claimed reminder, unless the world has moved on since it was queued: then it is cancelled with the reason (D14).

    Raises DraftsUnavailable after putting the row back.
    """
    try:
        draft = draft_queries.get(business_id=message.business_id, draft_id=message.draft_id, now=now)
    except DraftsUnavailable:
        outbox.release(message=message, now=now)
        raise
    if draft is None:
        return _cancel(message, Reason.EXPIRED, now=now)
    decision = _look_again(message, draft, now=now)
    if isinstance(decision, Skip):
        return _cancel(message, decision.reason, now=now)
    if (later := decision.channels[message.channel]) > now:
        return _put_back(message, later, now=now)
    try:
        content = compose(message=message, draft=draft, now=now)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the next in the queue must go out (F18)
        logger.error("Reminder %s cannot be written: %s", message.pk, type(error).__name__)  # noqa: TRY400 - a trace may hold a name
        return _cancel(message, Reason.UNRENDERABLE, now=now)
    return outbox.deliver(message=message, content=content, timeout_seconds=timeout_seconds, now=now)


def compose(*, message: Message, draft: Draft, now: datetime) -> Content:
    """The words of this message with a link of its own. Writes the link's digest."""
    business, client = message.business, message.client
    if client is None:
        raise ValueError("A reminder needs a client.")
    words = messages.automated(business=business, kind=Kind.INCOMPLETE_REMINDER)[Channel(message.channel)]
    token = outbox.mint_link(message=message, services=services_of(draft), now=now)
    names = [service.name for service in draft.selection.services]
    return render.render(
        channel=message.channel,
        business=business,
        subject=words.subject,
        body=words.body,
        values=render.reminder_values(business=business, client=client, services=names, link=render.resume_url(token)),
        preferences_url=render.preferences_url(client),
    )


def services_of(draft: Draft) -> Sequence[tuple[int, int | None]]:
    return [(service.service_id, service.variant_id) for service in draft.selection.services]


def _look_again(message: Message, draft: Draft, *, now: datetime) -> Send | Skip:
    """The whole policy once more for this one channel, because the client, the staff or the clock may have moved since it was queued."""
    if draft.engagement != message.engagement:
        return Skip({message.channel: Reason.SUPERSEDED})
    facts = Loaded([draft]).of(draft, now=now, manual=message.trigger == Message.Trigger.MANUAL)
    # What is in flight over this channel is this very message.
    channel = replace(facts.channels[message.channel], in_flight=False)
    return decide(replace(facts, channels={message.channel: channel}))


def _put_back(message: Message, later: datetime, *, now: datetime) -> Message:
    """Quiet hours began while the message waited: it goes when they end."""
    outbox.release(message=message, now=now)
    Message.objects.filter(pk=message.pk, state=State.QUEUED).update(not_before=later)
    message.refresh_from_db()
    return message


def _cancel(message: Message, reason: Reason, *, now: datetime) -> Message:
    outbox.cancel(message=message, reason=reason, now=now)
    message.refresh_from_db()
    return message
