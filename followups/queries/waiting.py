"""Which drafts wait for somebody: the one answer that panel, tab, badge and dashboard share (D12, I13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from business.models import Business, Client
from drafts import queries as drafts
from drafts.document import Draft
from scheduler import queries as appointments
from scheduler.models import Appointment

SHOWN_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: the drafts to show (newest first, at most 200), how many there are in all, since when, and what they are worth.

    `value_minor` is the sum of the shown drafts' prices in minor units; `oldest_at` when the longest-waiting one's review ended.
    """

    drafts: tuple[Draft, ...]
    count: int

    @property
    def oldest_at(self) -> datetime | None:
        return min((draft.review_expires_at for draft in self.drafts), default=None)

    @property
    def value_minor(self) -> int:
        return sum(draft.selection.price_minor for draft in self.drafts)


def waiting(*, business: Business, now: datetime) -> Waiting:
    """Open drafts whose review is over, without those booked although the draft does not know yet. Right with every worker dead.

    Raises DraftsUnavailable.
    """
    found = drafts.waiting(business_id=business.pk, now=now, limit=SHOWN_AT_MOST)
    hidden = _hidden(business, found) if found else set()
    shown = tuple(draft for draft in found if draft.id not in hidden)
    total = drafts.waiting_count(business_id=business.pk, now=now) if len(found) == SHOWN_AT_MOST else len(found)
    return Waiting(drafts=shown, count=total - (len(found) - len(shown)))


def waiting_count(*, business: Business, now: datetime) -> int:
    """How many wait. Raises DraftsUnavailable."""
    return waiting(business=business, now=now).count


def _hidden(business: Business, found: Sequence[Draft]) -> set[str]:
    """Drafts that are booked, or whose client is gone."""
    clients = set(Client.objects.filter(business=business, pk__in=[draft.client_id for draft in found]).values_list("pk", flat=True))
    return _booked(business, found) | {draft.id for draft in found if draft.client_id not in clients}


def _booked(business: Business, found: Sequence[Draft]) -> set[str]:
    """Those an appointment covers: one that names the draft, or one made while MongoDB was away and nobody could name it (T6)."""
    named = appointments.drafts_with_appointment([draft.id for draft in found])
    nameless = Appointment.objects.filter(business=business, mirrored=False, draft_id="").order_by("created_at")
    made_at = dict(nameless.values_list("client_id", "created_at"))
    return {
        draft.id
        for draft in found
        if named.get(draft.id, -1) >= draft.engagement or (draft.client_id in made_at and made_at[draft.client_id] >= draft.engaged_at)
    }
