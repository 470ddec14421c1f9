"""Joining, changing and leaving the waitlist; moving an appointment under the rules."""

from datetime import date, time, timedelta

import pytest

from scheduler import actions, queries
from scheduler.actions import Window
from scheduler.models import WaitlistEntry
from tests.integration.test_free_times import WEDNESDAY, appointment, at
from tests.world import NOW

WEEK = Window(date(2026, 11, 30), date(2026, 12, 4), time(9), time(12))


@pytest.fixture
def wish(world):
    lines = queries.resolve(business=world.bella, services=[(world.cut.pk, None), (world.colour.pk, world.colour_long.pk)]).lines
    return {"lines": lines, "windows": [WEEK], "member": world.maya, "note": "Mornings", "now": NOW}


def join(world, wish, **changes) -> WaitlistEntry:
    return actions.join_waitlist(**({"business": world.bella, "client": world.mia, "source": "staff"} | wish | changes))


def test_join_keeps_services_windows_and_wishes(world, wish):
    entry = WaitlistEntry.objects.get(pk=join(world, wish).pk)
    assert [(line.service, line.variant) for line in entry.lines.all()] == [(world.cut, None), (world.colour, world.colour_long)]
    assert list(entry.windows.values_list("first_day", "last_day", "from_time", "to_time")) == [
        (WEEK.first_day, WEEK.last_day, time(9), time(12))
    ]
    assert (entry.client, entry.team_member, entry.note, entry.created_at, entry.closed_at) == (
        world.mia,
        world.maya,
        "Mornings",
        NOW,
        None,
    )


def test_update_replaces_everything(world, wish):
    entry = join(world, wish)
    day = Window(WEDNESDAY, WEDNESDAY)
    actions.update_waitlist(entry=entry, **(wish | {"lines": wish["lines"][:1], "windows": [day], "member": None, "note": ""}))
    entry.refresh_from_db()
    assert [line.service for line in entry.lines.all()] == [world.cut]
    assert [str(window) for window in entry.windows.all()] == ["2026-11-25 to 2026-11-25"]
    assert entry.team_member is None


def test_close_once_and_never_change_afterwards(world, wish):
    entry = join(world, wish)
    booked = appointment(world, world.maya, at(WEDNESDAY, 11))
    actions.close_waitlist(entry=entry, now=NOW, appointment=booked)
    actions.close_waitlist(entry=entry, now=NOW + timedelta(hours=1))
    entry.refresh_from_db()
    assert (entry.closed_at, entry.appointment) == (NOW, booked)
    with pytest.raises(actions.NotChangeable):
        actions.update_waitlist(entry=entry, **wish)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": []}, "at least one service"),
        ({"windows": []}, "at least one day"),
        ({"windows": [Window(WEDNESDAY, WEDNESDAY - timedelta(days=1))]}, "before the first day"),
    ],
)
def test_a_wish_without_sense_is_refused(world, wish, changes, words):
    with pytest.raises(actions.NotBookable, match=words):
        join(world, wish, **changes)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize("thing", ["client", "member"])
def test_what_belongs_to_the_rival_is_refused(world, wish, thing):
    foreign = {"client": world.rival_mia, "member": world.rival_member}[thing]
    with pytest.raises(actions.NotBookable, match="another business"):
        join(world, wish, **{thing: foreign})


def test_move_under_the_rules_goes_only_where_a_client_could_book(world):
    booked = appointment(world, world.maya, at(WEDNESDAY, 11))
    lines = queries.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines
    ask = {"appointment": booked, "member": world.maya, "lines": lines, "note": "", "now": NOW, "by": None}
    assert actions.move(start=at(WEDNESDAY, 14), **ask).starts == at(WEDNESDAY, 14)
    with pytest.raises(actions.SlotTaken):
        actions.move(start=at(WEDNESDAY, 20), **ask)
    with pytest.raises(actions.NotBookable):
        actions.move(start=NOW - timedelta(hours=1), **ask)


def test_mark_mirrored(world):
    booked = appointment(world, world.maya, at(WEDNESDAY, 11), draft_id="d_x", mirrored=False)
    actions.mark_mirrored(appointment_id=booked.pk)
    assert queries.unmirrored(10) == []
