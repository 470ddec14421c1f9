"""Cards that left the panel because their clients are booked: said once, in their place, before they are gone (S72)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from business.models import Business, Client
from drafts import queries as drafts
from followups.queries.cards import Card
from scheduler.models import Appointment

LOOKS_BACK = timedelta(minutes=10)
# A booking gets its moment before it is committed: one that a panel just missed belongs to the next.
OVERLAP = timedelta(seconds=5)
STARTED_AT_MOST_AGO = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Booked:
    """What `_handled.html` says of a card that was booked."""

    what: ClassVar = "booked"
    draft_id: str
    appointment: Appointment

    @property
    def client(self) -> Client:
        return self.appointment.client


Row = Card | Booked


def with_booked(cards: Sequence[Card], *, business: Business, since: datetime | None, now: datetime) -> list[Row]:
    """The cards, and in the places of those that were booked since the panel was drawn (`since`) what became of them.

    Nothing is added to a panel that was just opened (None) or was drawn long ago. Raises DraftsUnavailable.
    """
    if since is None or not now - LOOKS_BACK <= since <= now:
        return list(cards)
    made = {row.draft_id: row for row in _made(business, since - OVERLAP, now)}
    known = drafts.by_ids(draft_ids=list(made), now=now) if made else {}
    places = {draft.id: draft.review_expires_at for draft in known.values()}
    booked = [(places[draft_id], Booked(draft_id, row)) for draft_id, row in made.items() if draft_id in places]
    rows: list[tuple[datetime, Row]] = [*booked, *((card.draft.review_expires_at, card) for card in cards)]
    return [row for _, row in sorted(rows, key=lambda placed: placed[0], reverse=True)]


def _made(business: Business, since: datetime, now: datetime) -> Iterable[Appointment]:
    """Appointments of left bookings, made since then. `starts` is there for the index."""
    rows = Appointment.objects.filter(business=business, starts__gt=now - STARTED_AT_MOST_AGO, created_at__gte=since)
    return rows.exclude(recovered=Appointment.Recovered.NOT).exclude(draft_id="").select_related("client", "team_member").order_by("id")
