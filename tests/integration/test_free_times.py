"""Free times and today's catalogue from the database: right, in few queries whatever the numbers, and of one business only."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from business.models import Business, Service, TeamMember, Variant, WorkingHours
from core import identifiers
from scheduler import queries
from scheduler.models import Appointment, TimeOff
from tests.world import NOW, World

WEDNESDAY = date(2026, 11, 25)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Sydney's time of day as UTC (UTC+11 in November)."""
    return datetime.combine(day, time(hour, minute), UTC) - timedelta(hours=11)


def appointment(world: World, member: TeamMember, start: datetime, minutes: int = 45, **more) -> Appointment:
    fixed = {"client": world.mia, "confirm_key": identifiers.new_uuid(), "source": "online", "created_at": NOW}
    end = start + timedelta(minutes=minutes)
    return Appointment.objects.create(business=member.business, team_member=member, starts=start, ends=end, **(fixed | more))


def times(slots: list[queries.Slot]) -> list[str]:
    return [(slot.start + timedelta(hours=11)).strftime("%H:%M") for slot in slots]


def slots(world: World, members: list[TeamMember], minutes: int = 45, day: date = WEDNESDAY, now: datetime = NOW) -> list[queries.Slot]:
    return queries.day_slots(business=world.bella, members=members, duration_min=minutes, day=day, now=now)


def test_day_slots_leave_out_breaks_appointments_and_time_off(world):
    appointment(world, world.maya, at(WEDNESDAY, 10), 45)
    TimeOff.objects.create(team_member=world.maya, starts=at(WEDNESDAY, 14), ends=at(WEDNESDAY, 16, 30))
    expected = ["10:45", "11:00", "11:15", "11:30", "11:45", "13:00", "13:15"]
    assert times(slots(world, [world.maya])) == expected


def test_cancelled_and_missed_appointments_take_no_time(world):
    before = slots(world, [world.maya])
    appointment(world, world.maya, at(WEDNESDAY, 11), status="cancelled")
    appointment(world, world.maya, at(WEDNESDAY, 11), status="no_show")
    assert slots(world, [world.maya]) == before


@pytest.mark.s("S15")
def test_each_slot_names_who_is_free(world):
    appointment(world, world.maya, at(WEDNESDAY, 11), 60)
    by_time = dict(zip(times(found := slots(world, [world.maya, world.tom_member])), found, strict=True))
    assert by_time["11:00"].member_ids == (world.tom_member.pk,)
    assert by_time["13:00"].member_ids == (world.maya.pk, world.tom_member.pk)


def test_appointments_of_the_evening_before_and_of_others_do_not_matter(world):
    before = slots(world, [world.maya])
    appointment(world, world.tom_member, at(WEDNESDAY, 11))
    appointment(world, world.maya, at(WEDNESDAY - timedelta(days=1), 16))
    assert slots(world, [world.maya]) == before


def test_minimum_notice_and_horizon(world):
    assert times(slots(world, [world.maya], now=NOW + timedelta(minutes=1)))[0] == "10:15"
    last = WEDNESDAY + timedelta(days=60)
    world.bella.horizon_days = 60
    day_before_last, behind = last - timedelta(days=(last.weekday() == 6)), last + timedelta(days=2)
    assert slots(world, [world.maya], day=day_before_last)
    assert slots(world, [world.maya], day=behind) == []
    assert slots(world, [world.maya], day=date(9999, 12, 31)) == slots(world, [world.maya], day=date(1, 1, 1)) == []


def test_next_open_day_skips_full_and_free_days_off(world):
    saturday = date(2026, 11, 28)
    appointment(world, world.maya, at(date(2026, 11, 30), 9), 8 * 60)
    find = {"business": world.bella, "members": [world.maya], "duration_min": 45, "now": NOW}
    assert queries.next_open_day(after=saturday, **find) == date(2026, 12, 1)
    assert queries.next_open_day(after=date(2027, 1, 23), **find) is None
    WorkingHours.objects.all().delete()
    assert queries.next_open_day(after=saturday, **find) is None


@pytest.mark.parametrize(("hour", "day"), [(10, WEDNESDAY), (16, WEDNESDAY), (3, date(2026, 11, 29)), (12, date(2026, 12, 30))])
def test_nearest_agrees_with_looking_everywhere(world, hour, day):
    appointment(world, world.maya, at(day, hour), 60)
    around = at(day, hour)
    found = queries.nearest(business=world.bella, members=[world.maya], duration_min=45, around=around, now=NOW)
    everywhere = [slot for offset in range(61) for slot in slots(world, [world.maya], day=WEDNESDAY + timedelta(days=offset))]
    best = sorted(everywhere, key=lambda slot: (abs(slot.start - around), slot.start))[:3]
    assert found == sorted(best)


@pytest.mark.parametrize("around", [datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)])
def test_nearest_to_a_time_far_away_stays_within_the_horizon(world, around):
    found = queries.nearest(business=world.bella, members=[world.maya], duration_min=45, around=around, now=NOW)
    assert len(found) == 3


def test_free_members_least_booked_first(world):
    appointment(world, world.maya, at(WEDNESDAY, 9), 30)
    ask = {"business": world.bella, "members": [world.maya, world.tom_member], "duration_min": 45, "now": NOW}
    assert queries.free_members(start=at(WEDNESDAY, 11), **ask) == [world.tom_member, world.maya]
    assert queries.free_members(start=at(WEDNESDAY, 12), **ask) == []
    assert queries.is_free(start=at(WEDNESDAY, 11), **ask)
    assert not queries.is_free(start=datetime(9999, 12, 31, 23, tzinfo=UTC), **ask)


def _many(world: World, number: int) -> list[TeamMember]:
    days = (WEDNESDAY + timedelta(days=offset) for offset in count())
    made = 0
    while made < number:
        day = next(days)
        for quarter in range(min(number - made, 32)):
            appointment(world, world.maya, at(day, 9) + timedelta(minutes=15 * quarter), 15)
            made += 1
    return [world.maya]


@pytest.mark.parametrize("booked", [1, 200])
def test_one_query_with_one_and_with_many_appointments_and_members(world, booked, django_assert_num_queries):
    _many(world, booked)
    extra = TeamMember.objects.bulk_create(
        TeamMember(business=world.bella, first_name=f"Extra {n}", bookable=True) for n in range(8 if booked > 1 else 0)
    )
    ask = {"business": world.bella, "members": [world.maya, world.tom_member, *extra], "duration_min": 45, "now": NOW}
    with django_assert_num_queries(1):
        queries.day_slots(day=WEDNESDAY, **ask)
    with django_assert_num_queries(1):
        queries.next_open_day(after=WEDNESDAY, **ask)
    with django_assert_num_queries(1):
        queries.nearest(around=at(WEDNESDAY, 11), **ask)
    with django_assert_num_queries(1):
        queries.free_members(start=at(WEDNESDAY, 16), **ask)


@pytest.mark.s("S45")
def test_resolve_takes_prices_and_durations_of_today(world):
    asked = [(world.colour.pk, world.colour_long.pk), (world.cut.pk, None), (world.cut.pk, None)]
    Variant.objects.filter(pk=world.colour_long.pk).update(price_minor=17000)
    resolved = queries.resolve(business=world.bella, services=asked)
    assert [(line.name, line.variant_name, line.duration_min, line.price_minor) for line in resolved.lines] == [
        ("Colour", "Long hair", 120, 17000),
        ("Hair cut", "", 45, 6200),
        ("Hair cut", "", 45, 6200),
    ]
    assert (resolved.duration_min, resolved.price_minor, resolved.gone) == (210, 29400, ())


@pytest.mark.s("S45")
def test_resolve_skips_what_is_not_offered(world):
    Service.objects.filter(pk=world.toner.pk).update(archived_at=NOW)
    Variant.objects.filter(pk=world.colour_long.pk).update(archived_at=NOW)
    asked = [
        (world.toner.pk, None),
        (world.colour.pk, world.colour_long.pk),
        (world.colour.pk, None),
        (world.cut.pk, world.colour_short.pk),
        (world.rival_cut.pk, None),
        (2**70, None),
        (-1, None),
        (world.cut.pk, None),
    ]
    resolved = queries.resolve(business=world.bella, services=asked)
    assert [line.name for line in resolved.lines] == ["Hair cut"]
    assert resolved.gone == ("Toner", "", "", "")
    assert resolved.unclear == ("Colour", "Colour", "Hair cut")


def test_suitable_members_do_every_service(world):
    find = {"business": world.bella}
    assert queries.suitable_members(services=[world.cut.pk, world.toner.pk], **find) == [world.maya, world.tom_member]
    assert queries.suitable_members(services=[world.cut.pk, world.cut.pk, world.colour.pk], **find) == [world.maya]
    assert queries.suitable_members(services=[world.cut.pk, world.rival_cut.pk], **find) == []
    assert queries.suitable_members(services=[2**70], **find) == []
    TeamMember.objects.filter(pk=world.maya.pk).update(bookable=False)
    assert queries.suitable_members(services=[world.colour.pk], **find) == []
    assert queries.suitable_members(business=Business.objects.get(slug="rival-cuts"), services=[world.cut.pk]) == []


def test_resolve_and_suitable_members_cost_two_queries(world):
    with CaptureQueriesContext(connection) as spent:
        resolved = queries.resolve(business=world.bella, services=[(world.cut.pk, None), (world.colour.pk, world.colour_short.pk)])
        queries.suitable_members(business=world.bella, services=[line.service.pk for line in resolved.lines])
    assert len(spent) == 2


def test_appointments_of_drafts(world):
    first = appointment(world, world.maya, at(WEDNESDAY, 10), draft_id="d_one", engagement=1, mirrored=False)
    second = appointment(world, world.maya, at(WEDNESDAY, 11), draft_id="d_one", engagement=3)
    other = appointment(world, world.tom_member, at(WEDNESDAY, 11), draft_id="d_two", engagement=None)
    ask = {"business_id": world.bella.pk, "draft_id": "d_one"}
    assert queries.appointment_for_draft(**ask) == queries.appointment_for_draft(engagement=2, **ask) == second
    assert queries.appointment_for_draft(engagement=4, **ask) is None
    assert queries.appointment_for_draft(business_id=world.rival.pk, draft_id="d_one") is None
    assert queries.appointment_for_draft(business_id=world.bella.pk, draft_id="") is None
    assert queries.drafts_with_appointment(["d_one", "d_two", "d_three", ""]) == {"d_one": 3, "d_two": 0}
    assert queries.unmirrored(10) == [first]
    assert other.mirrored
