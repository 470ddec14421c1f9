"""What became of the bookings that the bell rang for."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from business.models import Business
from drafts import queries as drafts
from drafts.document import Draft, DraftState, DraftsUnavailable
from scheduler import queries as appointments

WAITS, UNKNOWN = "waits", ""


def outcomes(*, business: Business, draft_ids: Sequence[str], now: datetime) -> Mapping[str, str]:
    """By draft: "waits" (there is a card), "booked", "dismissed", "back" (the client is on Review again) or "gone" (its 24 hours are over).

    Empty while MongoDB is away: then nobody knows.
    """
    try:
        found = drafts.by_ids(draft_ids=list(set(draft_ids)), now=now)
    except DraftsUnavailable:
        return {}
    known = [draft for draft in found.values() if draft.business_id == business.pk]
    booked = set(appointments.booked_from(known)) | set(appointments.drafts_with_appointment(set(draft_ids) - set(found)))
    told = {draft.id: _outcome(draft, booked=draft.id in booked, now=now) for draft in known}
    return {draft_id: told.get(draft_id) or ("booked" if draft_id in booked else "gone") for draft_id in draft_ids}


def _outcome(draft: Draft, *, booked: bool, now: datetime) -> str:
    if booked or draft.status == DraftState.CONVERTED:
        return "booked"
    if draft.status == DraftState.DISMISSED:
        return "dismissed"
    return WAITS if draft.is_waiting(now=now) else "back"
