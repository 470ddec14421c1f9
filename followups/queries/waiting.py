"""Which drafts wait for somebody: the one answer that panel, tab, badge and dashboard share (D12, I13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from business.models import Business, Client
from drafts import queries as drafts
from drafts.document import Draft
from scheduler import queries as appointments

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
    found = drafts.waiting(business_id=business.pk, now=now, limit=SHOWN_AT_MOST + 1)
    if len(found) > SHOWN_AT_MOST:  # rare: then all are read, so that the number leaves out every hidden one (I13)
        found = drafts.waiting(business_id=business.pk, now=now, limit=drafts.waiting_count(business_id=business.pk, now=now))
    hidden = _hidden(business, found) if found else set()
    left = [draft for draft in found if draft.id not in hidden]
    return Waiting(drafts=tuple(left[:SHOWN_AT_MOST]), count=len(left))


def waiting_count(*, business: Business, now: datetime) -> int:
    """How many wait. Raises DraftsUnavailable."""
    return waiting(business=business, now=now).count


def _hidden(business: Business, found: Sequence[Draft]) -> set[str]:
    """Drafts that are booked, or whose client is gone."""
    clients = set(Client.objects.filter(business=business, pk__in=[draft.client_id for draft in found]).values_list("pk", flat=True))
    return set(appointments.booked_from(found)) | {draft.id for draft in found if draft.client_id not in clients}
