"""Booking an appointment.

First come, first served is decided in PostgreSQL: the team member's row is locked, so that rivals wait for milliseconds instead of
deadlocking; then the time is checked; then the exclusion constraint judges the insert. One transaction locks one team member, never two;
before that the draft, when the booking comes from one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from psycopg import errors

from business import actions as business_actions
from business.models import Business, Client, TeamMember
from scheduler import queries
from scheduler.actions import origins
from scheduler.models import Appointment, AppointmentLine
from scheduler.queries import Line


class SlotTaken(Exception):
    """None of the team members asked for is free at that time (any more)."""


class NotBookable(Exception):
    """This can never be booked as asked; the message tells a person why."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The appointment, and whether this call made it (False: a repeated Confirm found the first one, or the draft is booked already)."""

    appointment: Appointment
    created: bool


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
    recovered: Callable[[], str] | None = None,
    enforce_rules: bool = True,
    held: bool = False,
) -> Booked:
    """Book `lines` in a row from `start` (UTC, whole minutes) with the first of `members` who is free, each tried in its own transaction.

    1. Lock the draft it comes from, if any; an appointment made from it already is the answer (D8).
    2. Lock the member, check, insert the appointment and its lines, count.
    3. Nobody can take it: the appointment that this `confirm_key` (a repeated press) or this draft made before is the answer.

    `recovered` says how the booking was won back ("": it was not); it is asked under the draft's lock, so that none counts twice (D17).
    `enforce_rules` False (staff): hours, time off, skills, notice and horizon are not asked; an overlap is refused all the same.
    `held`: the client's draft holds the time, so that the notice is not asked again (D4). `mirrored`: no draft has to be told (T6).
    Raises SlotTaken, NotBookable.
    """
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
        created_at=now,
    )
    refusal: SlotTaken | NotBookable = SlotTaken()
    try:
        check(business=business, client=client, lines=lines, start=start, now=now, enforce_rules=enforce_rules, held=held)
        for member in members:
            # Seen taken, it need not wait for the lock: of many rivals most come when the first has the time already.
            if _is_taken(wanted, member):
                continue
            if done := _try(wanted, member, lines, recovered, now=now, enforce_rules=enforce_rules):
                return done
    except NotBookable as error:
        refusal = error
    made = _earlier(business, client, confirm_key) or (origins.made_already(wanted) if isinstance(refusal, SlotTaken) else None)
    if made:
        return Booked(made, created=False)
    raise refusal


def check(
    *, business: Business, client: Client, lines: Sequence[Line], start: datetime, now: datetime, enforce_rules: bool, held: bool = False
) -> None:
    """What no candidate can change: services, owner, start, and with `enforce_rules` the window of confirm_window. Raises NotBookable."""
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
        earliest, latest = queries.confirm_window(business, now=now, held=held)
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
    wanted: Appointment,
    member: TeamMember,
    lines: Sequence[Line],
    recovered: Callable[[], str] | None,
    *,
    now: datetime,
    enforce_rules: bool,
) -> Booked | None:
    """One candidate in one transaction; None when the member cannot take it, or when this Confirm won on another connection."""
    try:
        with transaction.atomic():
            origins.lock_draft(wanted.draft_id)
            if made := origins.made_already(wanted):
                return Booked(made, created=False)
            locked = lock_member(wanted.business, member.pk)
            wanted.pk = None
            if locked is None or not can_take(wanted, locked, lines, enforce_rules=enforce_rules):
                return None
            wanted.team_member = locked
            wanted.recovered = recovered() if recovered else Appointment.Recovered.NOT
            wanted.save(force_insert=True)
            AppointmentLine.objects.bulk_create(booked_lines(wanted, lines))
            _audit_if_by_staff(wanted, now=now)
            _count(wanted, lines, now=now)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.ExclusionViolation | errors.UniqueViolation):
            return None
        raise
    return Booked(wanted, created=True)


def _count(appointment: Appointment, lines: Sequence[Line], *, now: datetime) -> None:
    """A booking won back (D17). Done last, because every booking of the day adds to the same rows: they are held for a moment only."""
    if how := appointment.recovered:
        amounts = {"recovered": 1, f"recovered_{how}": 1, "recovered_value_minor": sum(line.price_minor for line in lines)}
        business_actions.count(business=appointment.business, now=now, amounts=amounts)


def _audit_if_by_staff(appointment: Appointment, *, now: datetime) -> None:
    if by := appointment.booked_by:
        meta = {"draft_id": appointment.draft_id} if appointment.draft_id else {}
        pk = str(appointment.pk)
        business_actions.audit(business=appointment.business, actor=by, action="appointment.booked", object_id=pk, now=now, meta=meta)


def lock_member(business: Business, member_id: int) -> TeamMember | None:
    """The member's row, locked against other bookings until the transaction ends; None when not of this business or archived."""
    team = TeamMember.objects.select_for_update(of=("self",), no_key=True)
    return team.filter(business=business, archived_at=None, pk=member_id).first()


def can_take(appointment: Appointment, member: TeamMember, lines: Sequence[Line], *, enforce_rules: bool) -> bool:
    """Asked under the member's lock: nothing else at that time, and with `enforce_rules` also at work and able to do every service."""
    if _is_taken(appointment, member):
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


def _is_taken(appointment: Appointment, member: TeamMember) -> bool:
    """Whether something else fills the time. Only under the member's lock does False last; True is the answer without it, too."""
    overlapping = Appointment.objects.filter(team_member=member, starts__lt=appointment.ends, ends__gt=appointment.starts)
    return overlapping.exclude(status__in=queries.NOT_TAKING_TIME).exclude(pk=appointment.pk).exists()


def booked_lines(appointment: Appointment, lines: Iterable[Line]) -> list[AppointmentLine]:
    """The rows, not written yet, that keep name, duration (minutes) and price (minor units) of each service in order as they are today."""
    return [
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
    ]
