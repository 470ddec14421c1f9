"""What a card says about reminders: one line per channel from its newest message, or why there is none (S42, D14)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from business.models import Channel, Client
from drafts.document import Draft
from followups.queries.words import CHANNELS, SENT_TO, join, reason_words
from followups.reminder_rule import Reason
from messaging.models import IN_FLIGHT, Message, State

Tone = Literal["quiet", "good", "bad", "busy"]
_NOT_DELIVERED = {"undelivered", "failed", "bounced", "rejected"}


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """ "Reminded" + `at` + "by SMS" + "(delivered)"; `at` is None where no moment belongs to it."""

    lead: str
    tone: Tone
    at: datetime | None = None
    by: str = ""
    word: str = ""

    @property
    def text(self) -> str:
        """What follows the moment."""
        return " ".join(part for part in (self.by, self.word) if part)


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the card's timeline."""

    at: datetime
    text: str


def was_reminded(messages: Sequence[Message]) -> bool:
    """Whether a reminder went out, or may have, so that the button reads "Send again" (S47)."""
    return any(message.state in (State.SENT, State.UNKNOWN, State.UNCONFIRMED) for message in messages)


def lines(draft: Draft, messages: Sequence[Message], client: Client) -> list[ReminderLine]:
    """The card's reminder lines; never empty."""
    newest: dict[str, Message] = {}
    for message in messages:
        if not (message.state == State.CANCELLED and message.reason == Reason.SUPERSEDED):
            newest[message.channel] = message
    told = _merged([_line(newest[channel], client) for channel in Channel.values if channel in newest])
    if any(message.engagement == draft.engagement for message in newest.values()):
        return told
    return [*told, _none(draft, client, again=bool(told))]


def _merged(told: list[ReminderLine]) -> list[ReminderLine]:
    """Two channels with the same story are told in one line: "Reminded 10:14 by SMS and e-mail (delivered)"."""
    if len(told) == 2 and all(line.by and line.at for line in told):
        first, second = told
        same = (first.lead, first.word, first.tone) == (second.lead, second.word, second.tone)
        if same and first.at and second.at and abs(first.at - second.at) < timedelta(minutes=1):
            return [replace(first, by=f"{first.by} and {second.by.removeprefix('by ')}")]
    return told


def _line(message: Message, client: Client) -> ReminderLine:
    name, by, when = CHANNELS[message.channel], SENT_TO[message.channel], message.done_at or message.created_at
    if message.state == State.SENT:
        failed = message.delivery in _NOT_DELIVERED
        word = "not delivered" if failed else "delivered" if message.delivery in ("delivered", "read") else "sent"
        return ReminderLine("Reminded", "bad" if failed else "good", when, by, f"({word})")
    if message.state in IN_FLIGHT:
        return ReminderLine(f"Reminder {by} is on its way", "busy")
    if message.state == State.UNCONFIRMED:
        return ReminderLine(f"{name[:1].upper()}{name[1:]} of", "bad", when, word="delivery not confirmed")
    tone: Tone = "bad" if message.state == State.FAILED else "quiet"
    return ReminderLine(f"Not sent {by}: {reason_words(message.reason, name=first_name(client))}", tone)


def _none(draft: Draft, client: Client, *, again: bool) -> ReminderLine:
    lead = "No new reminder" if again else "No reminder sent"
    reason = draft.reminder.reason if draft.reminder.state == "skipped" else ""
    if reason:
        lead = f"{lead}: {reason_words(reason, name=first_name(client))}"
    return ReminderLine(lead, "quiet")


def first_name(client: Client | None) -> str:
    """How staff read the client's name in a sentence."""
    return (client and client.first_name) or "the client"


def timeline(draft: Draft, messages: Sequence[Message]) -> list[Event]:
    """What happened so far, oldest first."""
    arrived = "Reached Review" if draft.engagement == 1 else f"Came back to Review, visit {draft.engagement}"
    events = [Event(draft.review_started_at, arrived), Event(draft.review_expires_at, "Left without finishing")]
    events += [Event(sending[0].created_at, _told(sending)) for sending in _sendings(messages)]
    return sorted(events, key=lambda event: event.at)


def _sendings(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages that belong to one press, or to one automatic reminder."""
    found: list[list[Message]] = []
    for message in messages:
        last = found[-1][0] if found else None
        same = last and (last.trigger, last.requested_by_id) == (message.trigger, message.requested_by_id)
        if last and same and message.created_at - last.created_at < timedelta(minutes=1):
            found[-1].append(message)
        else:
            found.append([message])
    return found


def _told(sending: Sequence[Message]) -> str:
    """ "Bella sent SMS and e-mail, delivered", "Automatic reminder by SMS, failed (bad number)"."""
    by_end: dict[str, list[str]] = {}
    for message in sending:
        by_end.setdefault(_ended(message), []).append(CHANNELS[message.channel])
    ends = "; ".join(f"{join(channels)}{end and ', '}{end}" for end, channels in by_end.items())
    first = sending[0]
    if first.trigger != Message.Trigger.MANUAL:
        return f"Automatic reminder by {ends}"
    who = first.requested_by and (first.requested_by.first_name or first.requested_by.username)
    return f"{who or 'Somebody'} {'sent' if was_reminded(sending) else 'asked for'} {ends}"


def _ended(message: Message) -> str:
    """How it ended; "" when it was sent and no more is known."""
    if message.state in IN_FLIGHT:
        return "on its way"
    if message.state == State.SENT:
        return message.delivery if message.delivery in {"delivered", *_NOT_DELIVERED} else ""
    return State(message.state).label.lower() + (f" ({reason_words(message.reason, name='the client')})" if message.reason else "")
