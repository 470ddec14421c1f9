"""A reminder sent by a person who waits for the outcome (S46 to S52). The key is manual:{draft}:{engagement}:{channel}:{press}."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from business.actions import audit
from business.models import Business, Channel, Client
from core import identifiers
from drafts.document import Draft, DraftsUnavailable
from followups.actions import waiting_draft
from followups.outreach.automatic import give_way
from followups.outreach.delivery import deliver
from followups.queries.facts import Loaded
from followups.queries.reminders import first_name
from followups.queries.words import CHANNELS, join, reason_words
from followups.reminder_rule import Reason, Skip, closest, decide
from messaging import outbox
from messaging import queries as messages
from messaging.models import IN_FLIGHT, Kind, Message, State

IN_REQUEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reminder sent by hand. Channels are "sms" and "email".

    `channels` went out; `trying` are with the provider or wait for it; `reasons` names for every other channel why it did not go;
    `name` is the client's first name; `rival` is who is already sending where the reason is `in_flight` ("" when it is the automatic reminder).
    """

    channels: tuple[str, ...]
    trying: tuple[str, ...]
    reasons: Mapping[str, str]
    name: str = "the client"
    rival: str = ""

    @property
    def reason(self) -> str:
        """Why nothing went out, in one name; "" when something did or is being tried."""
        if self.channels or self.trying:
            return ""
        known = set(Reason)
        other = [reason for reason in self.reasons.values() if reason not in known]
        return other[0] if other else closest(Reason(reason) for reason in self.reasons.values())

    @property
    def text(self) -> str:
        """The toast: the channels that went out, or why none did (S51, S52)."""
        parts = []
        if self.channels:
            parts.append(f"Reminder sent to {self.name} by {join(CHANNELS[channel] for channel in self.channels)}.")
        if self.trying:
            parts.append(f"Still sending by {join(CHANNELS[channel] for channel in self.trying)}; the card shows how it went.")
        return " ".join([*parts, *self._refusals()])

    def _refusals(self) -> list[str]:
        by_words: dict[str, list[str]] = {}
        for channel, reason in self.reasons.items():
            by_words.setdefault(self._because(reason), []).append(CHANNELS[channel])
        if not self.channels and not self.trying and set(self.reasons.values()) == {Reason.PREFERENCE_OFF}:
            return [f"Not sent: {self.name} has muted all channels."]
        start = "Not by" if self.channels or self.trying else "Not sent by"
        return [f"{start} {join(channels)}: {words}." for words, channels in by_words.items()]

    def _because(self, reason: str) -> str:
        if reason == Reason.IN_FLIGHT and self.rival:
            return f"already being sent by {self.rival}"
        return reason_words(reason, name=self.name)


def remind(*, business: Business, draft_id: str, now: datetime, manual_by: User, engagement: int | None = None) -> Outcome:
    """Send now, whatever the automation's switch says, but never against the client's wish (S48, S49).

    1. Read the draft again; `engagement` is the one on the card. 2. Decide. 3. Queue, which one of two people at once wins.
    4. Claim, look again, send, each channel with a short time-out. 5. Say what happened.
    Raises Handled, and DraftsUnavailable while nothing is queued yet: what is queued goes out, so from then on it is said.
    """
    draft = waiting_draft(business=business, draft_id=draft_id, engagement=engagement, now=now)
    loaded = Loaded([draft])
    decision = decide(loaded.of(draft, now=now, manual=True))
    reasons: dict[str, str] = dict(decision.reasons if isinstance(decision, Skip) else decision.skipped)
    client = loaded.client(draft)
    wanted = [] if isinstance(decision, Skip) or client is None else list(decision.channels)
    queued = {channel: row for channel in wanted if client and (row := _queue(draft, client, business, channel, manual_by, now=now))}
    reasons |= {channel: Reason.IN_FLIGHT for channel in wanted if channel not in queued}
    results = {channel: _send(row, now=now) for channel, row in queued.items()}
    outcome = replace(_outcome(results, reasons), name=first_name(client), rival=_rival(draft, reasons))
    meta = {"engagement": draft.engagement, "sent": list(outcome.channels), "trying": list(outcome.trying), "not": dict(outcome.reasons)}
    audit(business=business, actor=manual_by, action="followup.remind", object_id=draft_id, now=now, meta=meta)
    return outcome


def _queue(draft: Draft, client: Client, business: Business, channel: str, user: User, *, now: datetime) -> Message | None:
    """A row of its own key; an automatic one that still waits gives way. None: somebody's message is in flight over this channel."""
    with transaction.atomic():
        waiting = [message for message in messages.in_flight(draft_id=draft.id) if message.channel == channel]
        give_way([message for message in waiting if message.trigger == Message.Trigger.AUTO], now=now)
        return outbox.queue(
            kind=Kind.INCOMPLETE_REMINDER,
            business=business,
            client=client,
            channel=Channel(channel),
            dedupe_key=f"manual:{draft.id}:{draft.engagement}:{channel}:{identifiers.new_uuid()}",
            recipient=client.contact(channel),
            trigger=Message.Trigger.MANUAL,
            requested_by=user,
            draft_id=draft.id,
            engagement=draft.engagement,
            now=now,
        )


def _send(row: Message, *, now: datetime) -> Message:
    """The row after the attempt. MongoDB went away since it was queued, or a worker was quicker: it waits, or is being sent."""
    message = outbox.claim(kind=Kind.INCOMPLETE_REMINDER, now=now, message_id=row.pk)
    with suppress(DraftsUnavailable):
        if message:
            return deliver(message=message, timeout_seconds=IN_REQUEST_SECONDS, now=now)
    row.refresh_from_db()
    return row


def _outcome(results: Mapping[str, Message], reasons: Mapping[str, str]) -> Outcome:
    failed = {channel: message.reason or message.state for channel, message in results.items() if message.state in _ENDED_UNSENT}
    return Outcome(
        channels=tuple(channel for channel, message in results.items() if message.state == State.SENT),
        trying=tuple(channel for channel, message in results.items() if message.state in IN_FLIGHT),
        reasons={**reasons, **failed},
    )


_ENDED_UNSENT = (State.FAILED, State.CANCELLED, State.SKIPPED, State.UNCONFIRMED)


def _rival(draft: Draft, reasons: Mapping[str, str]) -> str:
    """Who asked for the message that is already on its way; "" for the automatic one, or when none is."""
    if Reason.IN_FLIGHT not in reasons.values():
        return ""
    people = [message.requested_by for message in messages.in_flight(draft_id=draft.id) if message.requested_by]
    return people[0].first_name or people[0].username if people else ""
