"""The life of a draft: which move leads from where to where, and each move as one guarded update (draft-lifecycle 3).

A `Step` is a filter and an update for one atomic operation; nothing here touches a database or a clock. What a person typed only ever
stands behind a classic `$set`, where MongoDB does not read it as an expression.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from drafts.document import OPEN, SCHEMA, DraftState, Selection, selection_to_bson

REVIEW_FOR: Final = timedelta(minutes=10)
KEEP_FOR: Final = timedelta(hours=24)

REVIEWING, INCOMPLETE, CONVERTED, DISMISSED = DraftState.REVIEWING, DraftState.INCOMPLETE, DraftState.CONVERTED, DraftState.DISMISSED
ABSENT: Final = None

Place = DraftState | None
Outcome = Literal["handed", "skipped"]


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed change of state. `by` says who or what makes it."""

    name: str
    sources: frozenset[Place]
    target: Place
    by: str


MOVES: Final = (
    Move("T1 continue", frozenset({REVIEWING}), REVIEWING, "the client"),
    Move("T2 engage", frozenset({ABSENT, REVIEWING, INCOMPLETE, CONVERTED, DISMISSED}), REVIEWING, "the client"),
    Move("T3 expire", frozenset({REVIEWING}), INCOMPLETE, "the sweep"),
    Move("T6 convert", frozenset({REVIEWING, INCOMPLETE, DISMISSED}), CONVERTED, "a confirm"),
    Move("T7 dismiss", frozenset({INCOMPLETE}), DISMISSED, "staff"),
    Move("T8 purge", frozenset(DraftState), ABSENT, "the TTL index"),
)


class BrokenLifecycle(Exception):
    """The table of moves has a state nobody reaches, nobody ends, or that only time can end while it is open."""


def check_moves(moves: Iterable[Move]) -> None:
    """Raises BrokenLifecycle unless every state is reached and purged, and every open one is also moved on by somebody before that."""
    table = tuple(moves)
    for state in DraftState:
        if not any(move.target is state and move.sources - {state} for move in table):
            raise BrokenLifecycle(f"No move leads to {state}.")
        leaving = [move for move in table if state in move.sources and move.target is not state]
        if not any(move.target is ABSENT for move in leaving):
            raise BrokenLifecycle(f"Nothing purges {state}.")
        if state in OPEN and all(move.target is ABSENT for move in leaving):
            raise BrokenLifecycle(f"Nobody moves {state} on.")


check_moves(MOVES)


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic operation: `change` is made where `guard` holds; `creates` lets the first engagement make the document (T2 alone)."""

    guard: dict[str, Any]
    change: dict[str, Any]
    creates: bool = False


def _engaged(selection: Selection, *, now: datetime) -> dict[str, Any]:
    return {
        "selection": selection_to_bson(selection),
        "selection_key": selection.key,
        "engaged_at": now,
        "purge_at": now + KEEP_FOR,
    }


def _fresh_review(*, now: datetime) -> dict[str, Any]:
    return {"review_started_at": now, "review_expires_at": now + REVIEW_FOR}


def _no_marks(*, now: datetime) -> dict[str, Any]:
    return {"bell": {"state": "none", "at": now}, "reminder": {"state": "none", "reason": "", "at": now}}


def keep_countdown(*, business_id: int, client_id: int, flow: UUID, selection: Selection, now: datetime) -> Step:
    """T1a: the same selection in a live session, after a reload or with another note. The countdown stays (D2)."""
    step = restart_countdown(business_id=business_id, client_id=client_id, flow=flow, selection=selection, now=now)
    change = {**step.change, "$set": _engaged(selection, now=now)}
    return Step({**step.guard, "selection_key": selection.key}, change)


def restart_countdown(*, business_id: int, client_id: int, flow: UUID, selection: Selection, now: datetime) -> Step:
    """T1b, T1c: another selection, or "I need more time": ten fresh minutes of the same engagement (D2)."""
    return Step(
        {
            "business_id": business_id,
            "client_id": client_id,
            "status": REVIEWING.value,
            "review_expires_at": {"$gt": now},
            "closed_flow": {"$ne": str(flow)},
        },
        {"$set": {**_engaged(selection, now=now), **_fresh_review(now=now)}, "$inc": {"rev": 1}},
    )


def engage(*, draft_id: str, business_id: int, client_id: int, flow: UUID, selection: Selection, now: datetime) -> Step:
    """T2: a new review session, with the document or in a new one under `draft_id`.

    The guard leaves a session alone that is live after all (so that two first captures count as one engagement) and a flow that was
    confirmed; both then collide with the unique index, which the store reports as "nothing changed".
    """
    return Step(
        {
            "business_id": business_id,
            "client_id": client_id,
            "closed_flow": {"$ne": str(flow)},
            "$or": [{"status": {"$ne": REVIEWING.value}}, {"review_expires_at": {"$lte": now}}],
        },
        {
            "$set": {
                "status": REVIEWING.value,
                "open": True,
                "flow": str(flow),
                **_engaged(selection, now=now),
                **_fresh_review(now=now),
                **_no_marks(now=now),
                "incomplete_at": None,
                "closed": None,
            },
            "$inc": {"engagement": 1, "rev": 1},
            "$setOnInsert": {"_id": draft_id, "v": SCHEMA, "closed_flow": None},
        },
        creates=True,
    )


def expire(*, draft_ids: list[str], now: datetime) -> Step:
    """T3: the review is over; bell and reminder become pending in the same write."""
    return Step(
        {
            "_id": {"$in": draft_ids},
            "status": REVIEWING.value,
            "review_expires_at": {"$lte": now},
            "purge_at": {"$gt": now},
        },
        {
            "$set": {
                "status": INCOMPLETE.value,
                "incomplete_at": now,
                "bell": {"state": "pending", "at": now},
                "reminder": {"state": "pending", "reason": "", "at": now},
            },
            "$inc": {"rev": 1},
        },
    )


def bell_done(*, draft_ids: list[str], engagement: int, now: datetime) -> Step:
    """T4: the notice of this engagement stands in PostgreSQL."""
    return Step(
        {"_id": {"$in": draft_ids}, "engagement": engagement, "bell.state": "pending"},
        {"$set": {"bell": {"state": "done", "at": now}}, "$inc": {"rev": 1}},
    )


def reminder_settled(*, draft_ids: list[str], engagement: int, outcome: Outcome, reason: str, now: datetime) -> Step:
    """T5: the rows of this engagement's reminder stand in PostgreSQL, or `reason` says why there are none (D14)."""
    return Step(
        {"_id": {"$in": draft_ids}, "engagement": engagement, "reminder.state": "pending"},
        {"$set": {"reminder": {"state": outcome, "reason": reason, "at": now}}, "$inc": {"rev": 1}},
    )


def convert(*, which: dict[str, Any], confirm_key: UUID, appointment_id: int, by: str, now: datetime) -> Step:
    """T6: the appointment exists. `which` is the guard of `by_engagement` or `by_moment`."""
    return Step(
        {**which, "status": {"$ne": CONVERTED.value}},
        {
            "$set": {
                "status": CONVERTED.value,
                "open": False,
                **_no_marks(now=now),
                "closed_flow": str(confirm_key),
                "closed": {"at": now, "by": by, "appointment_id": appointment_id},
            },
            "$inc": {"rev": 1},
        },
    )


def by_engagement(*, business_id: int, client_id: int, draft_id: str, engagement: int) -> dict[str, Any]:
    """This draft, unless the client has come back for more since (I7)."""
    return {"_id": draft_id, "business_id": business_id, "client_id": client_id, "engagement": {"$lte": engagement}}


def by_moment(*, business_id: int, client_id: int, booked_at: datetime) -> dict[str, Any]:
    """The client's draft when its id was not known at Confirm: the last engagement is not later than the appointment."""
    return {"business_id": business_id, "client_id": client_id, "engaged_at": {"$lte": booked_at}}


def dismiss(*, business_id: int, draft_id: str, engagement: int, by: str, now: datetime) -> Step:
    """T7: exactly the engagement that the card showed. `purge_at` stays: the 24 h count from the client's last engagement (S55)."""
    return Step(
        {
            "_id": draft_id,
            "business_id": business_id,
            "status": INCOMPLETE.value,
            "engagement": engagement,
            "purge_at": {"$gt": now},
        },
        {
            "$set": {
                "status": DISMISSED.value,
                "open": False,
                **_no_marks(now=now),
                "closed": {"at": now, "by": by, "appointment_id": None},
            },
            "$inc": {"rev": 1},
        },
    )
