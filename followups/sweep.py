"""The sweep: what is true since ten minutes becomes known. Safe to run never, once, or many times at once (draft-lifecycle 8).

1. Appointments whose draft does not know yet: convert the draft (T6).
2. Review sessions that have ended: incomplete (T3), in batches.
3. Bells, once per engagement, with the `captured` count (T4).
4. Reminders: policy → queued rows or a reason (T5).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import InterfaceError, OperationalError

from business.actions import beat
from business.models import Heartbeat
from drafts import actions as drafts
from drafts import queries as draft_queries
from drafts.document import Draft, DraftsUnavailable
from followups import outreach
from followups.actions import mirror, ring_bells
from followups.queries.facts import Loaded
from scheduler import queries as appointments

logger = logging.getLogger(__name__)

# A database does not answer: a door ends its pass, and the next one goes on.
AWAY = (DraftsUnavailable, OperationalError, InterfaceError)
TICK_SECONDS = 1.0
BATCH = 1000
BEAT_EVERY = timedelta(seconds=5)
SHORTEST_PAUSE_SECONDS = 0.02


def sweep(*, now: datetime) -> None:
    """One whole pass. Raises DraftsUnavailable when MongoDB is away; whatever was done stays done and the next pass goes on."""
    mirror_conversions(now=now)
    while True:
        expired = drafts.expire_due(now=now, limit=BATCH)
        _drain(draft_queries.pending_bells, _announce, now=now)
        _drain(draft_queries.pending_reminders, _remind, now=now)
        if expired < BATCH:
            return


def stay_awake(*, read_clock: Callable[[], datetime], pause: Callable[[float], object], seconds: float) -> None:
    """Sweep, and again at each due date that falls within the next `seconds`, so that nobody waits for the next tick (speed.md).

    The clock is read on each pass; between passes `pause(seconds)` waits. Returns when nothing more is due within the time.
    """
    ends = monotonic() + seconds
    while True:
        now = read_clock()
        sweep(now=now)
        due = draft_queries.next_due(now=now)
        left = ends - monotonic()
        if due is None or (wait := (due - read_clock()).total_seconds()) >= left:
            return
        # Never less than a moment: a draft that stays due although it was swept must not turn waiting into spinning.
        pause(max(SHORTEST_PAUSE_SECONDS, wait))


def show_life(*, name: str, now: datetime) -> None:
    """Leave a heartbeat, at most one write every few seconds."""
    if not Heartbeat.objects.filter(name=name, at__gt=now - BEAT_EVERY, at__lte=now).exists():
        beat(name=name, now=now)


def mirror_conversions(*, now: datetime) -> None:
    """Convert the drafts of appointments that are not mirrored yet. One that fails does not stop the others."""
    while rows := appointments.unmirrored(BATCH):
        done = sum(_try(mirror, appointment=row, now=now) for row in rows)
        if done == 0 or len(rows) < BATCH:
            return


def _drain(pending: Callable[..., list[Draft]], work: Callable[..., None], *, now: datetime) -> None:
    """Take what is pending batch by batch. A batch that fails is taken one draft at a time, so that only the poisoned one is left (F18)."""
    while batch := pending(now=now, limit=BATCH):
        failed = 0
        if not _try(work, items=batch, now=now):
            failed = sum(not _try(work, items=[draft], now=now) for draft in batch)
        if failed == len(batch) or len(batch) < BATCH:
            return


def _try(work: Callable[..., object], **arguments: object) -> bool:
    try:
        work(**arguments)
    except DraftsUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - one bad row must not stop the row behind it
        logger.error("%s failed: %s", work.__name__, type(error).__name__)  # noqa: TRY400 - a trace may hold a row with names
        return False
    return True


def _announce(*, items: Sequence[Draft], now: datetime) -> None:
    """The bells of these, and their reminders while everything about them is at hand."""
    loaded = Loaded(items)
    for appointment in loaded.booked.values():
        mirror(appointment=appointment, now=now)
    waiting = [draft for draft in items if not loaded.is_booked(draft)]
    ring_bells(items=waiting, now=now)
    drafts.bells_done(items=[(draft.id, draft.engagement) for draft in waiting], now=now)
    outreach.hand_over(items=[draft for draft in waiting if draft.reminder.state == "pending"], loaded=loaded, now=now)


def _remind(*, items: Sequence[Draft], now: datetime) -> None:
    """Reminders that a bell left behind: the worker died between the two, or one of the two failed."""
    outreach.hand_over(items=items, loaded=Loaded(items), now=now)
