"""Many confirm one time at once, each on its own connection to PostgreSQL: one appointment (S16, S17, P5), and what happens without
the guards."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections

from business.models import DayCounter, TeamMember
from scheduler import actions, queries
from scheduler.actions import booking
from scheduler.models import Appointment, AppointmentLine
from tests.world import NOW, World

ELEVEN = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
RIVALS = 24

pytestmark = pytest.mark.django_db(transaction=True)


def race(number: int, act: Callable[[int], object]) -> Counter[str]:
    """Calls `act(0)` to `act(number - 1)` at the same moment in threads of their own; counts what they returned or raised."""
    ready = threading.Barrier(number)
    outcomes: list[str] = []

    def run(place: int) -> None:
        try:
            ready.wait(timeout=30)
            outcomes.append(str(act(place)))
        except (actions.SlotTaken, actions.NotBookable, OperationalError) as refused:
            outcomes.append(type(refused).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(outcomes)


def booker(world: World, *, members: list[TeamMember], one_key: bool = False) -> Callable[[int], str]:
    lines = queries.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines

    def book(place: int) -> str:
        booked = actions.book(
            business=world.bella,
            client=world.mia,
            members=members,
            start=ELEVEN,
            lines=lines,
            confirm_key=UUID(int=1 if one_key else place + 1),
            now=NOW,
            source=Appointment.Source.ONLINE,
            mirrored=True,
            recovered=lambda: Appointment.Recovered.SELF,
        )
        return "booked" if booked.created else "found"

    return book


@pytest.mark.s("S16", "S17")
def test_one_of_many_rivals_wins(world):
    assert race(RIVALS, booker(world, members=[world.maya])) == {"booked": 1, "SlotTaken": RIVALS - 1}
    assert Appointment.objects.count() == AppointmentLine.objects.count() == DayCounter.objects.get(name="recovered").value == 1


def test_two_candidates_take_two_rivals_and_no_more(world):
    orders = [[world.maya, world.tom_member], [world.tom_member, world.maya]]
    bookers = [booker(world, members=order) for order in orders]
    assert race(RIVALS, lambda place: bookers[place % 2](place)) == {"booked": 2, "SlotTaken": RIVALS - 2}
    assert set(Appointment.objects.values_list("team_member", flat=True)) == {world.maya.pk, world.tom_member.pk}


def test_one_confirm_pressed_many_times_books_once(world):
    outcomes = race(10, booker(world, members=[world.maya, world.tom_member], one_key=True))
    assert outcomes == {"booked": 1, "found": 9}
    assert Appointment.objects.count() == DayCounter.objects.get(name="recovered").value == 1


def test_one_confirm_with_candidates_in_different_order_books_once(world):
    orders = [[world.maya, world.tom_member], [world.tom_member, world.maya]]
    bookers = [booker(world, members=order, one_key=True) for order in orders]
    assert race(10, lambda place: bookers[place % 2](place)) == {"booked": 1, "found": 9}
    assert Appointment.objects.count() == 1


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Takes the lock away, and lets as many as are asked for finish their check before the first of them inserts."""
    check = booking.can_take

    def wait_for(number: int) -> None:
        gate = threading.Barrier(number)

        def check_then_wait(*args: object, **options: object) -> bool:
            free = check(*args, **options)
            gate.wait(timeout=30)
            return free

        monkeypatch.setattr(booking, "lock_member", lambda business, pk: TeamMember.objects.get(business=business, pk=pk))
        monkeypatch.setattr(booking, "can_take", check_then_wait)

    return wait_for


@pytest.fixture
def without_constraint() -> Iterator[None]:
    (constraint,) = (one for one in Appointment._meta.constraints if one.name == "no_double_booking")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Appointment, constraint)
    yield
    AppointmentLine.objects.all().delete()
    Appointment.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Appointment, constraint)


def test_without_lock_and_constraint_rivals_double_book(world, without_lock, without_constraint):
    without_lock(4)
    assert race(4, booker(world, members=[world.maya])) == {"booked": 4}
    assert Appointment.objects.count() == 4


def test_without_the_lock_the_constraint_still_allows_one(world, without_lock):
    without_lock(4)
    assert race(4, booker(world, members=[world.maya]))["booked"] == 1
    assert Appointment.objects.count() == 1


def test_without_the_constraint_the_lock_still_allows_one(world, without_constraint):
    assert race(RIVALS, booker(world, members=[world.maya])) == {"booked": 1, "SlotTaken": RIVALS - 1}
