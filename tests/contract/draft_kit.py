"""What the tests of the drafts share: a moment, selections, a captured draft, threads that start together."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core import identifiers
from drafts import actions
from drafts.document import Draft, Selection, ServiceChoice

# Far ahead of any real clock: MongoDB's TTL monitor lives on real time and would take the drafts of a day gone by.
NOW = datetime(2037, 11, 24, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OVER = NOW + 10 * MINUTE
BELLA, RIVAL = 1, 2
CUT = ServiceChoice(1, None, "Hair cut", 45, 6200)
COLOUR = ServiceChoice(3, 7, "Colour", 75, 11000)


def selection(
    *services: ServiceChoice, member: int | None = 5, start: datetime | None = NOW + timedelta(days=1), notes: str = ""
) -> Selection:
    return Selection(services or (CUT,), member, start, "Australia/Sydney", notes)


def review(client_id: int = 1, *, business_id: int = BELLA, now: datetime = NOW, flow: UUID | None = None, **given: Any) -> Draft:
    """The client reaches Review; a fresh flow unless one is given."""
    draft = actions.start_review(
        business_id=business_id,
        client_id=client_id,
        flow=flow or identifiers.new_uuid(),
        selection=given.pop("chosen", selection()),
        now=now,
        **given,
    )
    assert draft is not None
    return draft


def incomplete(client_id: int = 1, *, business_id: int = BELLA) -> Draft:
    """A draft whose review ended at OVER and was expired by the sweep."""
    draft = review(client_id, business_id=business_id)
    actions.expire_one(business_id=business_id, draft_id=draft.id, now=OVER)
    return draft


@dataclass(frozen=True)
class Made:
    """An appointment, as far as drafts know one."""

    business_id: int
    client_id: int
    draft_id: str
    engagement: int | None
    confirm_key: UUID
    created_at: datetime
    pk: int = 11
    booked_by_id: int | None = None


def convert(draft: Draft, *, now: datetime = NOW, **given: Any) -> bool:
    made = Made(draft.business_id, draft.client_id, draft.id, draft.engagement, draft.flow, created_at=now)
    return actions.mark_converted(made=replace(made, **given), now=now)


def together(*calls: Callable[[], Any]) -> Sequence[Any]:
    """Run the calls at the same moment in a thread each; an exception is an answer like another."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(timeout=60)
        try:
            return call()
        except Exception as error:  # noqa: BLE001
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
