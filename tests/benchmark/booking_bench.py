"""P5: twenty clients confirm one time over HTTP, and one gets it. P6: confirm without a race beside the bare insert."""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection

from booking.actions import confirm
from booking.wizard import start_text
from business.access import client_cookie
from business.models import Client, TeamMember
from core import clock, identifiers
from drafts import actions as drafts
from drafts.document import Selection, ServiceChoice
from scheduler import queries as appointments
from scheduler.models import Appointment
from tests.benchmark.load import Answer, Crowd, Visitor
from tests.benchmark.people import Salon, clients, sign_in
from tests.benchmark.rows import Row, side_by_side
from tests.benchmark.stage import Stage

RIVALS = 20
PER_DAY = 10
RACE_DAY, OURS_DAY, BARE_DAY = 30, 60, 200
CONNECTIONS = 8
CSRF = "0123456789abcdefghijklmnopqrstuv"


def _starts(salon: Salon, first_day: int, number: int) -> list[datetime]:
    """Times that do not overlap: ten a day of 45 minutes each."""
    return [salon.opening(first_day + index // PER_DAY) + timedelta(minutes=45 * (index % PER_DAY)) for index in range(number)]


def p5(stage: Stage, salon: Salon, *, rounds: int = 200) -> list[Row]:
    """`rounds` times 20 clients press Confirm for one time of one team member at the same moment."""
    before = _deadlocks()
    answers: list[list[Answer]] = []
    with Crowd(stage.port, RIVALS) as crowd:
        crowd.at_once([lambda visitor: visitor.ask("GET", f"/b/{salon.business.slug}/")] * RIVALS)  # connections
        for start in _starts(salon, RACE_DAY, rounds):
            ready = _live(salon, salon.members[0], [start] * RIVALS)
            tokens = sign_in([one.client for one in ready])
            answers.append(crowd.at_once([_press(salon, one, token) for one, token in zip(ready, tokens, strict=True)]))
    return _judge(salon, answers, _deadlocks() - before)


def _press(salon: Salon, ready: "_Ready", token: str) -> Callable[[Visitor], Answer]:
    choice = {"s": salon.cut.pk, "t": ready.member.pk, "at": start_text(ready.start), "flow": ready.flow, "csrfmiddlewaretoken": CSRF}
    headers = {
        "Cookie": f"{client_cookie(salon.business)}={token}; {settings.CSRF_COOKIE_NAME}={CSRF}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    path = f"/b/{salon.business.slug}/confirm/"
    return lambda visitor: visitor.ask("POST", path, body=urlencode(choice), headers=headers)


def _judge(salon: Salon, answers: Sequence[Sequence[Answer]], deadlocks: int) -> list[Row]:
    rounds = len(answers)
    first = salon.opening(RACE_DAY)
    held = Counter(
        Appointment.objects.filter(team_member=salon.members[0], starts__gte=first, starts__lt=first + timedelta(days=25)).values_list(
            "starts", flat=True
        )
    )
    fair = sum(sorted(answer.status for answer in group) == [303, *[409] * (RIVALS - 1)] for group in answers)
    one_each = fair == rounds == len(held) and set(held.values()) == {1}
    broken = sum(answer.status >= 500 for group in answers for answer in group)
    times = sorted(answer.seconds for group in answers for answer in group)
    slowest, median = times[-1] * 1e3, times[len(times) // 2] * 1e3
    return [
        Row("P5", f"race of {RIVALS}: rounds with one winner", fair, rounds, "rounds", fair / rounds, "all", one_each),
        Row("P5", "deadlocks and answers of 5xx", deadlocks + broken, 0, "times", 0, "0", deadlocks + broken == 0),
        Row("P5", "slowest answer (beside the median)", slowest, median, "ms", slowest / median, "≤ 500 ms", slowest <= 500),
    ]


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def p6(salon: Salon, *, each: int = 40, turns: int = 6) -> Row:
    """Confirms a second by eight threads, each with a team member of their own and clients with live drafts; beside single bare inserts."""
    number = each * (turns + 1)
    live = [_live(salon, member, _starts(salon, OURS_DAY, number)) for member in salon.members]
    rows = [_rows(salon, member, _starts(salon, BARE_DAY, number)) for member in salon.members]
    with ThreadPoolExecutor(CONNECTIONS) as pool, contextlib.ExitStack() as stack:
        bare = [stack.enter_context(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)) for _ in range(CONNECTIONS)]
        parts = [slice(turn * each, (turn + 1) * each) for turn in range(turns + 1)]
        ours = [partial(_together, pool, [partial(_confirm, salon, some[part]) for some in live]) for part in parts]
        theirs = [
            partial(_together, pool, [partial(_insert, link, some[part]) for link, some in zip(bare, rows, strict=True)]) for part in parts
        ]
        side_by_side(ours[:1], theirs[:1])  # connections
        mine, bare_seconds, slower = side_by_side(ours[1:], theirs[1:])
    ratio, bookings = 1 / slower, each * CONNECTIONS
    return Row("P6", "confirm, 8 at once, no race", bookings / mine, bookings / bare_seconds, "bookings/s", ratio, "≥ 0.3", ratio >= 0.3)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A client at Review, about to press Confirm."""

    client: Client
    member: TeamMember
    start: datetime
    flow: UUID


def _live(salon: Salon, member: TeamMember, starts: Sequence[datetime]) -> list[_Ready]:
    """New clients, each with a draft under review for one of `starts`."""
    ready = [
        _Ready(client, member, start, identifiers.new_uuid()) for client, start in zip(clients(salon, len(starts)), starts, strict=True)
    ]
    cut = ServiceChoice(salon.cut.pk, None, salon.cut.name, salon.cut.duration_min, salon.cut.price_minor)
    for one in ready:
        selection = Selection((cut,), member.pk, one.start, salon.business.timezone)
        drafts.start_review(business_id=salon.business.pk, client_id=one.client.pk, flow=one.flow, selection=selection, now=clock.now())
    return ready


def _confirm(salon: Salon, ready: Sequence[_Ready]) -> None:
    for one in ready:
        lines = appointments.resolve(business=salon.business, services=[(salon.cut.pk, None)]).lines
        confirm(
            business=salon.business,
            client=one.client,
            lines=lines,
            start=one.start,
            members=[one.member],
            note="",
            confirm_key=one.flow,
            via_link=False,
            now=clock.now(),
        )


def _rows(salon: Salon, member: TeamMember, starts: Sequence[datetime]) -> list[tuple[Any, ...]]:
    [client], now, length = clients(salon, 1), clock.now(), timedelta(minutes=salon.cut.duration_min)
    return [(salon.business.pk, client.pk, member.pk, start, start + length, identifiers.new_uuid(), now) for start in starts]


def _insert(link: psycopg.Connection[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    for row in rows:
        link.execute(
            "INSERT INTO scheduler_appointment (business_id, client_id, team_member_id, starts, ends, confirm_key, created_at, status, note,"
            " source, draft_id, mirrored, recovered) VALUES (%s, %s, %s, %s, %s, %s, %s, 'booked', '', 'online', '', true, '')",
            row,
        )


def _together(pool: ThreadPoolExecutor, work: Sequence[Callable[[], None]]) -> None:
    for done in [pool.submit(part) for part in work]:
        done.result()
