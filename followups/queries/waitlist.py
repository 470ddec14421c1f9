"""The Waitlist tab: who waits for a time, for what, when, and which times are open for them now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from business.models import Business, TeamMember
from followups.queries.cards import CardLine
from scheduler import queries as appointments
from scheduler.availability import Diary
from scheduler.models import WaitlistEntry, WaitlistWindow

OPENINGS_SHOWN = 3
APART = timedelta(hours=1)
DAYS_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Opening:
    """A free time within an entry's windows, and who is free then."""

    start: datetime
    member: TeamMember

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.start:%Y-%m-%dT%H:%M}Z"


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything `_waitlist_card.html` shows; `openings` are up to three, the first and others well apart from it: none, unless all the
    client waits for is `offered` as they want it.
    """

    row: WaitlistEntry
    lines: tuple[CardLine, ...]
    openings: tuple[Opening, ...]
    duration_min: int

    @property
    def offered(self) -> bool:
        return all(line.offered for line in self.lines)


def entries_count(*, business: Business) -> int:
    """How many wait."""
    return WaitlistEntry.objects.filter(business=business, closed_at=None).count()


def entries(*, business: Business, now: datetime) -> list[Entry]:
    """Open entries, longest waiting first. About ten queries, however many entries."""
    return _with_openings(business, list(_open(business)), now=now)


def find(*, business: Business, pk: int, now: datetime) -> Entry | None:
    """One open entry of this business."""
    return next(iter(_with_openings(business, list(_open(business).filter(pk=pk)), now=now)), None)


def _open(business: Business) -> QuerySet[WaitlistEntry]:
    rows = WaitlistEntry.objects.filter(business=business, closed_at=None).select_related("client", "team_member", "business")
    return rows.prefetch_related("lines__service__variants", "lines__variant", "windows").order_by("created_at", "id")


def _with_openings(business: Business, rows: Sequence[WaitlistEntry], *, now: datetime) -> list[Entry]:
    if not rows:
        return []
    finder = _Finder(business, now=now)
    return [_entry(row, finder) for row in rows]


def _entry(row: WaitlistEntry, finder: "_Finder") -> Entry:
    lines = tuple(
        CardLine(line.service.name, line.variant.name if line.variant else "", appointments.is_offered(line.service, line.variant_id))
        for line in row.lines.all()
    )
    return Entry(row, lines, tuple(finder.openings(row, lines)), duration_of(row))


def duration_of(entry: WaitlistEntry) -> int:
    """Minutes of everything the client waits for, as today's catalogue has it."""
    return sum((line.variant or line.service).duration_min for line in entry.lines.all())


class _Finder:
    """Everyone's free times over all windows that still lie ahead. Three queries."""

    def __init__(self, business: Business, *, now: datetime) -> None:
        self._zone = business.zone
        self._earliest = now
        opens, closes = appointments.bookable_days(business, now=now)
        self._first, self._last = opens, min(closes, opens + timedelta(days=DAYS_LOOKED_AT))
        team = TeamMember.objects.filter(business=business, bookable=True, archived_at=None).prefetch_related("services")
        self._members = {member.pk: member for member in team}
        self._skills = {member.pk: {service.pk for service in member.services.all()} for member in self._members.values()}
        self._diary: Diary = appointments.diary_of(
            business=business, members=list(self._members.values()), first=self._first, last=self._last
        )

    def openings(self, entry: WaitlistEntry, lines: Sequence[CardLine]) -> list[Opening]:
        """A few free times that suit this entry: the first one, then others at least an hour later, so that there is a choice."""
        services = {line.service_id for line in entry.lines.all()}
        able = [pk for pk, skills in self._skills.items() if services <= skills and entry.team_member_id in (None, pk)]
        minutes = duration_of(entry)
        found: dict[datetime, Opening] = {}
        if not all(line.offered for line in lines) or not able or not minutes:
            return []
        for day, window in self._days(entry):
            for pk in able:
                for start in self._diary.starts(pk, day, duration_min=minutes, earliest=self._earliest, latest=self._edge(day)):
                    if _suits(window, start.astimezone(self._zone)) and start not in found:
                        found[start] = Opening(start, self._members[pk])
            if len(_spread(found)) == OPENINGS_SHOWN:
                break
        chosen = _spread(found)
        near = [start for start in sorted(found) if start not in chosen]
        return [found[start] for start in sorted([*chosen, *near][:OPENINGS_SHOWN])]

    def _days(self, entry: WaitlistEntry) -> Iterator[tuple[date, WaitlistWindow]]:
        pairs = [
            (day, window)
            for window in entry.windows.all()
            for day in _between(max(window.first_day, self._first), min(window.last_day, self._last))
        ]
        return iter(sorted(pairs, key=lambda pair: pair[0]))

    def _edge(self, day: date) -> datetime:
        return self._earliest + timedelta(days=(day - self._first).days + 2)


def _between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _suits(window: WaitlistWindow, local: datetime) -> bool:
    """Whether a visit may begin then: from the first hour on and before the last one, as the client read it ("Before 12:00")."""
    return (window.from_time is None or local.time() >= window.from_time) and (window.to_time is None or local.time() < window.to_time)


def _spread(starts: Iterable[datetime]) -> list[datetime]:
    """The first of `starts`, and up to two more, each at least an hour after the one before."""
    chosen: list[datetime] = []
    for start in sorted(starts):
        if len(chosen) < OPENINGS_SHOWN and (not chosen or start - chosen[-1] >= APART):
            chosen.append(start)
    return chosen
