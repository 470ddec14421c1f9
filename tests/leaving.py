"""Clients who stop at Review, switches turned on, and MongoDB away: what the tests of the Follow-ups begin with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from booking import actions as booking
from business.models import Business, Channel, Client, DayCounter
from core import mongo as seam
from drafts import actions, queries
from drafts.breaker import breaker
from drafts.document import Draft, Selection, ServiceChoice
from messaging.models import AutomatedMessage, Kind
from scheduler import queries as appointments
from scheduler.models import Appointment
from tests.world import NOW, World

TEN = timedelta(minutes=10)
OVER = NOW + TEN + timedelta(seconds=1)


def selection(world: World, **changes) -> Selection:
    """A hair cut with anyone at 13:00 in Sydney; `changes` replace parts of it."""
    line = ServiceChoice(world.cut.pk, None, "Hair cut", 45, 6200)
    return Selection(
        **{"services": (line,), "team_member_id": None, "start_at": NOW + timedelta(hours=4), "tz": "Australia/Sydney"} | changes
    )


def leave(world: World, client: Client | None = None, *, now: datetime = NOW, **changes) -> Draft:
    """`client` (Mia) reaches Review at `now` and does nothing more."""
    client = client or world.mia
    return actions.start_review(
        business_id=client.business_id, client_id=client.pk, flow=uuid4(), selection=selection(world, **changes), now=now
    )


def book_what_was_left(world: World, draft: Draft, client: Client, *, now: datetime) -> Appointment:
    """`client` comes back by their link at `now` and confirms the hair cut, with Maya."""
    return booking.confirm(
        business=world.bella,
        client=client,
        lines=appointments.resolve(business=world.bella, services=[(world.cut.pk, None)]).lines,
        start=draft.selection.start_at,
        members=[world.maya],
        note="",
        confirm_key=draft.flow,
        via_link=True,
        now=now,
    )


def again(draft: Draft, now: datetime = OVER) -> Draft | None:
    """The draft as it is stored."""
    return queries.get(business_id=draft.business_id, draft_id=draft.id, now=now)


def switch_on(business: Business, *channels: Channel, at: datetime = NOW) -> None:
    """The automatic reminder is on since `at`."""
    for channel in channels:
        AutomatedMessage.objects.create(
            business=business, kind=Kind.INCOMPLETE_REMINDER, channel=channel, enabled=True, enabled_at=at, updated_at=at
        )


def counted(business: Business, name: str) -> int:
    return sum(DayCounter.objects.filter(business=business, name=name).values_list("value", flat=True))


@contextmanager
def mongo_away() -> Iterator[None]:
    """Nothing answers where MongoDB should be, and the web process notices as quickly as it is set to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "MONGO_URL", "mongodb://127.0.0.1:1/nowhere")
        patch.setattr(settings, "MONGO_TIMEOUT_MS", 200)
        patch.setattr(seam, "_client", None)
        try:
            yield
        finally:
            breaker.succeeded()
            if seam._client:
                seam._client.close()


@contextmanager
def mongo_away_from(words: str) -> Iterator[None]:
    """MongoDB goes away in the middle of one request: just before PostgreSQL is first asked something with these words in it."""
    with ExitStack() as away:

        def ask(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if words in sql and not seen:
                seen.append(sql)
                away.enter_context(mongo_away())
            return execute(sql, *rest)

        seen: list[str] = []
        with connection.execute_wrapper(ask):
            yield
        assert seen, f"nothing asked for {words}"
