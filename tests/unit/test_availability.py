"""Free times against a slow obvious oracle, clock changes included (promises F15)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.availability import Busy, Diary, Interval, Stretch, free_starts, is_free, merged, moment, subtract, work_intervals

SYDNEY = ZoneInfo("Australia/Sydney")
NEW_YORK = ZoneInfo("America/New_York")
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))

# Days around every kind of clock change, and plain ones.
PLACES = [
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/London", date(2027, 3, 28)),
    ("Australia/Sydney", date(2027, 10, 3)),
    ("Australia/Sydney", date(2026, 11, 25)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("America/Santiago", date(2027, 9, 5)),
    ("Africa/Casablanca", date(2027, 2, 7)),
    ("Asia/Kathmandu", date(2026, 11, 25)),
]


TICK = timedelta(minutes=5)


@lru_cache
def _first_seen(day: date, zone: ZoneInfo) -> dict[datetime, datetime]:
    """What the wall clock shows every five minutes around `day`, with the moment it shows it for the first time."""
    seen: dict[datetime, datetime] = {}
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(hours=30)
    for _ in range(60 * 12):
        seen.setdefault(at.astimezone(zone).replace(tzinfo=None), at)
        at += TICK
    return seen


def _ticks(start: datetime, end: datetime) -> set[datetime]:
    return {start + number * TICK for number in range(max(0, (end - start) // TICK))}


def _oracle(day: date, zone: ZoneInfo, hours: list[Stretch], busy: list[Interval], *, duration: int, step: int) -> list[datetime]:
    """Colour in every five minutes that is worked and free; a start is a wall-clock time on the grid, seen for the first time, whose every
    five minutes are coloured."""
    seen = _first_seen(day, zone)

    def began(wall: time) -> datetime:
        return min(at for known, at in seen.items() if known >= datetime.combine(day, wall))

    def worked(*, is_break: bool) -> set[datetime]:
        rows = [row for row in hours if row.weekday == day.weekday() and row.is_break == is_break]
        return set().union(*(_ticks(began(row.starts), began(row.ends)) for row in rows))

    good = worked(is_break=False) - worked(is_break=True) - set().union(*(_ticks(*one) for one in busy))
    on_grid = (at for wall, at in seen.items() if wall.date() == day and (wall.hour * 60 + wall.minute) % step == 0)
    return sorted(at for at in on_grid if _ticks(at, at + timedelta(minutes=duration)) <= good)


minutes_of_day = st.integers(0, 287).map(lambda five: time(five * 5 // 60, five * 5 % 60))


@st.composite
def situations(draw):
    name, day = draw(st.sampled_from(PLACES))
    zone = ZoneInfo(name)
    hours = []
    for _ in range(draw(st.integers(1, 4))):
        a, b = sorted(draw(st.tuples(minutes_of_day, minutes_of_day).filter(lambda pair: pair[0] != pair[1])))
        weekday = draw(st.sampled_from([day.weekday(), day.weekday(), day.weekday(), (day.weekday() + 1) % 7]))
        hours.append(Stretch(weekday, a, b, draw(st.booleans()) and bool(hours)))
    base = moment(day, time(0), zone)
    busy = []
    for _ in range(draw(st.integers(0, 4))):
        start = base + timedelta(minutes=5 * draw(st.integers(-24, 300)))
        busy.append(Interval(start, start + timedelta(minutes=5 * draw(st.integers(1, 48)))))
    return day, zone, hours, busy, draw(st.sampled_from([5, 15, 45, 60, 120])), draw(st.sampled_from([5, 10, 15, 25, 30, 45, 60]))


@settings(deadline=None)
@given(situations())
def test_free_starts_equal_the_oracle(situation):
    day, zone, hours, busy, duration, step = situation
    work = work_intervals(day=day, hours=hours, zone=zone)
    found = free_starts(work=work, busy=busy, duration_min=duration, step_min=step, earliest=ALWAYS[0], latest=ALWAYS[1], zone=zone)
    assert found == _oracle(day, zone, hours, busy, duration=duration, step=step)
    assert all(is_free(work=work, busy=busy, start=start, duration_min=duration) for start in found)


@settings(deadline=None)
@given(situations(), st.integers(-60, 1500), st.integers(-60, 1500))
def test_notice_and_horizon_only_cut_the_ends_off(situation, from_minute, to_minute):
    day, zone, hours, busy, duration, step = situation
    work = work_intervals(day=day, hours=hours, zone=zone)
    earliest, latest = (moment(day, time(0), zone) + timedelta(minutes=minute) for minute in (from_minute, to_minute))
    everything = free_starts(work=work, busy=busy, duration_min=duration, step_min=step, earliest=ALWAYS[0], latest=ALWAYS[1], zone=zone)
    cut = free_starts(work=work, busy=busy, duration_min=duration, step_min=step, earliest=earliest, latest=latest, zone=zone)
    assert cut == [start for start in everything if earliest <= start <= latest]


moments = st.integers(0, 40).map(lambda number: datetime(2026, 11, 25, tzinfo=UTC) + number * TICK)
intervals = st.tuples(moments, st.integers(1, 18)).map(lambda pair: Interval(pair[0], pair[0] + pair[1] * TICK))


def _minutes(stretches: list[Interval]) -> set[datetime]:
    return set().union(*(_ticks(*one) for one in stretches))


@given(st.lists(intervals, max_size=6), st.lists(intervals, max_size=6))
def test_subtract_keeps_exactly_the_minutes_not_taken(work, busy):
    left = subtract(work, busy)
    assert _minutes(left) == _minutes(work) - _minutes(busy)
    assert all(one.start < one.end for one in left)
    assert left == sorted(left)
    assert all(a.end <= b.start for a, b in pairwise(left))


@given(st.lists(intervals, max_size=6))
def test_merged_neither_overlap_nor_touch(given_intervals):
    joined = merged(given_intervals)
    assert _minutes(joined) == _minutes(given_intervals)
    assert all(a.end < b.start for a, b in pairwise(joined))


def _offered(zone_name: str, day: date, step: int = 15) -> list[str]:
    zone = ZoneInfo(zone_name)
    work = work_intervals(day=day, hours=[Stretch(day.weekday(), time(0), time(5))], zone=zone)
    starts = free_starts(work=work, busy=[], duration_min=15, step_min=step, earliest=ALWAYS[0], latest=ALWAYS[1], zone=zone)
    return [start.astimezone(zone).strftime("%H:%M") for start in starts]


@pytest.mark.parametrize(
    ("zone", "day", "missing", "there"),
    [
        ("America/New_York", date(2027, 3, 14), "02:30", "03:00"),
        ("Europe/London", date(2027, 3, 28), "01:30", "02:00"),
        ("Australia/Sydney", date(2027, 10, 3), "02:30", "03:00"),
        ("Australia/Lord_Howe", date(2027, 10, 3), "02:15", "02:30"),
        ("America/Santiago", date(2027, 9, 5), "00:30", "01:00"),
    ],
)
def test_a_time_that_does_not_exist_is_not_offered(zone, day, missing, there):
    offered = _offered(zone, day)
    assert missing not in offered
    assert there in offered


@pytest.mark.parametrize(
    ("zone", "day", "twice"), [("America/New_York", date(2026, 11, 1), "01:30"), ("Africa/Casablanca", date(2027, 2, 7), "02:30")]
)
def test_a_time_that_exists_twice_is_offered_once(zone, day, twice):
    assert _offered(zone, day).count(twice) == 1


def test_hours_that_begin_in_the_gap_begin_at_the_change():
    day = date(2027, 3, 14)
    (work,) = work_intervals(day=day, hours=[Stretch(6, time(2, 30), time(5))], zone=NEW_YORK)
    assert work.start.astimezone(NEW_YORK).strftime("%H:%M") == "03:00"


def test_an_appointment_across_the_change_lasts_its_real_minutes():
    day = date(2027, 3, 14)
    work = work_intervals(day=day, hours=[Stretch(6, time(1), time(4))], zone=NEW_YORK)
    starts = free_starts(work=work, busy=[], duration_min=120, step_min=60, earliest=ALWAYS[0], latest=ALWAYS[1], zone=NEW_YORK)
    assert [start.astimezone(NEW_YORK).strftime("%H:%M") for start in starts] == ["01:00"]


def test_several_services_need_one_stretch_without_a_break():
    hours = [Stretch(2, time(9), time(17)), Stretch(2, time(12, 30), time(13), True)]
    diary = Diary(zone=SYDNEY, step_min=15, first=date(2026, 11, 25), last=date(2026, 11, 25), hours={1: hours}, busy={})
    starts = diary.starts(1, date(2026, 11, 25), duration_min=75, earliest=ALWAYS[0], latest=ALWAYS[1])
    local = [start.astimezone(SYDNEY).strftime("%H:%M") for start in starts]
    assert local[0] == "09:00"
    assert "11:15" in local
    assert "11:30" not in local
    assert "13:00" in local
    assert local[-1] == "15:45"


def test_a_diary_counts_time_off_over_several_days_on_each_of_them():
    away = Busy(datetime(2026, 11, 23, 0, tzinfo=UTC), datetime(2026, 11, 26, 0, tzinfo=UTC), is_appointment=False)
    hours = [Stretch(weekday, time(9), time(17)) for weekday in range(7)]
    first, last = date(2026, 11, 22), date(2026, 11, 28)
    diary = Diary(zone=ZoneInfo("UTC"), step_min=60, first=first, last=last, hours={1: hours}, busy={1: [away]})
    ask = {"duration_min": 60, "earliest": ALWAYS[0], "latest": ALWAYS[1]}
    days = [first + timedelta(days=n) for n in range(7)]
    assert [len(diary.slots(day, **ask)) for day in days] == [8, 0, 0, 0, 8, 8, 8]
    assert [diary.has_slots(day, **ask) for day in days] == [True, False, False, False, True, True, True]
    assert diary.booked_minutes(1, date(2026, 11, 24)) == 0
