"""Which times are free, for clients: within the minimum notice and the horizon.

Free times of any number of members and days cost one query: their working hours, and what fills them (appointments and time off).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from business.models import Business, TeamMember
from scheduler import availability
from scheduler.availability import Busy, Diary, Slot, Stretch
from scheduler.models import Appointment

NOT_TAKING_TIME = (Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW)
# The minimum notice guards what is offered, not what was chosen while it was offered (D3, D4): a time the client's draft holds (`held`)
# can be confirmed until it begins. Without a draft to show for it a time stays bookable this much longer than it is offered: whoever picks
# the last one has Review's ten minutes, and twenty more, even while drafts are away; an address typed by hand gets no further.
NOTICE_GRACE = timedelta(minutes=30)
# How far from a time that was taken others are looked for first, before the whole horizon is read.
NEAR = timedelta(days=7)


def diary_of(*, business: Business, members: Sequence[TeamMember], first: date, last: date, ignoring: int | None = None) -> Diary:
    """Hours and busy times of `members` from `first` to `last`. `ignoring` leaves one appointment out: the one being moved. One query."""
    zone = business.zone
    hours: dict[int, list[Stretch]] = {member.pk: [] for member in members}
    busy: dict[int, list[Busy]] = {member.pk: [] for member in members}
    if members:
        start, end = availability.midnight(first, zone), availability.midnight(last + timedelta(days=1), zone)
        moment = datetime.fromtimestamp
        for pk, starts, ends, flag, weekday in _rows(list(hours), start, end, ignoring):
            if weekday is None:
                busy[pk].append(Busy(moment(starts, UTC), moment(ends, UTC), flag))
            else:
                hours[pk].append(Stretch(weekday, _wall(starts), _wall(ends), flag))
    return Diary(zone=zone, step_min=business.slot_interval_min, first=first, last=last, hours=hours, busy=busy)


# Written out like WITH_OFFERED, because every page of times asks it. Moments as whole seconds: reading thousands of timestamps costs more
# than all of the arithmetic on them.
ROWS = """
    SELECT team_member_id, extract(epoch FROM starts)::bigint, extract(epoch FROM ends)::bigint, true, NULL::smallint
    FROM scheduler_appointment
    WHERE team_member_id = ANY(%(members)s) AND starts < %(end)s AND ends > %(start)s AND status <> ALL(%(not_taking)s)
        AND id IS DISTINCT FROM %(ignoring)s
    UNION ALL
    SELECT team_member_id, extract(epoch FROM starts)::bigint, extract(epoch FROM ends)::bigint, false, NULL
    FROM scheduler_timeoff WHERE team_member_id = ANY(%(members)s) AND starts < %(end)s AND ends > %(start)s
    UNION ALL
    SELECT team_member_id, extract(epoch FROM starts)::bigint, extract(epoch FROM ends)::bigint, is_break, weekday
    FROM business_workinghours WHERE team_member_id = ANY(%(members)s)
"""


def _rows(members: list[int], start: datetime, end: datetime, ignoring: int | None) -> list[tuple[int, int, int, bool, int | None]]:
    """Member, from, until, a flag, weekday: what fills their time (the flag: an appointment), and the hours they work (the flag: a break)."""
    values: dict[str, Any] = {
        "members": members,
        "start": start,
        "end": end,
        "ignoring": ignoring,
        "not_taking": [str(status) for status in NOT_TAKING_TIME],
    }
    with connection.cursor() as cursor:
        cursor.execute(ROWS, values)
        rows: list[tuple[int, int, int, bool, int | None]] = cursor.fetchall()
        return rows


def _wall(seconds: int) -> time:
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def window(business: Business, *, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment a client may choose: the minimum notice from `now`, and the end of the horizon's last day."""
    _, last = bookable_days(business, now=now)
    end = availability.midnight(last + timedelta(days=1), business.zone) - timedelta(seconds=1)
    return now + timedelta(minutes=business.minimum_notice_min), end


def confirm_window(business: Business, *, now: datetime, held: bool = False) -> tuple[datetime, datetime]:
    """The first and the last moment a client may still confirm: the minimum notice less NOTICE_GRACE, never in the past; from `now` on for
    a time that is `held` by the client's draft."""
    earliest, latest = window(business, now=now)
    return now if held else max(now, earliest - NOTICE_GRACE), latest


def bookable_days(business: Business, *, now: datetime) -> tuple[date, date]:
    """Today and the last day of the horizon, as the business counts days."""
    today = now.astimezone(business.zone).date()
    return today, today + timedelta(days=business.horizon_days)


def day_slots(*, business: Business, members: Sequence[TeamMember], duration_min: int, day: date, now: datetime) -> list[Slot]:
    """The times of `day` a client can book `duration_min` minutes with one of `members`. One query, none outside the horizon."""
    first, last = bookable_days(business, now=now)
    if not first <= day <= last:
        return []
    earliest, latest = window(business, now=now)
    diary = diary_of(business=business, members=members, first=day, last=day)
    return diary.slots(day, duration_min=duration_min, earliest=earliest, latest=latest)


def next_open_day(*, business: Business, members: Sequence[TeamMember], duration_min: int, after: date, now: datetime) -> date | None:
    """The first day after `after` with a free time within the horizon, or None. One query."""
    first, last = bookable_days(business, now=now)
    if after >= last:
        return None
    first = max(after + timedelta(days=1), first)
    earliest, latest = window(business, now=now)
    diary = diary_of(business=business, members=members, first=first, last=last)
    days = _days(first, last)
    return next((day for day in days if diary.has_slots(day, duration_min=duration_min, earliest=earliest, latest=latest)), None)


def nearest(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, around: datetime, now: datetime, count: int = 3
) -> list[Slot]:
    """The `count` free times closest to `around`, ascending. One query, one more when the days around it are full."""
    first, last = bookable_days(business, now=now)
    earliest, latest = window(business, now=now)
    middle = min(max(around, earliest), latest).astimezone(business.zone).date()
    close = max(first, middle - NEAR), min(last, middle + NEAR)
    diary = diary_of(business=business, members=members, first=close[0], last=close[1])
    found: list[Slot] = []
    for distance in range((last - first).days + 1):
        if distance == NEAR.days + 1:
            diary = diary_of(business=business, members=members, first=first, last=last)
        for day in {middle - timedelta(days=distance), middle + timedelta(days=distance)}:
            if first <= day <= last:
                found += diary.slots(day, duration_min=duration_min, earliest=earliest, latest=latest)
        found = sorted(found, key=lambda slot: (abs(slot.start - around), slot.start))[:count]
        # Every time of a day not looked at yet is further away than `distance` days, give or take a clock change.
        if len(found) == count and abs(found[-1].start - around) <= timedelta(days=distance, hours=-1):
            break
    return sorted(found)


def is_free(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, start: datetime, now: datetime, held: bool = False
) -> bool:
    """Whether one of `members` is free then and a client may still confirm it (`held`: see confirm_window). One query."""
    return bool(free_members(business=business, members=members, duration_min=duration_min, start=start, now=now, held=held))


def free_members(
    *, business: Business, members: Sequence[TeamMember], duration_min: int, start: datetime, now: datetime, held: bool = False
) -> list[TeamMember]:
    """Those of `members` a client could confirm then, the least booked that day first, else in the order given. One query."""
    earliest, latest = confirm_window(business, now=now, held=held)
    if not earliest <= start <= latest:
        return []
    day = start.astimezone(business.zone).date()
    diary = diary_of(business=business, members=members, first=day, last=day)
    free = [member for member in members if diary.is_free(member.pk, start=start, duration_min=duration_min)]
    return sorted(free, key=lambda member: diary.booked_minutes(member.pk, day))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
