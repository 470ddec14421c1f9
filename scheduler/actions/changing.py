"""Moving and cancelling an appointment, and knowing that its draft knows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from psycopg import errors

from business import actions as business_actions
from business.models import TeamMember
from scheduler import queries
from scheduler.actions.booking import SlotTaken, booked_lines, can_take, check, lock_member
from scheduler.models import Appointment, AppointmentLine
from scheduler.queries import Line


class NotChangeable(Exception):
    """The appointment is over or cancelled; the message tells a person."""


def move(
    *,
    appointment: Appointment,
    member: TeamMember,
    start: datetime,
    lines: Sequence[Line] | None,
    note: str,
    now: datetime,
    by: User | None,
    enforce_rules: bool = True,
) -> Appointment:
    """Give a booked appointment another time, person, services or note, all or nothing; `lines` None keeps its services as booked.

    The row itself is locked first, then the member it goes to: two moves of one appointment queue up, and nobody waits in a ring.
    Raises SlotTaken, NotBookable, NotChangeable.
    """
    try:
        with transaction.atomic():
            row = _lock_appointment(appointment)
            if row.status != Appointment.Status.BOOKED:
                raise NotChangeable(f"This appointment is {row.get_status_display().lower()}; it cannot be changed any more.")
            services = queries.lines_of(row) if lines is None else lines
            check(business=row.business, client=row.client, lines=services, start=start, now=now, enforce_rules=enforce_rules)
            locked = lock_member(row.business, member.pk)
            row.starts, row.ends = start, start + timedelta(minutes=sum(line.duration_min for line in services))
            if locked is None or not can_take(row, locked, services, enforce_rules=enforce_rules):
                raise SlotTaken
            row.team_member, row.note = locked, note
            row.save(update_fields=["starts", "ends", "team_member", "note"])
            if lines is not None:
                row.lines.all().delete()
                AppointmentLine.objects.bulk_create(booked_lines(row, lines))
            business_actions.audit(business=row.business, actor=by, action="appointment.changed", object_id=str(row.pk), now=now)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.ExclusionViolation):
            raise SlotTaken from error
        raise
    return row


def cancel(*, appointment: Appointment, now: datetime, by: User | None) -> Appointment:
    """Cancel a booked appointment; its time is free at once. Cancelling twice changes nothing. `by` is None for the client.

    Raises NotChangeable for one that is completed or was missed.
    """
    with transaction.atomic():
        row = _lock_appointment(appointment)
        if row.status == Appointment.Status.CANCELLED:
            return row
        if row.status != Appointment.Status.BOOKED:
            raise NotChangeable(f"This appointment is {row.get_status_display().lower()}; it cannot be cancelled any more.")
        row.status, row.cancelled_at = Appointment.Status.CANCELLED, now
        row.save(update_fields=["status", "cancelled_at"])
        business_actions.audit(business=row.business, actor=by, action="appointment.cancelled", object_id=str(row.pk), now=now)
    return row


def _lock_appointment(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_for_update(of=("self",), no_key=True).select_related("business", "client").get(pk=appointment.pk)


def mark_mirrored(*, appointment_id: int) -> None:
    """The draft of this appointment is known to be converted, or gone (T6)."""
    Appointment.objects.filter(pk=appointment_id).update(mirrored=True)
