"""The invariants on live data (draft-lifecycle 7): those that need both databases, after those of MongoDB alone. Ids only, no names."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from business.models import Business
from drafts import queries as draft_queries
from drafts.document import DraftState
from drafts.lifecycle import KEEP_FOR
from followups.queries.cards import incomplete
from followups.queries.waiting import SHOWN_AT_MOST
from messaging.models import IN_FLIGHT, Message, StaffNotice
from scheduler import queries as appointments
from scheduler.models import Appointment

SETTLES_IN = timedelta(seconds=60)
SENDS_WITHIN = timedelta(minutes=60)


def violations(*, now: datetime, limit: int = 1000) -> list[str]:
    """Breaches of I1, I2, I3, I5, I7, I9, I10, I12 and I13, one line each, looking at up to `limit` rows of a kind; [] is good.

    Reads only. Raises DraftsUnavailable.
    """
    both = [*_bells(now, limit), *_messages(now, limit), *_conversions(now, limit), *_overlaps(limit), *_panels(now)]
    return draft_queries.violations() + both


def _bells(now: datetime, limit: int) -> Iterator[str]:
    """I3: a draft that has rested in incomplete for a minute has its bell. (That it has at most one is a constraint.)"""
    resting = draft_queries.resting(before=now - SETTLES_IN, now=now, limit=limit)
    ids = [draft.id for draft in resting]
    rung = set(StaffNotice.objects.filter(draft_id__in=ids).values_list("draft_id", "engagement"))
    booked = appointments.booked_from(resting)
    for draft in resting:
        if (draft.id, draft.engagement) not in rung and draft.id not in booked:
            yield f"I3: draft {draft.id} is incomplete without a bell for engagement {draft.engagement}"


def _messages(now: datetime, limit: int) -> Iterator[str]:
    """I5: an hour after it could have been sent, a message has ended one way or another."""
    late = Message.objects.filter(state__in=IN_FLIGHT, not_before__lt=now - SENDS_WITHIN).order_by("not_before")
    for message in late[:limit]:
        yield f"I5: message {message.pk} is still {message.state}"


def _conversions(now: datetime, limit: int) -> Iterator[str]:
    """I7: an appointment made from a draft has ended it, unless the client came back for more."""
    made = Appointment.objects.filter(created_at__gt=now - KEEP_FOR, created_at__lt=now - SETTLES_IN).exclude(draft_id="")
    recent = list(made.order_by("-created_at")[:limit])
    drafts = draft_queries.by_ids(draft_ids=[appointment.draft_id for appointment in recent], now=now)
    for appointment in recent:
        draft = drafts.get(appointment.draft_id)
        if draft and draft.status is not DraftState.CONVERTED and draft.engagement <= (appointment.engagement or 0):
            yield f"I7: draft {draft.id} is {draft.status} although appointment {appointment.pk} was made from it"


def _overlaps(limit: int) -> Iterator[str]:
    """I9: nobody has two active appointments at once. A constraint sees to it; this sees whether the constraint is there."""
    table = connection.ops.quote_name(Appointment._meta.db_table)  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT one.id, two.id FROM {table} one JOIN {table} two ON one.team_member_id = two.team_member_id AND one.id < two.id"  # noqa: S608
            " AND one.starts < two.ends AND two.starts < one.ends"
            " WHERE one.status NOT IN ('cancelled', 'no_show') AND two.status NOT IN ('cancelled', 'no_show') ORDER BY 1, 2 LIMIT %s",
            [limit],
        )
        yield from (f"I9: appointments {one} and {two} overlap" for one, two in cursor.fetchall())


def _panels(now: datetime) -> Iterator[str]:
    """I13: the number on badge and dashboard card is the number of cards."""
    for business in Business.objects.order_by("pk"):
        found, cards = incomplete(business=business, now=now)
        if len(cards) != min(found.count, SHOWN_AT_MOST):
            yield f"I13: business {business.pk} counts {found.count} and shows {len(cards)}"
