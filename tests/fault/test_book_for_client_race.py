"""The client's Confirm against Book for client, and two colleagues at once: one appointment of one draft, counted once (F8, D8, D17)."""

from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from booking import actions as booking
from followups import actions
from followups.actions import Handled
from followups.views import waitlist as views
from scheduler import actions as calendar
from scheduler import queries as appointments
from scheduler.actions import booking as counter
from scheduler.actions import waitlist
from scheduler.models import Appointment, WaitlistEntry
from tests.fault.test_two_workers import at_once
from tests.integration.test_panel_waitlist import wait
from tests.leaving import OVER, again, counted, leave
from tests.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mongo")]


def lines_of(world):
    return appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines


def staff_book(world, draft, user, member, key):
    return actions.book_for_client(
        business=world.bella, draft_id=draft.id, engagement=draft.engagement, member=member, start=NOW + timedelta(hours=4),
        lines=lines_of(world), note="", confirm_key=UUID(int=key), user=user, now=OVER,
    )  # fmt: skip


def client_confirms(world, draft, member, *, key=None):
    return booking.confirm(
        business=world.bella, client=world.mia, lines=lines_of(world), start=NOW + timedelta(hours=4), members=[member], note="",
        confirm_key=key or draft.flow, via_link=False, now=OVER,
    )  # fmt: skip


@pytest.fixture
def all_have_read(monkeypatch):
    """Nobody books before both have read the draft."""
    lock, gate = counter.origins.lock_draft, Barrier(2)

    def wait_then_lock(draft_id):
        gate.wait(timeout=20)
        lock(draft_id)

    monkeypatch.setattr(counter.origins, "lock_draft", wait_then_lock)


@pytest.fixture
def without_lock(monkeypatch):
    """No lock on the draft, and both have looked for the other's appointment before either writes."""
    look, gate = counter.can_take, Barrier(2)

    def look_then_wait(*args, **options):
        free = look(*args, **options)
        gate.wait(timeout=20)
        return free

    monkeypatch.setattr(counter.origins, "lock_draft", lambda _: None)
    monkeypatch.setattr(counter, "can_take", look_then_wait)


def client_against_staff(world, draft):
    return at_once(
        2,
        lambda n: staff_book(world, draft, world.rita, world.maya, 1) if n else client_confirms(world, draft, world.tom_member),
    )


def staff_against_staff(world, draft):
    sides = ((world.rita, world.maya), (world.olga, world.tom_member))
    return at_once(2, lambda n: staff_book(world, draft, *sides[n], n + 1))


@pytest.mark.s("D8", "D17")
def test_the_client_against_staff_makes_one_appointment(world, all_have_read):
    draft = leave(world)
    actions.ring_bells(items=[draft], now=OVER)
    by_client, by_staff = client_against_staff(world, draft)
    made = Appointment.objects.get()
    assert by_client == made
    assert by_staff == made or (isinstance(by_staff, Handled) and (by_staff.what, by_staff.appointment) == ("booked", made))
    assert [counted(world.bella, name) for name in ("captured", "recovered", f"recovered_{made.recovered}")] == [1, 1, 1]
    assert again(draft).closed.appointment_id == made.pk


@pytest.mark.s("D8", "D17")
def test_two_colleagues_make_one_appointment(world, all_have_read):
    draft = leave(world)
    first, second = sorted(staff_against_staff(world, draft), key=lambda answer: isinstance(answer, Handled))
    assert first == Appointment.objects.get()
    assert (second.what, second.appointment) == ("booked", first)
    assert [counted(world.bella, name) for name in ("captured", "recovered", "recovered_staff")] == [1, 1, 1]


@pytest.mark.s("D8")
@pytest.mark.parametrize("race", [client_against_staff, staff_against_staff])
def test_without_the_lock_the_same_race_books_twice(world, without_lock, race):
    """Negative control."""
    race(world, leave(world))
    assert Appointment.objects.count() == 2


@pytest.mark.s("D8", "D3")
def test_confirm_after_staff_booked_finds_their_appointment_unless_it_was_cancelled(world):
    draft = leave(world)
    made = staff_book(world, draft, world.rita, world.maya, 1)
    assert client_confirms(world, draft, world.tom_member) == made
    calendar.cancel(appointment=made, now=OVER, by=world.rita)
    assert client_confirms(world, draft, world.tom_member) != made
    assert (Appointment.objects.count(), counted(world.bella, "recovered")) == (2, 1)


@pytest.mark.s("D3", "D17")
def test_two_tabs_of_one_client_book_twice_and_win_back_once(world, all_have_read):
    """Two deliberate bookings at once from one draft: Confirm asks nobody's leave, but only one of them was left before."""
    draft = leave(world)
    actions.ring_bells(items=[draft], now=OVER)
    members = (world.maya, world.tom_member)
    made = at_once(2, lambda n: client_confirms(world, draft, members[n], key=UUID(int=n + 1)))
    assert len({appointment.pk for appointment in made}) == 2
    assert (counted(world.bella, "recovered"), counted(world.bella, "recovered_self")) == (1, 1)


def book_entry(world, entry, user, member, key):
    return actions.book_from_waitlist(
        entry=entry, member=member, start=NOW + timedelta(hours=4), lines=lines_of(world), note="", confirm_key=UUID(int=key), user=user,
        now=OVER,
    )  # fmt: skip


def book_entry_at_once(world, entry):
    sides = ((world.rita, world.maya), (world.olga, world.tom_member))
    return at_once(2, lambda n: book_entry(world, entry, *sides[n], n + 1))


def test_two_colleagues_book_one_waitlist_entry_once(world):
    entry = wait(world)
    first, second = sorted(book_entry_at_once(world, entry), key=lambda answer: isinstance(answer, Exception))
    assert isinstance(second, calendar.NotChangeable)
    assert first == Appointment.objects.get() == WaitlistEntry.objects.get().appointment


def test_the_same_press_twice_books_one_waitlist_entry_once(world):
    entry = wait(world)
    first, second = at_once(2, lambda _: book_entry(world, entry, world.rita, world.maya, 1))
    assert first == second == Appointment.objects.get()


def test_without_the_entrys_lock_the_same_race_books_twice(world, without_lock, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(waitlist, "_lock_entry", lambda entry: WaitlistEntry.objects.get(pk=entry.pk))
    book_entry_at_once(world, wait(world))
    assert Appointment.objects.count() == 2


def test_an_entry_booked_meanwhile_is_said(world, at, client, monkeypatch):
    """The form was open, and the entry closed between looking and saving."""
    entry = wait(world)
    shown = views.find(business=world.bella, pk=entry.pk, now=OVER)
    calendar.close_waitlist(entry=entry, now=OVER)
    monkeypatch.setattr(views, "find", lambda **_: shown)
    client.force_login(world.rita)
    at(OVER)
    answer = client.post(reverse("followups:waitlist-book", args=[entry.pk]), saved(world))
    assert answer.status_code == 422
    assert "This entry is no longer on the waitlist." in answer.content.decode()
    assert not Appointment.objects.exists()


def saved(world):
    return {
        "key": str(uuid4()), "service": [world.cut.pk], "person": world.maya.pk, "day": "2026-11-25", "time": "13:00", "note": "",
    }  # fmt: skip
