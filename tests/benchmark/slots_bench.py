"""P7: the free times of one team member and day, over HTTP, beside an empty Django view with one query on the same server."""

from datetime import timedelta
from functools import partial

from core import clock, identifiers
from scheduler.models import Appointment
from tests.benchmark.load import Crowd
from tests.benchmark.people import Salon, clients
from tests.benchmark.rows import Row, side_by_side
from tests.benchmark.stage import Stage

VISITORS = 4
BOOKED = (0, 5, 50)
FIRST_DAY = 20


def p7(stage: Stage, salon: Salon, *, requests: int = 200, turns: int = 9) -> list[Row]:
    """Requests a second with 0, 5 and 50 appointments on the day, and what 50 cost against none."""
    paths = {booked: _busy_day(salon, FIRST_DAY + index, booked) for index, booked in enumerate(BOOKED)}
    rows, cost = [], {}
    with Crowd(stage.port, VISITORS) as ours, Crowd(stage.empty_port, VISITORS) as empty:
        for booked, path in paths.items():
            look, nothing = partial(ours.get, path, requests), partial(empty.get, "/empty", requests)
            side_by_side([look], [nothing])  # connections
            mine, theirs, slower = side_by_side([look] * turns, [nothing] * turns)
            cost[booked] = mine
            ratio = 1 / slower
            what = f"times of a day over HTTP, {booked} booked"
            rows.append(Row("P7", what, requests / mine, requests / theirs, "requests/s", ratio, "≥ 0.4", ratio >= 0.4))
    growth = cost[50] / cost[0]
    ms = 1e3 / requests
    return [*rows, Row("P7", "the cost of 50 booked to none", cost[50] * ms, cost[0] * ms, "ms", growth, "≤ 1.2", growth <= 1.2)]


def _busy_day(salon: Salon, ahead: int, booked: int) -> str:
    """Appointments of five minutes, nine minutes apart, with one member; the address of that day's free times."""
    member, opening, now = salon.members[0], salon.opening(ahead), clock.now()
    [client] = clients(salon, 1)
    Appointment.objects.bulk_create(
        Appointment(
            business=salon.business,
            client=client,
            team_member=member,
            starts=opening + timedelta(minutes=9 * number),
            ends=opening + timedelta(minutes=9 * number + 5),
            source=Appointment.Source.STAFF,
            confirm_key=identifiers.new_uuid(),
            created_at=now,
        )
        for number in range(booked)
    )
    return f"/api/v1/b/{salon.business.slug}/slots?s={salon.tiny.pk}&t={member.pk}&day={salon.day(ahead)}"
