"""Which times are free: plain Python over intervals of UTC moments. The calendar days and hours of the day are the business's own.

Clock changes (promises F15): a time of day that does not exist on a day is not offered; one that exists twice is offered once, the first.
Starts lie on a grid counted from midnight on the wall clock, so that all members of a business offer the same times.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60


class Interval(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime


class Stretch(NamedTuple):
    """A row of working hours: a weekday (0 is Monday) and times of day on the wall clock; a break is taken out of the rest."""

    weekday: int
    starts: time
    ends: time
    is_break: bool = False


class Busy(NamedTuple):
    """What fills a member's time: an appointment or time off."""

    start: datetime
    end: datetime
    is_appointment: bool = True


class Slot(NamedTuple):
    """A time at which somebody is free, and who, in the order of the members asked for."""

    start: datetime
    member_ids: tuple[int, ...]


def free_starts(
    *,
    work: Sequence[Interval],
    busy: Sequence[Interval],
    duration_min: int,
    step_min: int,
    earliest: datetime,
    latest: datetime,
    zone: ZoneInfo,
) -> list[datetime]:
    """The moments on the grid of `step_min` minutes, from `earliest` to `latest` (both included), at which `duration_min` minutes fit
    into `work` without touching `busy`. Ascending, UTC.
    """
    duration = timedelta(minutes=duration_min)
    found: list[datetime] = []
    for gap in subtract(work, busy):
        first, last = max(gap.start, earliest), min(gap.end - duration, latest)
        if first > last:
            continue
        day = first.astimezone(zone).date()
        while True:
            starts = _grid(day, step_min, zone)
            found += starts[bisect_left(starts, first) : bisect_right(starts, last)]
            day += timedelta(days=1)
            if midnight(day, zone) > last:
                break
    return found


def is_free(*, work: Sequence[Interval], busy: Sequence[Interval], start: datetime, duration_min: int) -> bool:
    """Whether `duration_min` minutes from `start` fit into `work` without touching `busy`, on the grid or beside it."""
    end = start + timedelta(minutes=duration_min)
    return any(gap.start <= start and end <= gap.end for gap in subtract(work, busy))


def work_intervals(*, day: date, hours: Iterable[Stretch], zone: ZoneInfo) -> list[Interval]:
    """The stretches worked on `day`, breaks taken out, joined where they touch. Rows of other weekdays are ignored.

    A boundary that does not exist that day is the moment of the change, one that exists twice the first of the two.
    """
    weekday = day.weekday()
    work: list[Interval] = []
    breaks: list[Interval] = []
    for row in hours:
        if row.weekday == weekday:
            start, end = moment(day, row.starts, zone), moment(day, row.ends, zone)
            if start < end:
                (breaks if row.is_break else work).append(Interval(start, end))
    return subtract(work, breaks)


def subtract(work: Sequence[Interval], busy: Sequence[Interval]) -> list[Interval]:
    """What is left of `work` (any order, overlaps allowed) when every stretch of `busy` is taken out; ascending, never empty stretches."""
    left: list[Interval] = []
    taken = sorted(busy)
    place = 0
    for start, end in merged(work):
        free_from = start
        while place < len(taken) and taken[place].end <= start:
            place += 1
        at = place
        while at < len(taken) and taken[at].start < end:
            if taken[at].start > free_from:
                left.append(Interval(free_from, taken[at].start))
            free_from = max(free_from, taken[at].end)
            at += 1
        if free_from < end:
            left.append(Interval(free_from, end))
    return left


def merged(intervals: Sequence[Interval]) -> list[Interval]:
    """The same time as stretches in order that neither overlap nor touch."""
    joined: list[Interval] = []
    for interval in sorted(intervals):
        if joined and interval.start <= joined[-1].end:
            if interval.end > joined[-1].end:
                joined[-1] = Interval(joined[-1].start, interval.end)
        else:
            joined.append(interval)
    return joined


@lru_cache(maxsize=4096)
def moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC moment at which clocks in `zone` show `wall` on `day`: the first one if there are two, the change itself if there is none."""
    local = datetime.combine(day, wall)
    first = local.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    # The gap: read with the later offset, `local` lies before the change; read with the earlier one, after it.
    before, after = local.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC moment `day` begins in `zone`."""
    return moment(day, time(0), zone)


@lru_cache(maxsize=1024)
def _grid(day: date, step_min: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every `step_min` minutes of the wall clock of `day` that exists, as UTC; of two that look alike the first."""
    starts = []
    for minute in range(0, MINUTES_A_DAY, step_min):
        local = datetime.combine(day, time(minute // 60, minute % 60))
        utc = local.replace(tzinfo=zone).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == local:
            starts.append(utc)
    return tuple(starts)


class Diary:
    """Hours and busy times of some members (by id) from `first` to `last`: the answer to every question about their free times.

    Keeps what it is given by day, so that a month costs one look at each row.
    """

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        step_min: int,
        first: date,
        last: date,
        hours: Mapping[int, Iterable[Stretch]],
        busy: Mapping[int, Iterable[Busy]],
    ) -> None:
        self.zone, self.step_min, self.first = zone, step_min, first
        self._edges = [midnight(first + timedelta(days=offset), zone) for offset in range((last - first).days + 2)]
        self._hours = {pk: tuple(rows) for pk, rows in hours.items()}
        self._busy: dict[tuple[int, int], list[Busy]] = {}
        for pk, rows in busy.items():
            for row in rows:
                self._keep(pk, row)

    def _keep(self, pk: int, row: Busy) -> None:
        at = max(0, bisect_right(self._edges, row.start) - 1)
        while at < len(self._edges) - 1 and self._edges[at] < row.end:
            self._busy.setdefault((pk, at), []).append(row)
            at += 1

    def work(self, member_id: int, day: date) -> list[Interval]:
        """When the member works that day, breaks taken out."""
        return work_intervals(day=day, hours=self._hours[member_id], zone=self.zone)

    def busy(self, member_id: int, day: date) -> list[Busy]:
        """The appointments and the time off that touch that day."""
        return self._busy.get((member_id, (day - self.first).days), [])

    def booked_minutes(self, member_id: int, day: date) -> int:
        """How many minutes of appointments touch that day."""
        booked = (row.end - row.start for row in self.busy(member_id, day) if row.is_appointment)
        return int(sum(booked, timedelta()).total_seconds()) // 60

    def starts(self, member_id: int, day: date, *, duration_min: int, earliest: datetime, latest: datetime) -> list[datetime]:
        """The member's free starts that day, as free_starts gives them."""
        work = self.work(member_id, day)
        if not work or work[-1].end <= earliest or work[0].start > latest:
            return []
        return free_starts(
            work=work,
            busy=[Interval(row.start, row.end) for row in self.busy(member_id, day)],
            duration_min=duration_min,
            step_min=self.step_min,
            earliest=earliest,
            latest=latest,
            zone=self.zone,
        )

    def slots(self, day: date, *, duration_min: int, earliest: datetime, latest: datetime) -> list[Slot]:
        """The free starts of all members that day, ascending, each with those who could do it."""
        who: dict[datetime, list[int]] = {}
        for pk in self._hours:
            for start in self.starts(pk, day, duration_min=duration_min, earliest=earliest, latest=latest):
                who.setdefault(start, []).append(pk)
        return [Slot(start, tuple(who[start])) for start in sorted(who)]

    def has_slots(self, day: date, *, duration_min: int, earliest: datetime, latest: datetime) -> bool:
        """Whether `slots` would have any."""
        return any(self.starts(pk, day, duration_min=duration_min, earliest=earliest, latest=latest) for pk in self._hours)

    def is_free(self, member_id: int, *, start: datetime, duration_min: int) -> bool:
        """Whether the member works and has nothing else from `start` on for `duration_min` minutes."""
        day = start.astimezone(self.zone).date()
        busy = [Interval(row.start, row.end) for row in self.busy(member_id, day)]
        return is_free(work=self.work(member_id, day), busy=busy, start=start, duration_min=duration_min)
