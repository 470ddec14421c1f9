"""What the appointment form says about a time before anything is saved: who is free, what is in the way, and the nearest free times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from business.models import Business, TeamMember
from business.templatetags.words import clock_time, day_and_time
from scheduler import queries
from scheduler.models import Appointment
from scheduler.queries import Line

NearTimes = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`hint` is a sentence ("" while too little is chosen), `tone` "good" or "bad"; `warnings` can be overruled by staff; `nearest` are free
    times as value of the button `at` and its label; `free` are the ids of those who could do it then.
    """

    hint: str = ""
    tone: str = ""
    warnings: tuple[str, ...] = ()
    nearest: tuple[tuple[str, str], ...] = ()
    free: tuple[int, ...] = ()


def outlook(
    *,
    business: Business,
    member: TeamMember | None,
    start: datetime,
    lines: Sequence[Line],
    warnings: Sequence[str],
    moved: Appointment | None,
    now: datetime,
) -> Outlook:
    """How this time stands. `member` None asks for everyone who does these services; `moved` is the appointment being changed. Reads only."""
    length = sum(line.duration_min for line in lines)
    end = start + timedelta(minutes=length)
    able = queries.suitable_members(business=business, services=[line.service.pk for line in lines])
    free = _free(business, able, start, length, moved) if start > now else []
    ids = tuple(one.pk for one in free)
    if member is None and free:
        return Outlook(f"Free: {', '.join(one.first_name for one in free)}.", "good", free=ids)
    near = tuple(nearest(business=business, members=[member] if member else able, start=start, lines=lines, now=now))
    if member is None:
        return Outlook("This time has passed." if start <= now else "Nobody is free then.", "bad", nearest=near)
    rival = queries.rival(business=business, member=member, start=start, end=end, ignoring=moved)
    if rival:
        return Outlook(has_somebody(member, rival, business), "bad", nearest=near, free=ids)
    if warnings:
        return Outlook(warnings=tuple(warnings), nearest=near, free=ids)
    return Outlook(f"{member.first_name} is free then, until {clock_time(end, business.zone)}.", "good", free=ids)


def has_somebody(member: TeamMember, rival: Appointment, business: Business) -> str:
    """ "Maya has Noa Levi from 10:00 to 10:45." """
    zone = business.zone
    return f"{member.first_name} has {rival.client} from {clock_time(rival.starts, zone)} to {clock_time(rival.ends, zone)}."


def nearest(*, business: Business, members: Sequence[TeamMember], start: datetime, lines: Sequence[Line], now: datetime) -> NearTimes:
    """The three closest free times of `members`, as value of the button `at` and its label. One query, one more when the days around
    are full."""
    minutes_long = sum(line.duration_min for line in lines)
    slots = queries.nearest(business=business, members=members, duration_min=minutes_long, around=start, now=now)
    zone, names = business.zone, {member.pk: member.first_name for member in members}
    return [
        (
            f"{slot.start.astimezone(zone):%Y-%m-%d %H:%M} {slot.member_ids[0]}",
            f"{day_and_time(slot.start, zone)} with {names[slot.member_ids[0]]}",
        )
        for slot in slots
    ]


def _free(business: Business, able: Sequence[TeamMember], start: datetime, length: int, moved: Appointment | None) -> list[TeamMember]:
    day = start.astimezone(business.zone).date()
    diary = queries.diary_of(business=business, members=able, first=day, last=day, ignoring=moved.pk if moved else None)
    return [one for one in able if diary.is_free(one.pk, start=start, duration_min=length)]
