"""Fills the past and the coming four weeks, so that a day looks like a day in a salon."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from config.demo import chance, menu
from config.demo.diary import Diary
from config.demo.house import Salon
from config.demo.shapes import MemberSpec
from core import identifiers
from scheduler.actions import booked_lines
from scheduler.models import Appointment, AppointmentLine
from scheduler.queries import Line

WEEKS = 4
GAP = timedelta(minutes=30)
COUNTED_SINCE = timedelta(days=26)
# How full the coming days are, as a share of the past's: (up to this many days ahead, percent).
AHEAD = ((1, 92), (4, 78), (8, 60), (15, 42), (WEEKS * 7, 22))
LATER = 5  # a day that a later start adds is filled once and for all: like one so many days ahead
ADD_ONS = ("toner", "repair", "fringe", "brows", "manicure")
RECOVERED = (*["link"] * 9, *["reminder"] * 5, *["self"] * 4, *["staff"] * 2)


@dataclass(frozen=True, slots=True)
class _Planned:
    appointment: Appointment
    lines: list[Line]


@dataclass(slots=True)
class _Clients:
    """Whose turn it is: round and round, so that nobody comes daily and nobody twice on one day."""

    names: Sequence[str]
    away: frozenset[str]
    turn: int = 0
    seen: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))

    def next(self, day: date, *, ahead: bool) -> str:
        """The next client who is not in yet on `day`, "" when everybody is."""
        for _ in self.names:
            name = self.names[self.turn % len(self.names)]
            self.turn += 1
            if name not in self.seen[day] and not (ahead and name in self.away):
                self.seen[day].add(name)
                return name
        return ""


def write(salon: Salon, diary: Diary, *, now: datetime) -> list[Appointment]:
    """Appointments of four weeks back and four weeks ahead into what `diary` has free, with their lines. Returns them, unsorted."""
    return _save(list(_Weeks(salon, diary, now).plan()))


def prolong(salon: Salon, diary: Diary, *, filled_until: date, now: datetime) -> list[Appointment]:
    """The days after `filled_until`, up to four weeks ahead, as `write` would; days more than four weeks ago stay empty."""
    return _save(list(_Weeks(salon, diary, now).plan_after(filled_until)))


def _save(planned: Sequence[_Planned]) -> list[Appointment]:
    rows = Appointment.objects.bulk_create(plan.appointment for plan in planned)
    AppointmentLine.objects.bulk_create(line for plan in planned for line in booked_lines(plan.appointment, plan.lines))
    return rows


class _Weeks:
    """The draws for one salon. `what` names a draw: person, days ahead (or the date, where the days ahead would repeat) and time of day."""

    def __init__(self, salon: Salon, diary: Diary, now: datetime) -> None:
        self._salon = salon
        self._diary = diary
        self._now = now
        self._today = now.astimezone(salon.business.zone).date()
        self._keys = {member.first_name: menu.offered(salon, member.first_name) for member in salon.spec.team}
        with_drafts = frozenset(draft.client for draft in salon.spec.drafts)
        self._clients = _Clients(chance.shuffled(salon.spec.slug, list(salon.clients)), with_drafts)

    def plan(self) -> Iterator[_Planned]:
        """Every appointment, day by day."""
        for ahead in range(-7 * WEEKS, 7 * WEEKS + 1):
            yield from self._day(self._today + timedelta(days=ahead), f"{ahead}", ahead)

    def plan_after(self, filled_until: date) -> Iterator[_Planned]:
        """Every appointment after `filled_until`, within four weeks of today."""
        first = max(filled_until + timedelta(days=1), self._today - timedelta(weeks=WEEKS))
        for later in range((self._today + timedelta(weeks=WEEKS) - first).days + 1):
            day = first + timedelta(days=later)
            self._clients.turn = chance.number(f"{day}", len(self._clients.names))
            yield from self._day(day, f"{day}", LATER)

    def _day(self, day: date, key: str, ahead: int) -> Iterator[_Planned]:
        for member in self._salon.spec.team:
            for starts, ends in self._diary.stretches(member.first_name, day):
                yield from self._stretch(
                    member, f"{self._salon.spec.slug}/{member.first_name}/{key}", _fullness(member, ahead), starts, ends
                )

    def _stretch(self, member: MemberSpec, key: str, fullness: int, starts: datetime, ends: datetime) -> Iterator[_Planned]:
        """One person's appointments between `starts` and `ends`, with gaps."""
        name, at = member.first_name, starts
        day = starts.astimezone(self._salon.business.zone).date()
        while at < ends:
            what = f"{key}/{at:%H%M}"
            lines = self._services(what, self._keys[name], int((ends - at).total_seconds() // 60))
            busy = lines and chance.happens(f"{what}/busy", fullness)
            client = self._clients.next(day, ahead=day >= self._today) if busy else ""
            if not client:
                at += GAP
                continue
            yield _Planned(self._appointment(what, name, client, at, lines), lines)
            at += timedelta(minutes=menu.minutes(lines) + 15 * chance.happens(f"{what}/rest", 25))

    def _services(self, what: str, keys: Sequence[str], room_min: int) -> list[Line]:
        """One service that fits into `room_min`, sometimes with a small one after it; none when nothing fits."""
        for attempt in range(6):
            key = chance.one_of(f"{what}/{attempt}", keys)
            chosen = [key]
            extras = [extra for extra in ADD_ONS if extra in keys and extra != key]
            if extras and chance.happens(f"{what}/extra", 22):
                chosen.append(chance.one_of(f"{what}/which", extras))
            for wish in (chosen, chosen[:1]):
                lines = menu.pick(self._salon, wish)
                if menu.minutes(lines) <= room_min:
                    return lines
        return []

    def _appointment(self, what: str, member: str, client: str, start: datetime, lines: list[Line]) -> Appointment:
        person, notes = self._salon.clients[client], self._salon.spec.notes
        ends = start + timedelta(minutes=menu.minutes(lines))
        made = self._made(what, start)
        status = _status(what, over=ends <= self._now)
        online = person.phone_verified_at is not None and chance.happens(f"{what}/online", 70)
        won_back = online and status == Appointment.Status.COMPLETED and self._is_won_back(what, made)
        return Appointment(
            business=self._salon.business,
            client=person,
            team_member=self._salon.members[member],
            starts=start,
            ends=ends,
            status=status,
            note=chance.one_of(what, notes) if chance.happens(f"{what}/note", 12) else "",
            source=Appointment.Source.ONLINE if online else Appointment.Source.STAFF,
            confirm_key=identifiers.new_uuid(),
            draft_id=identifiers.new_draft_id() if won_back else "",
            engagement=1 if won_back else None,
            recovered=chance.one_of(what, RECOVERED) if won_back else Appointment.Recovered.NOT,
            created_at=made,
            cancelled_at=made + (min(start, self._now) - made) / 2 if status == Appointment.Status.CANCELLED else None,
        )

    def _made(self, what: str, start: datetime) -> datetime:
        """When it was booked: some days before its start, and not in the future."""
        early = start - timedelta(hours=20 + chance.number(f"{what}/made", 400))
        return min(early, self._now - timedelta(minutes=15 + chance.number(what, 3000)))

    def _is_won_back(self, what: str, made: datetime) -> bool:
        yesterday = made.astimezone(self._salon.business.zone).date() < self._today
        return yesterday and made > self._now - COUNTED_SINCE and chance.happens(f"{what}/recovered", 24)


def _fullness(member: MemberSpec, ahead: int) -> int:
    """In percent: as in the past until today, then less and less."""
    share = 100 if ahead <= 0 else next(share for days, share in AHEAD if ahead <= days)
    return member.busy_percent * share // 100


def _status(what: str, *, over: bool) -> Appointment.Status:
    roll = chance.number(f"{what}/status", 100)
    if roll < 6:
        return Appointment.Status.CANCELLED
    if not over:
        return Appointment.Status.BOOKED
    return Appointment.Status.NO_SHOW if roll < 10 else Appointment.Status.COMPLETED
