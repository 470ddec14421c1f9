"""What the reminder policy asks about, read for many drafts in a handful of queries (speed.md, P1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from business.actions import contact_digests
from business.models import Business, Channel, ChannelOptOut, Client
from core.lookups import AnyOf
from drafts.document import Draft, DraftState
from followups.reminder_rule import ChannelFacts, Facts, QuietHours
from messaging.models import AutomatedMessage, Kind, Message, State
from scheduler import queries as appointments

IN_THE_AIR = (State.SENDING, State.UNKNOWN)
Key = tuple[int, str]


class Loaded:
    """Everything the policy needs for these drafts: businesses, clients, switches, opt-outs, messages, appointments. Seven queries."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.businesses = Business.objects.in_bulk({draft.business_id for draft in drafts})
        self.clients = {client.pk: client for client in Client.objects.filter(AnyOf("pk", {draft.client_id for draft in drafts}))}
        self.booked = appointments.booked_from(drafts)
        self._switches = _switches(self.businesses.values())
        self._opted_out = _opted_out(self.clients.values())
        self._messages = _messages([draft.id for draft in drafts])

    def client(self, draft: Draft) -> Client | None:
        """The draft's client, if this business (still) has them."""
        client = self.clients.get(draft.client_id)
        return client if client and client.business_id == draft.business_id else None

    def is_booked(self, draft: Draft) -> bool:
        """Whether an appointment covers this draft in its present engagement, whether the draft knows or not (T4, T6, I8)."""
        return draft.id in self.booked

    def queued_before(self, draft: Draft) -> list[Message]:
        """Messages of earlier engagements that still wait: they give way to this one (draft-lifecycle 5)."""
        return [
            message
            for message in self._messages.get(draft.id, [])
            if message.state == State.QUEUED and (message.engagement or 0) < draft.engagement
        ]

    def of(self, draft: Draft, *, now: datetime, manual: bool = False) -> Facts:
        """The draft's facts for `reminder_rule.decide`."""
        business = self.businesses.get(draft.business_id)
        client = self.client(draft)
        return Facts(
            now=now,
            review_expires_at=draft.review_expires_at,
            purge_at=draft.purge_at,
            start_at=draft.selection.start_at,
            channels={channel.value: self._channel(draft, client, channel) for channel in Channel},
            manual=manual,
            converted=draft.status == DraftState.CONVERTED or self.is_booked(draft),
            superseded=draft.status in (DraftState.REVIEWING, DraftState.DISMISSED),
            quiet=_quiet_hours(business),
        )

    def _channel(self, draft: Draft, client: Client | None, channel: Channel) -> ChannelFacts:
        contact = client.contact(channel) if client else ""
        messages = [message for message in self._messages.get(draft.id, []) if message.channel == channel]
        this_time = [message for message in messages if message.engagement == draft.engagement]
        return ChannelFacts(
            enabled_at=self._switches.get((draft.business_id, channel)),
            has_contact=bool(contact),
            wanted=bool(client and client.wants(channel)),
            opted_out=(draft.business_id, f"{channel}:{contact}") in self._opted_out,
            in_flight=any(message.state in IN_THE_AIR for message in messages) or any(_waits_for_staff(message) for message in this_time),
            replaced=any(message.trigger == Message.Trigger.MANUAL and message.state == State.SENT for message in this_time),
        )


def _quiet_hours(business: Business | None) -> QuietHours | None:
    if business is None or business.quiet_from is None or business.quiet_until is None:
        return None
    return QuietHours(business.quiet_from, business.quiet_until, business.zone)


def _waits_for_staff(message: Message) -> bool:
    return message.state == State.QUEUED and message.trigger == Message.Trigger.MANUAL


def _switches(businesses: Iterable[Business]) -> dict[Key, datetime]:
    rows = AutomatedMessage.objects.filter(kind=Kind.INCOMPLETE_REMINDER, business__in=list(businesses), enabled=True)
    return {(row.business_id, row.channel): row.enabled_at or row.updated_at for row in rows}


def _opted_out(clients: Iterable[Client]) -> set[Key]:
    """(business, "channel:contact") of everyone among these clients who said STOP."""
    asked = {
        (client.business_id, str(channel), digest): (client.business_id, f"{channel}:{contact}")
        for client in clients
        for channel in Channel
        if (contact := client.contact(channel))
        for digest in contact_digests(contact)
    }
    businesses, digests = {business_id for business_id, _, _ in asked}, {digest for _, _, digest in asked}
    rows = ChannelOptOut.objects.filter(AnyOf("contact_digest", digests), business_id__in=businesses)
    return {asked[key] for key in rows.values_list("business_id", "channel", "contact_digest") if key in asked}


def _messages(draft_ids: Sequence[str]) -> dict[str, list[Message]]:
    """The messages of these drafts that may stand in the way of another one."""
    found: dict[str, list[Message]] = {}
    in_the_way = [State.QUEUED, *IN_THE_AIR, State.SENT]
    rows = Message.objects.filter(AnyOf("draft_id", draft_ids), kind=Kind.INCOMPLETE_REMINDER, state__in=in_the_way)
    for message in rows:
        found.setdefault(message.draft_id, []).append(message)
    return found
