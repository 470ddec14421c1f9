"""Writes of the staff's second chance: the bell, dismissal, booking on behalf of a client."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from business.actions import audit, count
from business.models import Business, Client
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import Draft, DraftState
from messaging import outbox
from messaging.outbox import Notice
from scheduler import actions as calendar
from scheduler import queries as appointments
from scheduler.models import Appointment


class Handled(Exception):
    """The card no longer waits. `what` is "back" (the client is on Review again), "booked", "dismissed" or "gone" (its 24 hours are over);
    the message says it to a person. `appointment` is there when booked.
    """

    def __init__(self, what: str, *, client: Client | None = None, appointment: Appointment | None = None) -> None:
        self.what, self.client, self.appointment = what, client, appointment
        name = str(client) if client else "This client"
        super().__init__(
            {
                "back": f"{name} is back. The card returns if they leave again.",
                "booked": f"{name} is booked already.",
                "dismissed": f"The booking of {name} was dismissed already." if client else "This booking was dismissed already.",
                "gone": "This booking is over: its 24 hours have passed.",
            }[what]
        )


def ring_bells(*, items: Sequence[Draft], now: datetime) -> int:
    """One bell per draft and engagement, and `captured` counted with it in the same transaction, exactly once (S26, D17).

    Returns how many bells are new. A client who is gone rings nothing.
    """
    known = dict(Client.objects.filter(pk__in={draft.client_id for draft in items}).values_list("pk", "business_id"))
    by_business: dict[int, list[Draft]] = {}
    for draft in items:
        if known.get(draft.client_id) == draft.business_id:
            by_business.setdefault(draft.business_id, []).append(draft)
    businesses = Business.objects.in_bulk(by_business)
    rung: Counter[int] = Counter()
    with transaction.atomic():
        # Sorted, both here and below, so that two sweeps that ring the same bells never wait for each other in a ring.
        for business_id in sorted(by_business):
            notices = [_notice(draft) for draft in sorted(by_business[business_id], key=lambda draft: draft.id)]
            rung[business_id] = outbox.notify_staff(items=notices, now=now)
            if rung[business_id]:
                count(business=businesses[business_id], now=now, amounts={"captured": rung[business_id]})
    return rung.total()


def waiting_draft(*, business: Business, draft_id: str, engagement: int | None, now: datetime) -> Draft:
    """The draft behind a card, read again at the moment of acting; a session that has timed out is ended first, so that no worker is needed.

    `engagement` is the one shown on the card, None to take the present one. Raises Handled, DraftsUnavailable.
    """
    drafts.expire_one(business_id=business.pk, draft_id=draft_id, now=now)
    draft = draft_queries.get(business_id=business.pk, draft_id=draft_id, now=now)
    appointment = appointments.appointment_for_draft(business_id=business.pk, draft_id=draft_id)
    if draft is None:
        client = appointment.client if appointment else None
        raise Handled("booked" if appointment else "gone", client=client, appointment=appointment)
    client = Client.objects.filter(business=business, pk=draft.client_id).first()
    if client is None:
        raise Handled("gone")
    if draft.status == DraftState.CONVERTED or (appointment and (appointment.engagement or 0) >= draft.engagement):
        raise Handled("booked", client=client, appointment=appointment or _nameless(draft))
    if draft.status == DraftState.DISMISSED:
        raise Handled("dismissed", client=client)
    if draft.status != DraftState.INCOMPLETE or engagement not in (None, draft.engagement):
        raise Handled("back", client=client)
    return draft


def _nameless(draft: Draft) -> Appointment | None:
    """The appointment of a converted draft that could not name it, because MongoDB was away at Confirm."""
    known = draft.closed.appointment_id if draft.closed else None
    return Appointment.objects.filter(business_id=draft.business_id, pk=known).first() if known else None


def dismiss(*, business: Business, draft_id: str, engagement: int, user: User, now: datetime) -> Draft:
    """Take the card away for good and contact nobody (S53, S54). The log line is written first: an orphan there harms nobody.

    Raises Handled, DraftsUnavailable.
    """
    waiting_draft(business=business, draft_id=draft_id, engagement=engagement, now=now)
    audit(business=business, actor=user, action="followup.dismiss", object_id=draft_id, now=now, meta={"engagement": engagement})
    try:
        dismissed = drafts.dismiss(business_id=business.pk, draft_id=draft_id, engagement=engagement, user_id=user.pk, now=now)
    except drafts.DraftMoved:
        waiting_draft(business=business, draft_id=draft_id, engagement=engagement, now=now)
        raise Handled("gone") from None
    outbox.cancel_queued(draft_id=draft_id, reason="superseded", now=now)
    return dismissed


def mirror(*, appointment: Appointment, now: datetime) -> None:
    """Tell the draft that it is booked, and the appointment that the draft knows (T6). Raises DraftsUnavailable."""
    drafts.mark_converted(
        business_id=appointment.business_id,
        client_id=appointment.client_id,
        draft_id=appointment.draft_id,
        engagement=appointment.engagement,
        confirm_key=appointment.confirm_key,
        appointment_id=appointment.pk,
        by=str(appointment.booked_by_id) if appointment.booked_by_id else "client",
        appointment_created_at=appointment.created_at,
        now=now,
    )
    calendar.mark_mirrored(appointment_id=appointment.pk)


def _notice(draft: Draft) -> Notice:
    return Notice(draft.business_id, draft.client_id, draft.id, draft.engagement, draft.selection.start_at)
