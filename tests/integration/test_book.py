"""scheduler.actions.book: first come, first served, once per Confirm (S15 to S18, D3)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from business.models import DayCounter, TeamMember
from scheduler import actions, queries
from scheduler.models import Appointment, TimeOff
from tests.world import NOW, World

TEN = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # Wednesday 25 November, 10:00 in Sydney
KEY = UUID("0190a000-0000-4000-8000-000000000001")


def lines_of(world: World, *services):
    return queries.resolve(business=world.bella, services=services or [(world.cut.pk, None)]).lines


def book(world: World, **changes) -> actions.Booked:
    wanted = {
        "business": world.bella,
        "client": world.mia,
        "members": [world.maya],
        "start": TEN + timedelta(hours=1),
        "lines": lines_of(world),
        "confirm_key": KEY,
        "now": NOW,
        "source": Appointment.Source.ONLINE,
        "mirrored": True,
    }
    return actions.book(**(wanted | changes))


def key(number: int) -> UUID:
    return UUID(int=number + 1)


def test_book_writes_appointment_lines_and_counters(world):
    lines = lines_of(world, (world.cut.pk, None), (world.toner.pk, None))
    booked = book(world, lines=lines, recovered=lambda: "self", note="Fringe too", draft_id="d_x", engagement=2)
    appointment = Appointment.objects.get()
    assert booked == actions.Booked(appointment, created=True)
    assert appointment.ends - appointment.starts == timedelta(minutes=75)
    assert [(line.name, line.duration_min, line.price_minor) for line in appointment.lines.all()] == [
        ("Hair cut", 45, 6200),
        ("Toner", 30, 4000),
    ]
    assert dict(DayCounter.objects.values_list("name", "value")) == {"recovered": 1, "recovered_self": 1, "recovered_value_minor": 10200}


@pytest.mark.s("S17", "S18")
@pytest.mark.parametrize("minutes", [-30, 0, 30])
def test_an_overlap_is_slot_taken(world, minutes):
    book(world)
    with pytest.raises(actions.SlotTaken):
        book(world, confirm_key=key(1), client=world.noa, start=TEN + timedelta(hours=1, minutes=minutes), recovered=lambda: "self")
    assert Appointment.objects.count() == 1
    assert not DayCounter.objects.exists()


def test_appointments_may_touch(world):
    book(world)
    book(world, confirm_key=key(1), start=TEN + timedelta(hours=1, minutes=45))
    assert Appointment.objects.count() == 2


def test_a_cancelled_time_is_free_again(world):
    first = book(world).appointment
    actions.cancel(appointment=first, now=NOW, by=None)
    assert book(world, confirm_key=key(1), client=world.noa).created


def test_the_next_candidate_takes_it(world):
    book(world)
    second = book(world, confirm_key=key(1), client=world.noa, members=[world.maya, world.tom_member])
    assert second.appointment.team_member == world.tom_member


def test_the_same_confirm_finds_the_first_appointment(world):
    first = book(world)
    again = book(world, members=[world.tom_member], now=NOW + timedelta(hours=20))
    assert again == actions.Booked(first.appointment, created=False)
    assert Appointment.objects.count() == 1


def test_the_confirm_of_somebody_else_is_refused(world):
    book(world)
    with pytest.raises(actions.NotBookable, match="already used"):
        book(world, client=world.noa)


@pytest.mark.parametrize("minutes", [-120, -75, 120, 150, 390, 420])
def test_outside_working_hours_is_slot_taken(world, minutes):
    with pytest.raises(actions.SlotTaken):
        book(world, start=TEN + timedelta(days=1, minutes=minutes))


def test_staff_may_book_outside_working_hours_but_never_over_an_appointment(world):
    evening = TEN + timedelta(hours=9)
    book(world, start=evening, enforce_rules=False, booked_by=world.rita)
    with pytest.raises(actions.SlotTaken):
        book(world, start=evening, enforce_rules=False, confirm_key=key(1))


def test_time_off_is_slot_taken(world):
    TimeOff.objects.create(team_member=world.maya, starts=TEN, ends=TEN + timedelta(hours=2))
    with pytest.raises(actions.SlotTaken):
        book(world)


def test_a_member_without_the_skill_is_passed_over(world):
    colour = lines_of(world, (world.colour.pk, world.colour_short.pk))
    assert book(world, lines=colour, members=[world.tom_member, world.maya]).appointment.team_member == world.maya


@pytest.mark.parametrize("change", [{"archived_at": NOW}, {"bookable": False}])
def test_a_member_who_left_is_passed_over(world, change):
    TeamMember.objects.filter(pk=world.maya.pk).update(**change)
    with pytest.raises(actions.SlotTaken):
        book(world)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (NOW - timedelta(minutes=30), "has passed"),
        (NOW + timedelta(minutes=20), "too soon"),
        (NOW + timedelta(days=62), "too far away"),
        (TEN + timedelta(hours=1, seconds=1), "whole minute"),
    ],
)
def test_a_start_against_the_rules_says_so(world, start, words):
    with pytest.raises(actions.NotBookable, match=words):
        book(world, start=start)


@pytest.mark.s("D3")
def test_the_last_time_on_offer_can_still_be_confirmed_after_review(world):
    slots = queries.day_slots(business=world.bella, members=[world.maya], duration_min=45, day=datetime(2026, 11, 25).date(), now=NOW)
    assert slots[0].start == NOW + timedelta(hours=1)
    later = NOW + timedelta(minutes=20)
    assert queries.is_free(business=world.bella, members=[world.maya], duration_min=45, start=slots[0].start, now=later)
    assert book(world, start=slots[0].start, now=later).created


def test_nothing_chosen_closed_or_foreign_is_not_bookable(world):
    with pytest.raises(actions.NotBookable, match="at least one service"):
        book(world, lines=())
    with pytest.raises(actions.NotBookable, match="another business"):
        book(world, client=world.rival_mia)
    with pytest.raises(actions.NotBookable, match="another business"):
        book(world, lines=queries.resolve(business=world.rival, services=[(world.rival_cut.pk, None)]).lines)
    world.bella.online_booking = False
    with pytest.raises(actions.NotBookable, match="online"):
        book(world)


def test_a_member_of_another_business_is_passed_over(world):
    with pytest.raises(actions.SlotTaken):
        book(world, members=[world.rival_member], enforce_rules=False)
