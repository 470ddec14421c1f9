"""Writes of the staff's second chance: the bell, dismissal, booking on behalf of a client."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from business.actions import audit
from business.models import Business, Client, TeamMember
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import Draft, DraftState, DraftsUnavailable
from messaging import outbox
from messaging.outbox import Notice
from scheduler import actions as scheduler
from scheduler import queries as appointments
from scheduler.actions import NewClient, Window
from scheduler.models import Appointment, WaitlistEntry
from scheduler.queries import Line


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
    """One bell per draft and engagement, counted as `captured` exactly once (S26, D17). Returns how many bells are new."""
    return outbox.notify_staff(items=[_notice(draft) for draft in items], now=now)


def look(*, business: Business, draft_id: str, engagement: int | None, now: datetime) -> Draft:
    """The draft behind a card as it is now; changes nothing. `engagement` is the one shown on the card, None to take the present one.

    Raises Handled, DraftsUnavailable.
    """
    draft = draft_queries.get(business_id=business.pk, draft_id=draft_id, now=now)
    if draft is None:
        made = appointments.appointment_for_draft(business_id=business.pk, draft_id=draft_id)
        raise Handled("booked" if made else "gone", client=made.client if made else None, appointment=made)
    client = Client.objects.filter(business=business, pk=draft.client_id).first()
    if client is None:
        raise Handled("gone")
    appointment = appointments.booked_from([draft]).get(draft.id)
    if appointment or draft.status == DraftState.CONVERTED:
        raise Handled("booked", client=client, appointment=appointment or _closed_with(draft))
    if draft.status == DraftState.DISMISSED:
        raise Handled("dismissed", client=client)
    if not draft.is_waiting(now=now) or engagement not in (None, draft.engagement):
        raise Handled("back", client=client)
    return draft


def waiting_draft(*, business: Business, draft_id: str, engagement: int | None, now: datetime) -> Draft:
    """The draft behind a card at the moment of acting on it. A session that has timed out is ended first, so that no worker is needed (T3).

    Raises Handled, DraftsUnavailable.
    """
    drafts.expire_one(business_id=business.pk, draft_id=draft_id, now=now)
    return look(business=business, draft_id=draft_id, engagement=engagement, now=now)


def _closed_with(draft: Draft) -> Appointment | None:
    """The appointment that a converted draft names, although it does not name the draft, because MongoDB was away at Confirm."""
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


def book_for_client(
    *,
    business: Business,
    draft_id: str,
    engagement: int,
    member: TeamMember,
    start: datetime,
    lines: Sequence[Line],
    note: str,
    confirm_key: UUID,
    user: User,
    now: datetime,
) -> Appointment:
    """Book what the client left, on their behalf, and convert the draft (D8). A second press with the same key finds the first appointment.

    1. Read the draft again.
    2. Ring its bell if no sweep has yet, so that what is won back was counted as left (D17).
    3. Book and count. Handled when the client or a colleague has booked it in the same moment.
    4. Cancel what waits to be sent, and convert the draft; when MongoDB is away by then, the sweep does.
    Raises Handled, SlotTaken, NotBookable, DraftsUnavailable.
    """
    earlier = Appointment.objects.filter(business=business, draft_id=draft_id, confirm_key=confirm_key).first()
    if earlier:
        return earlier
    draft = waiting_draft(business=business, draft_id=draft_id, engagement=engagement, now=now)
    client = Client.objects.get(business=business, pk=draft.client_id)
    ring_bells(items=[draft], now=now)
    booked = scheduler.book_by_staff(
        business=business,
        who=client,
        member=member,
        start=start,
        lines=lines,
        note=note,
        confirm_key=confirm_key,
        booked_by=user,
        draft_id=draft.id,
        engagement=draft.engagement,
        recovered=lambda: Appointment.Recovered.STAFF,
        mirrored=False,
        now=now,
    )
    appointment = booked.appointment
    if appointment.confirm_key != confirm_key:
        raise Handled("booked", client=client, appointment=appointment)
    outbox.cancel_queued(draft_id=draft.id, reason="converted", now=now)
    with suppress(DraftsUnavailable):
        mirror(appointment=appointment, now=now)
    return appointment


def add_to_waitlist(
    *,
    business: Business,
    who: Client | NewClient,
    lines: Sequence[Line],
    windows: Sequence[Window],
    member: TeamMember | None,
    note: str,
    user: User,
    now: datetime,
) -> WaitlistEntry:
    """Put somebody on the waitlist; a new client and the entry come together or not at all. Raises NotBookable."""
    with transaction.atomic():
        client = who if isinstance(who, Client) else scheduler.add_client(new=who, business=business, by=user, now=now)
        return scheduler.join_waitlist(
            business=business,
            client=client,
            lines=lines,
            windows=windows,
            member=member,
            note=note,
            source=WaitlistEntry.Source.STAFF,
            now=now,
        )


def book_from_waitlist(
    *,
    entry: WaitlistEntry,
    member: TeamMember,
    start: datetime,
    lines: Sequence[Line],
    note: str,
    confirm_key: UUID,
    user: User,
    now: datetime,
) -> Appointment:
    """Book what an entry waits for and close it, both or neither. A second press with the same key finds the first appointment.

    The entry is locked before the team member, so that of two colleagues one books. Raises NotChangeable (it is off the waitlist
    meanwhile), SlotTaken, NotBookable.
    """
    with transaction.atomic():
        try:
            scheduler.lock_waitlist(entry=entry)
        except scheduler.NotChangeable:
            if first := Appointment.objects.filter(business=entry.business, confirm_key=confirm_key).first():
                return first
            raise
        appointment = scheduler.book_by_staff(
            business=entry.business,
            who=entry.client,
            member=member,
            start=start,
            lines=lines,
            note=note,
            confirm_key=confirm_key,
            booked_by=user,
            now=now,
        ).appointment
        scheduler.close_waitlist(entry=entry, now=now, appointment=appointment)
    return appointment


def mirror(*, appointment: Appointment, now: datetime) -> None:
    """Tell the draft that it is booked, and the appointment that the draft knows (T6). Raises DraftsUnavailable."""
    drafts.mark_converted(made=appointment, now=now)
    scheduler.mark_mirrored(appointment_id=appointment.pk)


def _notice(draft: Draft) -> Notice:
    return Notice(draft.business_id, draft.client_id, draft.id, draft.engagement, draft.selection.start_at)
