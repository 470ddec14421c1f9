"""Many rows in one statement: a sweep hands over up to a thousand drafts at a time (speed.md, P1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core import identifiers
from core.lookups import AnyOf
from messaging.models import Message, State


@dataclass(frozen=True, slots=True)
class Wish:
    """One automatic message about a draft: to be sent to `recipient` from `not_before` on, or with a `reason` not to be sent (D14)."""

    business_id: int
    client_id: int
    draft_id: str
    engagement: int
    channel: str
    dedupe_key: str
    recipient: str
    not_before: datetime
    reason: str = ""

    @property
    def state(self) -> State:
        """A row with a reason is there to be read; nobody sends it."""
        return State.SKIPPED if self.reason else State.QUEUED


def queue_many(*, kind: str, wishes: Sequence[Wish], now: datetime) -> set[str]:
    """Store these, each whose key is new and whose draft has nothing in flight over that channel, as `queue` does for one.

    Returns the keys that are queued or further afterwards, whoever stored them. Two statements, however many.
    """
    if not wishes:
        return set()
    # Sorted, so that two sweeps with the same rows never wait for each other in a ring.
    rows = sorted(wishes, key=lambda wish: wish.dedupe_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Message._meta.db_table} (id, kind, business_id, client_id, draft_id, engagement, channel, trigger, dedupe_key,"  # noqa: S608, SLF001
            " recipient, subject, body, state, attempts, requeues, not_before, provider_id, delivery, reason, created_at, done_at)"
            " SELECT id, %s, business_id, client_id, draft_id, engagement, channel, %s, dedupe_key, recipient, '', '', state, 0, 0,"
            " not_before, '', '', reason, %s, CASE WHEN reason = '' THEN NULL ELSE %s END"
            " FROM UNNEST(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::timestamptz[], %s::text[]) AS wish(id, business_id, client_id, draft_id, engagement, channel, dedupe_key, recipient,"
            " state, not_before, reason) ON CONFLICT DO NOTHING",
            [kind, Message.Trigger.AUTO, now, now, *_columns(rows)],
        )
    keys = Message.objects.filter(AnyOf("dedupe_key", [row.dedupe_key for row in rows]))
    return set(keys.exclude(state=State.SKIPPED).values_list("dedupe_key", flat=True))


def _columns(rows: Sequence[Wish]) -> list[list[object]]:
    return [
        [identifiers.new_uuid() for _ in rows],
        [row.business_id for row in rows],
        [row.client_id for row in rows],
        [row.draft_id for row in rows],
        [row.engagement for row in rows],
        [str(row.channel) for row in rows],
        [row.dedupe_key for row in rows],
        [row.recipient for row in rows],
        [row.state.value for row in rows],
        [row.not_before for row in rows],
        [str(row.reason) for row in rows],
    ]
