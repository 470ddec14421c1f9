"""Writes of the appointment book: book, move, cancel, and the waitlist.

First come, first served is decided in PostgreSQL: the team member's row is locked, so that rivals wait for milliseconds instead of
deadlocking; then the time is checked; then the exclusion constraint judges the insert. One transaction locks one team member, never two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from psycopg import errors

from business import actions as business_actions
from business.models import Business, Client, TeamMember
from scheduler import queries
from scheduler.models import Appointment, AppointmentLine, WaitlistEntry, WaitlistLine, WaitlistWindow
from scheduler.queries import Line


class SlotTaken(Exception):
    """None of the team members asked for is free at that time (any more)."""


class NotBookable(Exception):
    """This can never be booked as asked; the message tells a person why."""


class NotChangeable(Exception):
    """The appointment is over or cancelled; the message tells a person."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The appointment, and whether this call made it (False: a repeated Confirm found the first one)."""

    appointment: Appointment
    created: bool


@dataclass(frozen=True, slots=True)
class Window:
    """When a waiting client could come: days of the business, both included, and optionally hours of those days."""

    first_day: date
    last_day: date
    from_time: time | None = None
    to_time: time | None = None


def book(
    *,
    business: Business,
    client: Client,
    members: Sequence[TeamMember],
    start: datetime,
    lines: Sequence[Line],
    confirm_key: UUID,
    now: datetime,
    source: str,
    mirrored: bool,
    booked_by: User | None = None,
    note: str = "",
    draft_id: str = "",
    engagement: int | None = None,
    recovered: str = "",
    counters: Mapping[str, int] | None = None,
    enforce_rules: bool = True,
) -> Booked:
    """Book `lines` in a row from `start` (UTC, whole minutes) with the first of `members` who is free, each tried in its own transaction.

    1. An appointment with this `confirm_key` is the answer to a repeated press. 2. Lock the member, check, insert the appointment and its
    lines, add `counters` to the day. `enforce_rules` off (staff): hours, time off, skills, notice and horizon are the caller's business;
    an overlap never is. Raises SlotTaken, NotBookable.
    """
    if earlier := _earlier(business, client, confirm_key):
        return Booked(earlier, created=False)
    _check(business=business, client=client, lines=lines, start=start, now=now, enforce_rules=enforce_rules)
    wanted = Appointment(
        business=business,
        client=client,
        starts=start,
        ends=start + timedelta(minutes=sum(line.duration_min for line in lines)),
        note=note,
        source=source,
        booked_by=booked_by,
        confirm_key=confirm_key,
        draft_id=draft_id,
        engagement=engagement,
        mirrored=mirrored,
        recovered=recovered,
        created_at=now,
    )
    for member in members:
        if _try(wanted, member, lines, counters or {}, now=now, enforce_rules=enforce_rules):
            return Booked(wanted, created=True)
        if earlier := _earlier(business, client, confirm_key):
            return Booked(earlier, created=False)
    raise SlotTaken


def _check(*, business: Business, client: Client, lines: Sequence[Line], start: datetime, now: datetime, enforce_rules: bool) -> None:
    if not lines:
        raise NotBookable("Choose at least one service.")
    if client.business_id != business.pk or any(line.service.business_id != business.pk for line in lines):
        raise NotBookable("This belongs to another business.")
    if start.second or start.microsecond:
        raise NotBookable("Choose a whole minute to start at.")
    if enforce_rules:
        if not business.online_booking:
            raise NotBookable(f"{business.name} does not take bookings online right now.")
        if start <= now:
            raise NotBookable("That time has passed. Pick a new one.")
        earliest, latest = queries.confirm_window(business, now=now)
        if start < earliest:
            raise NotBookable("That time is too soon to book online. Pick a later one.")
        if start > latest:
            raise NotBookable("That day is too far away to book yet. Pick an earlier one.")


def _earlier(business: Business, client: Client, confirm_key: UUID) -> Appointment | None:
    earlier = Appointment.objects.filter(confirm_key=confirm_key).select_related("client", "team_member").first()
    if earlier and (earlier.business_id != business.pk or earlier.client_id != client.pk):
        raise NotBookable("This booking was already used. Start a new one.")
    return earlier


def _try(
    appointment: Appointment, member: TeamMember, lines: Sequence[Line], counters: Mapping[str, int], *, now: datetime, enforce_rules: bool
) -> bool:
    """One candidate in one transaction; False when the member cannot take it, or when this Confirm won on another connection."""
    try:
        with transaction.atomic():
            locked = _lock(appointment.business, member.pk)
            appointment.pk = None
            if locked is None or not _can_take(appointment, locked, lines, enforce_rules=enforce_rules):
                return False
            appointment.team_member = locked
            appointment.save(force_insert=True)
            _write_lines(appointment, lines)
            _audit_if_by_staff(appointment, now=now)
            # Last, because every booking of the day adds to the same rows: they are held for a moment only.
            business_actions.count(business=appointment.business, now=now, amounts=counters)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.ExclusionViolation | errors.UniqueViolation):
            return False
        raise
    return True


def _audit_if_by_staff(appointment: Appointment, *, now: datetime) -> None:
    if by := appointment.booked_by:
        meta = {"draft_id": appointment.draft_id} if appointment.draft_id else {}
        pk = str(appointment.pk)
        business_actions.audit(business=appointment.business, actor=by, action="appointment.booked", object_id=pk, now=now, meta=meta)


def _lock(business: Business, member_id: int) -> TeamMember | None:
    """The member's row, locked against other bookings until the transaction ends; None when not of this business or archived."""
    team = TeamMember.objects.select_for_update(of=("self",), no_key=True)
    return team.filter(business=business, archived_at=None, pk=member_id).first()


def _can_take(appointment: Appointment, member: TeamMember, lines: Sequence[Line], *, enforce_rules: bool) -> bool:
    """Asked under the member's lock: nothing else at that time, and with `enforce_rules` also at work and able to do every service."""
    overlapping = Appointment.objects.filter(team_member=member, starts__lt=appointment.ends, ends__gt=appointment.starts)
    if overlapping.exclude(status__in=queries.NOT_TAKING_TIME).exclude(pk=appointment.pk).exists():
        return False
    if not enforce_rules:
        return True
    wanted = {line.service.pk for line in lines}
    if not member.bookable or member.services.filter(pk__in=wanted).count() != len(wanted):
        return False
    day = appointment.starts.astimezone(appointment.business.zone).date()
    diary = queries.diary_of(business=appointment.business, members=[member], first=day, last=day, ignoring=appointment.pk)
    minutes = int((appointment.ends - appointment.starts).total_seconds()) // 60
    return diary.is_free(member.pk, start=appointment.starts, duration_min=minutes)


def _write_lines(appointment: Appointment, lines: Sequence[Line]) -> None:
    AppointmentLine.objects.bulk_create(
        AppointmentLine(
            appointment=appointment,
            service=line.service,
            variant=line.variant,
            position=position,
            name=line.name,
            variant_name=line.variant_name,
            duration_min=line.duration_min,
            price_minor=line.price_minor,
        )
        for position, line in enumerate(lines)
    )


def move(
    *,
    appointment: Appointment,
    member: TeamMember,
    start: datetime,
    lines: Sequence[Line],
    note: str,
    now: datetime,
    by: User | None,
    enforce_rules: bool = True,
) -> Appointment:
    """Give a booked appointment another time, person, services or note, all or nothing. The row itself is locked first, then the member it
    goes to: two moves of one appointment queue up, and nobody waits in a ring. Raises SlotTaken, NotBookable, NotChangeable."""
    _check(business=appointment.business, client=appointment.client, lines=lines, start=start, now=now, enforce_rules=enforce_rules)
    try:
        with transaction.atomic():
            row = _lock_appointment(appointment)
            if row.status != Appointment.Status.BOOKED:
                raise NotChangeable(f"This appointment is {row.get_status_display().lower()}; it cannot be changed any more.")
            locked = _lock(row.business, member.pk)
            row.starts, row.ends = start, start + timedelta(minutes=sum(line.duration_min for line in lines))
            if locked is None or not _can_take(row, locked, lines, enforce_rules=enforce_rules):
                raise SlotTaken
            row.team_member, row.note = locked, note
            row.save(update_fields=["starts", "ends", "team_member", "note"])
            row.lines.all().delete()
            _write_lines(row, lines)
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


def join_waitlist(
    *,
    business: Business,
    client: Client,
    lines: Sequence[Line],
    windows: Sequence[Window],
    member: TeamMember | None,
    note: str,
    source: str,
    now: datetime,
) -> WaitlistEntry:
    """Put the client on the waitlist. Raises NotBookable without a service or a window, or for somebody of another business."""
    _check_waitlist(business, client, lines, windows, member)
    with transaction.atomic():
        entry = WaitlistEntry.objects.create(business=business, client=client, team_member=member, note=note, source=source, created_at=now)
        _write_wishes(entry, lines, windows)
    return entry


def update_waitlist(
    *, entry: WaitlistEntry, lines: Sequence[Line], windows: Sequence[Window], member: TeamMember | None, note: str, now: datetime
) -> WaitlistEntry:
    """Replace what an open entry asks for. Raises NotBookable like join_waitlist, and NotChangeable when it was closed meanwhile."""
    _check_waitlist(entry.business, entry.client, lines, windows, member)
    with transaction.atomic():
        row = _lock_entry(entry)
        if row.closed_at is not None:
            raise NotChangeable("This entry is no longer on the waitlist.")
        row.team_member, row.note = member, note
        row.save(update_fields=["team_member", "note"])
        row.lines.all().delete()
        row.windows.all().delete()
        _write_wishes(row, lines, windows)
    return row


def close_waitlist(*, entry: WaitlistEntry, now: datetime, appointment: Appointment | None = None) -> None:
    """Take the entry off the waitlist: with `appointment` because it was fulfilled, without because nobody waits. Idempotent."""
    with transaction.atomic():
        row = _lock_entry(entry)
        if row.closed_at is None:
            row.closed_at, row.appointment = now, appointment
            row.save(update_fields=["closed_at", "appointment"])


def _check_waitlist(
    business: Business, client: Client, lines: Sequence[Line], windows: Sequence[Window], member: TeamMember | None
) -> None:
    if not lines:
        raise NotBookable("Choose at least one service.")
    if not windows:
        raise NotBookable("Say at least one day that would suit.")
    foreign = [client, *(line.service for line in lines), *([member] if member else [])]
    if any(thing.business_id != business.pk for thing in foreign):
        raise NotBookable("This belongs to another business.")
    if any(window.last_day < window.first_day for window in windows):
        raise NotBookable("The last day comes before the first day.")


def _lock_entry(entry: WaitlistEntry) -> WaitlistEntry:
    return WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)


def _write_wishes(entry: WaitlistEntry, lines: Sequence[Line], windows: Sequence[Window]) -> None:
    WaitlistLine.objects.bulk_create(
        WaitlistLine(entry=entry, service=line.service, variant=line.variant, position=position) for position, line in enumerate(lines)
    )
    WaitlistWindow.objects.bulk_create(
        WaitlistWindow(
            entry=entry, first_day=window.first_day, last_day=window.last_day, from_time=window.from_time, to_time=window.to_time
        )
        for window in windows
    )
