"""Reads of the appointment book: today's catalogue, who can do what, and which times are free.

Free times of any number of members and days cost two queries: their working hours, and what fills them (appointments and time off).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Count, Max, Q, Value
from django.db.models.functions import Coalesce

from business.models import Business, Service, TeamMember, Variant, WorkingHours
from scheduler import availability
from scheduler.availability import Busy, Diary, Slot, Stretch
from scheduler.models import Appointment, TimeOff

NOT_TAKING_TIME = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)
BIGGEST_ID = 2**63 - 1
# A time that was on offer stays bookable a little longer than it is offered: whoever picks the last one before the minimum notice
# has Review's ten minutes, and ten more, to confirm it (D3).
NOTICE_GRACE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One service to book, with the duration (minutes) and price (minor units) it has in today's catalogue."""

    service: Service
    variant: Variant | None
    name: str
    variant_name: str
    duration_min: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """Chosen services as they are offered today, in order, and the names of those that are not any more ("" for unknown ids)."""

    lines: tuple[Line, ...]
    gone: tuple[str, ...]

    @property
    def duration_min(self) -> int:
        return sum(line.duration_min for line in self.lines)

    @property
    def price_minor(self) -> int:
        return sum(line.price_minor for line in self.lines)

    @property
    def service_ids(self) -> tuple[int, ...]:
        return tuple(line.service.pk for line in self.lines)


def resolve(*, business: Business, services: Sequence[tuple[int, int | None]]) -> Resolved:
    """Each (service id, variant id or None) against today's catalogue (S45): archived, foreign and unknown ones are `gone`, and so is a
    service with variants of which none is chosen. Two queries."""
    ids = {service_id for service_id, _ in services if 0 < service_id <= BIGGEST_ID}
    known = {service.pk: service for service in Service.objects.filter(business=business, pk__in=ids).prefetch_related("variants")}
    lines: list[Line] = []
    gone: list[str] = []
    for service_id, variant_id in services:
        service = known.get(service_id)
        line = _line(service, variant_id) if service else None
        if line:
            lines.append(line)
        else:
            gone.append(service.name if service else "")
    return Resolved(tuple(lines), tuple(gone))


def _line(service: Service, variant_id: int | None) -> Line | None:
    offered = [variant for variant in service.variants.all() if variant.archived_at is None]
    variant = next((variant for variant in offered if variant.pk == variant_id), None)
    if service.archived_at is not None or (variant is None and (offered or variant_id is not None)):
        return None
    return Line(
        service=service,
        variant=variant,
        name=service.name,
        variant_name=variant.name if variant else "",
        duration_min=variant.duration_min if variant else service.duration_min,
        price_minor=variant.price_minor if variant else service.price_minor,
    )


def suitable_members(*, business: Business, services: Sequence[int]) -> list[TeamMember]:
    """The bookable members who do every one of `services` (ids), in the team's order. One query."""
    wanted = {service_id for service_id in services if 0 < service_id <= BIGGEST_ID}
    skills = Count("services", filter=Q(services__in=wanted), distinct=True)
    team = TeamMember.objects.filter(business=business, bookable=True, archived_at=None)
    return list(team.annotate(skills=skills).filter(skills=len(set(services))))


def diary_of(*, business: Business, members: Sequence[TeamMember], first: date, last: date, ignoring: int | None = None) -> Diary:
    """Hours and busy times of `members` from `first` to `last`. `ignoring` leaves one appointment out: the one being moved. Two queries."""
    zone = business.zone
    hours: dict[int, list[Stretch]] = {member.pk: [] for member in members}
    busy: dict[int, list[Busy]] = {member.pk: [] for member in members}
    if members:
        start, end = availability.midnight(first, zone), availability.midnight(last + timedelta(days=1), zone)
        rows = WorkingHours.objects.filter(team_member__in=list(hours)).order_by()
        for pk, *stretch in rows.values_list("team_member_id", "weekday", "starts", "ends", "is_break"):
            hours[pk].append(Stretch(*stretch))
        for pk, *filled in _filled(Q(team_member__in=list(busy), starts__lt=end, ends__gt=start), ignoring):
            busy[pk].append(Busy(*filled))
    return Diary(zone=zone, step_min=business.slot_interval_min, first=first, last=last, hours=hours, busy=busy)


def _filled(within: Q, ignoring: int | None) -> Iterable[tuple[Any, ...]]:
    booked = Appointment.objects.filter(within).exclude(status__in=NOT_TAKING_TIME)
    if ignoring is not None:
        booked = booked.exclude(pk=ignoring)
    columns = ("team_member_id", "starts", "ends")
    away = TimeOff.objects.filter(within).values_list(*columns, Value(False, BooleanField()))
    return booked.values_list(*columns, Value(True, BooleanField())).union(away, all=True)


def window(business: Business, *, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment a client may choose: the minimum notice from `now`, and the end of the horizon's last day."""
    _, last = bookable_days(business, now=now)
    end = availability.midnight(last + timedelta(days=1), business.zone) - timedelta(seconds=1)
    return now + timedelta(minutes=business.minimum_notice_min), end


def confirm_window(business: Business, *, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment a client may still confirm: the minimum notice less NOTICE_GRACE, never in the past."""
    earliest, latest = window(business, now=now)
    return max(now, earliest - NOTICE_GRACE), latest


def bookable_days(business: Business, *, now: datetime) -> tuple[date, date]:
    """Today and the last day of the horizon, as the business counts days."""
    today = now.astimezone(business.zone).date()
    return today, today + timedelta(days=business.horizon_days)


def day_slots(*, business: Business, members: Sequence[TeamMember], duration_min: int, day: date, now: datetime) -> list[Slot]:
    """The times of `day` a client can book `duration_min` minutes with one of `members`. Two queries, none outside the horizon."""
    first, last = bookable_days(business, now=now)
    if not first <= day <= last:
        return []
    earliest, latest = window(business, now=now)
    diary = diary_of(business=business, members=members, first=day, last=day)
    return diary.slots(day, duration_min=duration_min, earliest=earliest, latest=latest)


def open_days(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, first: date, last: date, now: datetime
) -> dict[date, int]:
    """For each day from `first` to `last` the number of times a client can choose; days outside the horizon have none. Two queries."""
    opens, closes = bookable_days(business, now=now)
    counts = dict.fromkeys(_days(first, last), 0)
    opens, closes = max(first, opens), min(last, closes)
    if opens <= closes:
        earliest, latest = window(business, now=now)
        diary = diary_of(business=business, members=members, first=opens, last=closes)
        for day in _days(opens, closes):
            counts[day] = diary.number_of_starts(day, duration_min=duration_min, earliest=earliest, latest=latest)
    return counts


def next_open_day(*, business: Business, members: Sequence[TeamMember], duration_min: int, after: date, now: datetime) -> date | None:
    """The first day after `after` with a free time within the horizon, or None. Two queries."""
    first, last = bookable_days(business, now=now)
    if after >= last:
        return None
    first = max(after + timedelta(days=1), first)
    earliest, latest = window(business, now=now)
    diary = diary_of(business=business, members=members, first=first, last=last)
    days = _days(first, last)
    return next((day for day in days if diary.number_of_starts(day, duration_min=duration_min, earliest=earliest, latest=latest)), None)


def nearest(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, around: datetime, now: datetime, count: int = 3
) -> list[Slot]:
    """The `count` free times closest to `around`, ascending. Two queries."""
    first, last = bookable_days(business, now=now)
    earliest, latest = window(business, now=now)
    middle = min(max(around, earliest), latest).astimezone(business.zone).date()
    diary = diary_of(business=business, members=members, first=first, last=last)
    found: list[Slot] = []
    for distance in range((last - first).days + 1):
        for day in {middle - timedelta(days=distance), middle + timedelta(days=distance)}:
            if first <= day <= last:
                found += diary.slots(day, duration_min=duration_min, earliest=earliest, latest=latest)
        found = sorted(found, key=lambda slot: (abs(slot.start - around), slot.start))[:count]
        # Every time of a day not looked at yet is further away than `distance` days, give or take a clock change.
        if len(found) == count and abs(found[-1].start - around) <= timedelta(days=distance, hours=-1):
            break
    return sorted(found)


def is_free(*, business: Business, members: Sequence[TeamMember], duration_min: int, start: datetime, now: datetime) -> bool:
    """Whether one of `members` is free then and a client may still confirm it. Two queries."""
    return bool(free_members(business=business, members=members, duration_min=duration_min, start=start, now=now))


def free_members(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, start: datetime, now: datetime
) -> list[TeamMember]:
    """Those of `members` a client could confirm then, the least booked that day first, else in the order given. Two queries."""
    earliest, latest = confirm_window(business, now=now)
    if not earliest <= start <= latest:
        return []
    day = start.astimezone(business.zone).date()
    diary = diary_of(business=business, members=members, first=day, last=day)
    free = [member for member in members if diary.is_free(member.pk, start=start, duration_min=duration_min)]
    return sorted(free, key=lambda member: diary.booked_minutes(member.pk, day))


def appointment_for_draft(*, business_id: int, draft_id: str, engagement: int | None = None) -> Appointment | None:
    """The newest appointment made from this draft, whatever became of it; with `engagement` only one of that engagement or a later one."""
    if not draft_id:
        return None
    made = Appointment.objects.filter(business_id=business_id, draft_id=draft_id).select_related("client", "team_member")
    if engagement is not None:
        made = made.filter(engagement__gte=engagement)
    return made.order_by("-id").first()


def drafts_with_appointment(draft_ids: Collection[str]) -> dict[str, int]:
    """Of these drafts those an appointment was made from, with the latest engagement it covers. One query."""
    made = Appointment.objects.filter(draft_id__in=[draft_id for draft_id in draft_ids if draft_id]).order_by().values("draft_id")
    return {row["draft_id"]: row["covers"] for row in made.annotate(covers=Coalesce(Max("engagement"), 0))}


def unmirrored(limit: int) -> list[Appointment]:
    """The oldest appointments whose draft is not yet known to be converted (T6)."""
    return list(Appointment.objects.filter(mirrored=False).order_by("created_at", "id")[:limit])


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
