"""The staff's day: a lane per team member with what happens when, in places of a grid of five-minute rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from business.models import Business, TeamMember
from scheduler import availability
from scheduler.availability import Diary, Interval
from scheduler.models import Appointment, TimeOff
from scheduler.queries.times import NOT_TAKING_TIME, diary_of

ROW_MIN = 5
ROWS_AN_HOUR = 60 // ROW_MIN
USUAL_HOURS = (9, 17)
TINTS = 6
_LONG_AGO, _FAR_AWAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the grid: hour and row of the start on the wall clock, and how many hours and rows it is long."""

    hour: int
    row: int
    hours: int
    rows: int

    @property
    def classes(self) -> str:
        """The names of day.css that put it there."""
        return f"h-{self.hour} m-{self.row} lh-{self.hours} lm-{self.rows}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment, or a free time when `appointment` is None."""

    place: Place
    start: datetime
    end: datetime
    appointment: Appointment | None = None
    state: str = ""

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class Lane:
    """One team member's day."""

    member: TeamMember
    tint: int
    works: list[Place]
    away: list[tuple[Place, str]]
    entries: list[Entry]

    @property
    def booked(self) -> int:
        return sum(entry.appointment is not None for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Day:
    """The whole page: from `first_hour` to `last_hour` on the wall clock; `now` is the place of the present, None on other days."""

    day: date
    lanes: list[Lane]
    others: list[Appointment]
    first_hour: int
    last_hour: int
    now: Place | None
    past: Place | None
    hours: list[int] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        """Nobody works and nothing is booked."""
        return not any(lane.works or lane.booked for lane in self.lanes)


def day_of(*, business: Business, team: Sequence[TeamMember], members: Sequence[TeamMember], day: date, now: datetime) -> Day:
    """What `members` do on `day`; `team` gives each their tint. Four queries, whatever the numbers."""
    diary = diary_of(business=business, members=members, first=day, last=day)
    appointments = _appointments(business, members, day)
    reasons = _reasons(members, day, business)
    tints = {member.pk: place % TINTS for place, member in enumerate(team)}
    board = _Board(business, day)
    lanes = [
        Lane(
            member=member,
            tint=tints.get(member.pk, 0),
            works=board.places(diary.work(member.pk, day)),
            away=[*_breaks(board, diary, member, day), *((board.place(one), words) for one, words in reasons.get(member.pk, []))],
            entries=_entries(board, diary, member, appointments, now=now),
        )
        for member in members
    ]
    lanes.sort(key=lambda lane: not (lane.works or lane.booked))  # who is away stands last
    others = [one for one in appointments if one.status in NOT_TAKING_TIME]
    first, last = _span(lanes)
    present, past = _present(board, first, last, now=now)
    return Day(day, lanes, others, first, last, present, past, list(range(first, last)))


class _Board:
    """Turns moments of one day into places."""

    def __init__(self, business: Business, day: date) -> None:
        self.zone, self.day = business.zone, day
        self.start = availability.midnight(day, self.zone)
        self.end = availability.midnight(day + timedelta(days=1), self.zone)

    def place(self, span: Interval) -> Place:
        """Starts are rounded down and ends up to whole rows; what reaches beyond the day is cut."""
        first = self._minute(max(span.start, self.start)) // ROW_MIN
        last = 24 * 60 // ROW_MIN if span.end >= self.end else -(-self._minute(span.end) // ROW_MIN)
        hours, rows = divmod(max(1, last - first), ROWS_AN_HOUR)
        return Place(*divmod(first, ROWS_AN_HOUR), hours, rows)

    def places(self, spans: Iterable[Interval]) -> list[Place]:
        return [self.place(span) for span in spans]

    def _minute(self, moment: datetime) -> int:
        local = moment.astimezone(self.zone)
        return local.hour * 60 + local.minute


def _appointments(business: Business, members: Sequence[TeamMember], day: date) -> list[Appointment]:
    start, end = availability.midnight(day, business.zone), availability.midnight(day + timedelta(days=1), business.zone)
    rows = Appointment.objects.filter(business=business, team_member__in=members, starts__lt=end, ends__gt=start)
    return list(rows.select_related("client", "team_member").prefetch_related("lines").order_by("starts", "id"))


def _reasons(members: Sequence[TeamMember], day: date, business: Business) -> dict[int, list[tuple[Interval, str]]]:
    start, end = availability.midnight(day, business.zone), availability.midnight(day + timedelta(days=1), business.zone)
    found: dict[int, list[tuple[Interval, str]]] = {}
    for row in TimeOff.objects.filter(team_member__in=members, starts__lt=end, ends__gt=start):
        found.setdefault(row.team_member_id, []).append((Interval(row.starts, row.ends), row.reason or "Time off"))
    return found


def _breaks(board: _Board, diary: Diary, member: TeamMember, day: date) -> list[tuple[Place, str]]:
    work = diary.work(member.pk, day)
    return [(board.place(Interval(one.end, other.start)), "Break") for one, other in pairwise(work)]


def _entries(board: _Board, diary: Diary, member: TeamMember, appointments: Sequence[Appointment], *, now: datetime) -> list[Entry]:
    mine = [one for one in appointments if one.team_member_id == member.pk and one.status not in NOT_TAKING_TIME]
    entries = [Entry(board.place(Interval(one.starts, one.ends)), one.starts, one.ends, one, _state(one, now=now)) for one in mine]
    step = timedelta(minutes=diary.step_min)
    starts = diary.starts(member.pk, board.day, duration_min=diary.step_min, earliest=max(now, _LONG_AGO), latest=_FAR_AWAY)
    entries += [Entry(board.place(Interval(start, start + step)), start, start + step) for start in starts]
    return sorted(entries, key=lambda entry: entry.start)


def _state(appointment: Appointment, *, now: datetime) -> str:
    """In one word what staff want to know: "done", "now", "online" or "booked"."""
    if appointment.status == Appointment.Status.COMPLETED or appointment.ends <= now:
        return "done"
    if appointment.starts <= now:
        return "now"
    return "online" if appointment.source == Appointment.Source.ONLINE else "booked"


def _span(lanes: Sequence[Lane]) -> tuple[int, int]:
    places = [place for lane in lanes for place in (*lane.works, *(entry.place for entry in lane.entries))]
    if not places:
        return USUAL_HOURS
    ends = ((place.hour + place.hours) * ROWS_AN_HOUR + place.row + place.rows for place in places)
    return min(place.hour for place in places), min(24, -(-max(ends) // ROWS_AN_HOUR))


def _present(board: _Board, first: int, last: int, *, now: datetime) -> tuple[Place | None, Place | None]:
    """The place of the now line, and the past to hatch."""
    whole = Place(first, 0, last - first, 0)
    if now >= board.end:
        return None, whole
    if now < board.start:
        return None, None
    here = board.place(Interval(now, now + timedelta(minutes=1)))
    gone = (here.hour - first) * ROWS_AN_HOUR + here.row
    inside = first <= here.hour < last
    if gone <= 0:
        return (here if inside else None), None
    return (here, Place(first, 0, *divmod(gone, ROWS_AN_HOUR))) if inside else (None, whole)
