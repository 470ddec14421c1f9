"""Everything that can happen to a draft, one function each. All raise DraftsUnavailable when MongoDB is away or the breaker is open."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypedDict, TypeVar
from uuid import UUID

from core import identifiers
from drafts import lifecycle, queries, store
from drafts.document import Draft, Selection

K = TypeVar("K")
COLLISIONS = 3


class _Capture(TypedDict):
    business_id: int
    client_id: int
    flow: UUID
    selection: Selection
    now: datetime


class DraftMoved(Exception):
    """The card is out of date: the client is back, somebody handled the draft already, or its 24 hours are over."""


def start_review(
    *, business_id: int, client_id: int, flow: UUID, selection: Selection, now: datetime, more_time: bool = False
) -> Draft | None:
    """The client, signed in with a verified phone, is on Review with `selection` (S01, S04, S08). Returns the draft with its deadline.

    In a live session the same selection keeps the countdown (T1a); another one, or `more_time`, gives ten fresh minutes of the same
    engagement (T1b, T1c); otherwise a new engagement begins (T2). None: `flow` was confirmed already, a stale capture was dropped (F12).
    """
    capture: _Capture = {"business_id": business_id, "client_id": client_id, "flow": flow, "selection": selection, "now": now}
    engage = partial(lifecycle.engage, draft_id=identifiers.new_draft_id())
    # The guards tell the cases apart, so their order is only a matter of speed: a first capture is one write.
    moves = (lifecycle.restart_countdown, engage) if more_time else (engage, lifecycle.keep_countdown, lifecycle.restart_countdown)
    for _ in range(1 + COLLISIONS):
        for move in moves:
            if draft := store.change(move(**capture)):
                return draft
    return None


def expire_due(*, now: datetime, limit: int = 1000) -> int:
    """Turn up to `limit` reviews that are over into incomplete bookings, bell and reminder pending (T3). Returns how many this call turned."""
    due = queries.due_ids(now=now, limit=limit)
    return store.change_all(lifecycle.expire(draft_ids=due, now=now)) if due else 0


def expire_one(*, business_id: int, draft_id: str, now: datetime) -> None:
    """T3 for one draft, before staff act on it; nothing happens unless its review is over."""
    if queries.get(business_id=business_id, draft_id=draft_id, now=now):
        store.change_all(lifecycle.expire(draft_ids=[draft_id], now=now))


def bells_done(*, items: Sequence[tuple[str, int]], now: datetime) -> None:
    """The bells of these (draft id, engagement) are rung or not wanted any more (T4). Never creates or revives anything."""
    for engagement, draft_ids in _grouped((engagement, draft_id) for draft_id, engagement in items).items():
        store.change_all(lifecycle.bell_done(draft_ids=draft_ids, engagement=engagement, now=now))


def reminders_settled(*, items: Sequence[tuple[str, int, lifecycle.Outcome, str]], now: datetime) -> None:
    """The reminders of these (draft id, engagement) are handed over, or skipped for a named reason (T5, D14)."""
    for key, draft_ids in _grouped(((engagement, outcome, reason), draft_id) for draft_id, engagement, outcome, reason in items).items():
        engagement, outcome, reason = key
        store.change_all(lifecycle.reminder_settled(draft_ids=draft_ids, engagement=engagement, outcome=outcome, reason=reason, now=now))


def dismiss(*, business_id: int, draft_id: str, engagement: int, user_id: int, now: datetime) -> Draft:
    """Take the card of this engagement out of Follow-ups for good (T7, S53 to S55). Raises DraftMoved."""
    expire_one(business_id=business_id, draft_id=draft_id, now=now)
    draft = store.change(lifecycle.dismiss(business_id=business_id, draft_id=draft_id, engagement=engagement, by=str(user_id), now=now))
    if draft is None:
        raise DraftMoved(f"Draft {draft_id} is not waiting at engagement {engagement}.")
    return draft


class Made(Protocol):
    """What has to be known of an appointment made from a draft: scheduler's model has it, which this floor does not know."""

    @property
    def pk(self) -> int: ...
    @property
    def business_id(self) -> int: ...
    @property
    def client_id(self) -> int: ...
    @property
    def draft_id(self) -> str: ...
    @property
    def engagement(self) -> int | None: ...
    @property
    def confirm_key(self) -> UUID: ...
    @property
    def booked_by_id(self) -> int | None: ...
    @property
    def created_at(self) -> datetime: ...


def mark_converted(*, made: Made, now: datetime) -> bool:
    """The appointment is committed: close the draft it was made from (T6, S71). True if this call closed it.

    False is fine, too: it was closed before, is gone, or the client has engaged anew since (I7). Without `draft_id` or `engagement` (MongoDB
    was away at Confirm) it is the client's draft, unless they engaged after the appointment was made. `booked_by_id` None: the client.
    """
    whose = {"business_id": made.business_id, "client_id": made.client_id}
    if made.draft_id and made.engagement is not None:
        which = lifecycle.by_engagement(**whose, draft_id=made.draft_id, engagement=made.engagement)
    else:
        which = lifecycle.by_moment(**whose, booked_at=made.created_at)
    by = str(made.booked_by_id) if made.booked_by_id else "client"
    step = lifecycle.convert(which=which, confirm_key=made.confirm_key, appointment_id=made.pk, by=by, now=now)
    return store.change(step) is not None


def erase_client(*, business_id: int, client_id: int) -> int:
    """Forget the client's draft, whatever its state. Returns how many there were."""
    return store.delete(business_id=business_id, client_id=client_id)


def _grouped(pairs: Iterable[tuple[K, str]]) -> dict[K, list[str]]:
    groups: dict[K, list[str]] = defaultdict(list)
    for key, draft_id in pairs:
        groups[key].append(draft_id)
    return groups
