"""The client's writes: remember the choice on the device's session, capture the draft at Review, confirm the booking.

Capture is soft: when MongoDB is away the booking goes on without a draft. Confirm depends on neither clock nor draft (D3).
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from booking import queries
from booking.visit import Visit, selection_of
from booking.wizard import Choice
from business.models import Business, Client, ClientSession, TeamMember
from business.sizes import NOTE_LENGTH
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import BadSelection, Draft, DraftState, DraftsUnavailable
from messaging import outbox
from messaging import queries as messages
from messaging.models import Kind, StaffNotice, State
from messaging.outbox import Notice
from scheduler import actions as scheduler
from scheduler import queries as appointments
from scheduler.models import Appointment
from scheduler.queries import Line

logger = logging.getLogger(__name__)

REMEMBERED_AGAIN_AFTER_SECONDS = 3600
KEEP = """
    UPDATE business_clientsession
    SET selection = CASE WHEN coalesce(selection ->> 'flow', '') = %s THEN selection ELSE '{}' END || %s::jsonb
    WHERE id = %s RETURNING selection::text
"""


def keep_choice(*, session: ClientSession, choice: Choice, note: str | None, now: datetime, link: bool = False) -> None:
    """Remember the booking being made on this device, so that /review/ finds it without an address, for 24 hours (signin.prune).

    One statement; none when it was remembered just so within the hour.

    `note` None: keep the one there; "" is a note that was emptied. `link`: a resume link led here (D17). Both stay while the flow does.
    """
    flow = str(choice.flow or "")
    kept: dict[str, Any] = {"query": choice.to_query(), "flow": flow}
    if note is not None:
        kept["note"] = note[:NOTE_LENGTH]
    if link:
        kept["link"] = True
    moment = int(now.timestamp())
    if session.selection.items() >= kept.items() and moment - session.selection.get("at", 0) < REMEMBERED_AGAIN_AFTER_SECONDS:
        return
    kept["at"] = moment
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [flow, json.dumps(kept), session.pk])
        if row := cursor.fetchone():
            session.selection = json.loads(row[0])


def forget_choice(*, session: ClientSession, flow: UUID) -> None:
    """The booking `flow` is done: the next visit starts afresh. Another tab's booking stays."""
    ClientSession.objects.filter(pk=session.pk, selection__flow=str(flow)).update(selection={})


def capture(
    *, business: Business, client: Client, choice: Choice, lines: Sequence[Line], note: str, now: datetime, more_time: bool = False
) -> Draft | None:
    """Write the draft of a client who stands at Review (T1, T2; `more_time` T1c) and return it with its deadline.

    None without a verified phone (S03), a service (S04) or a flow; when this flow was confirmed already, or the client is booked at that
    very time by another one (a second tab, another device: nothing is left to win back, S27); and when MongoDB is away.
    A start inside the minimum notice that the draft did not hold before is left out, so that a draft never holds what was not offered (D4).
    """
    flow = choice.flow
    if client.phone_verified_at is None or not lines or flow is None or _is_booked_then(client, choice.start_at):
        return None
    if choice.start_at and not _may_hold(business, client, choice.start_at, now=now):
        choice = replace(choice, start_at=None)
    try:
        selection = selection_of(business=business, choice=choice, lines=lines, note=note)
        return drafts.start_review(
            business_id=business.pk, client_id=client.pk, flow=flow, selection=selection, now=now, more_time=more_time
        )
    except DraftsUnavailable:
        logger.warning("capture skipped: drafts are away, business=%s", business.pk)
    except BadSelection:
        logger.warning("capture skipped: selection refused, business=%s", business.pk)
    return None


def _is_booked_then(client: Client, start: datetime | None) -> bool:
    return start is not None and Appointment.objects.filter(client=client, starts=start, status=Appointment.Status.BOOKED).exists()


def _may_hold(business: Business, client: Client, start: datetime, *, now: datetime) -> bool:
    if start >= appointments.confirm_window(business, now=now)[0]:
        return True
    return queries.holds(queries.draft_of(business=business, client=client, now=now), start)


def take(visit: Visit, *, more_time: bool = False) -> Draft | None:
    """A signed-in client stands at Review: keep the choice on this device and capture the draft. None when it was not captured."""
    if visit.signed_in is None:
        return None
    note = visit.note
    if note is None:
        # A flow that knows of no note goes on with the draft's, so that a second tab does not empty it.
        note = note_of(queries.draft_of(business=visit.business, client=visit.signed_in.client, now=visit.now)) or None
    keep_choice(session=visit.signed_in.session, choice=visit.choice, note=note, now=visit.now)
    return capture(
        business=visit.business,
        client=visit.signed_in.client,
        choice=visit.choice,
        lines=visit.resolved.lines,
        note=note or "",
        now=visit.now,
        more_time=more_time,
    )


def note_of(draft: Draft | None) -> str:
    """The note of a booking that is not finished yet; "" of one that was booked or dismissed."""
    return draft.selection.notes if draft and draft.open else ""


def confirm(
    *,
    business: Business,
    client: Client,
    lines: Sequence[Line],
    start: datetime,
    members: Sequence[TeamMember],
    note: str,
    confirm_key: UUID,
    via_link: bool,
    now: datetime,
) -> Appointment:
    """Book the time if it is free, whatever the countdown or the draft say (D3), and mark the draft converted.

    1. Read the draft, if MongoDB answers; ring its bell when its review is over and no sweep has.
    2. Book in PostgreSQL with the least booked of `members` who is free; a booking won back is counted in the same transaction (D17).
    3. Mark the draft converted, if MongoDB answers; otherwise the sweep does.
    A second call with the same `confirm_key` returns the first appointment; when staff have booked what this client left, theirs (D8).
    Raises scheduler's SlotTaken and NotBookable.
    """
    draft, is_known = _draft_booked_from(business, client, flow=confirm_key, now=now)
    if draft:
        _ring_if_left(draft, now=now)
    held = queries.holds(draft, start)
    if len(members) > 1:
        duration = sum(line.duration_min for line in lines)
        free = appointments.free_members(business=business, members=members, duration_min=duration, start=start, now=now, held=held)
        members = free or members
    booked = scheduler.book(
        business=business,
        client=client,
        members=members,
        start=start,
        lines=lines,
        confirm_key=confirm_key,
        now=now,
        source=Appointment.Source.ONLINE,
        note=note[:NOTE_LENGTH],
        draft_id=draft.id if draft else "",
        engagement=draft.engagement if draft else None,
        recovered=partial(_recovered_by, business=business, draft=draft, via_link=via_link) if draft else None,
        mirrored=is_known and draft is None,
        held=held,
    )
    if booked.created and not booked.appointment.mirrored:
        _mirror(booked.appointment, now=now)
    return booked.appointment


def _draft_booked_from(business: Business, client: Client, *, flow: UUID, now: datetime) -> tuple[Draft | None, bool]:
    """The draft that this Confirm ends, None without one; and whether that is known: False while MongoDB is away."""
    try:
        draft = draft_queries.for_client(business_id=business.pk, client_id=client.pk, now=now)
    except DraftsUnavailable:
        return None, False
    # A converted draft is of an earlier booking. But of this very flow: staff booked what stands on this Review, and that is found (D8).
    if draft and draft.status == DraftState.CONVERTED and draft.flow != flow:
        return None, True
    return draft, True


def _ring_if_left(draft: Draft, *, now: datetime) -> None:
    """Ring and count what was left when no sweep has yet, so that nothing is won back that was not counted as captured (D17)."""
    if not draft.is_waiting(now=now) or appointments.drafts_with_appointment([draft.id]).get(draft.id, -1) >= draft.engagement:
        return
    bell = Notice(draft.business_id, draft.client_id, draft.id, draft.engagement, draft.selection.start_at)
    outbox.notify_staff(items=[bell], now=now)


def _recovered_by(*, business: Business, draft: Draft, via_link: bool) -> str:
    """How this booking was won back; "" when no session of the draft ended after its last appointment (D17)."""
    last = appointments.drafts_with_appointment([draft.id]).get(draft.id, 0)
    if not StaffNotice.objects.filter(business=business, draft_id=draft.id, engagement__gt=last).exists():
        return Appointment.Recovered.NOT
    if via_link:
        return Appointment.Recovered.LINK
    sent = [
        message
        for message in messages.messages_of(business=business, draft_ids=[draft.id]).get(draft.id, [])
        if message.kind == Kind.INCOMPLETE_REMINDER and message.state == State.SENT and (message.engagement or 0) > last
    ]
    return Appointment.Recovered.REMINDER if sent else Appointment.Recovered.SELF


def _mirror(appointment: Appointment, *, now: datetime) -> None:
    try:
        drafts.mark_converted(made=appointment, now=now)
    except DraftsUnavailable:
        logger.warning("conversion not mirrored yet, appointment=%s", appointment.pk)
        return
    scheduler.mark_mirrored(appointment_id=appointment.pk)
