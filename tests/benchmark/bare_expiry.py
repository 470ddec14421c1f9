"""The ceiling of P1: one batch of the sweep's engine operations by bare drivers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from pymongo.collection import Collection

from core import identifiers, mongo

BATCH = 1000
BELLS = """
    INSERT INTO messaging_staffnotice (business_id, client_id, draft_id, engagement, start_at, created_at)
    SELECT business, client, draft, 1, %(now)s, %(now)s
    FROM unnest(%(businesses)s::bigint[], %(clients)s::bigint[], %(drafts)s::text[]) AS t (business, client, draft)
    ON CONFLICT DO NOTHING
"""
REMINDERS = """
    INSERT INTO messaging_message (id, kind, business_id, client_id, draft_id, engagement, channel, trigger, dedupe_key, recipient, subject,
        body, state, attempts, requeues, not_before, provider_id, delivery, reason, created_at)
    SELECT id, 'incomplete_reminder', business, client, draft, 1, 'email', 'auto', 'auto:' || draft || ':1:email', 'someone@example.com', '',
        '', 'queued', 0, 0, %(later)s, '', '', '', %(now)s
    FROM unnest(%(ids)s::uuid[], %(businesses)s::bigint[], %(clients)s::bigint[], %(drafts)s::text[]) AS t (id, business, client, draft)
    ON CONFLICT DO NOTHING
"""


def expire_batch(drafts: Collection[mongo.Document], link: psycopg.Connection[Any]) -> bool:
    """T3, bells and reminder rows of one batch, as the sweep does them; False when nothing was due."""
    now = in_ms(datetime.now(UTC))
    alive = {"purge_at": {"$gt": now}}
    due = {"status": "reviewing", "review_expires_at": {"$lte": now}, **alive}
    ids = [found["_id"] for found in drafts.find(due, {"_id": True}, limit=BATCH, batch_size=BATCH).sort("review_expires_at", 1)]
    if not ids:
        return False
    ended = {"status": "incomplete", "incomplete_at": now, "bell.state": "pending", "reminder.state": "pending"}
    drafts.update_many({"_id": {"$in": ids}, **due}, {"$set": ended, "$inc": {"rev": 1}})
    ring = list(drafts.find({"bell.state": "pending", **alive}, limit=BATCH, batch_size=BATCH))
    _write(link, BELLS, ring, now)
    _settle(drafts, "bell", ring, {"bell.state": "done", "bell.at": now})
    remind = list(drafts.find({"reminder.state": "pending", **alive}, limit=BATCH, batch_size=BATCH))
    link.execute("SELECT * FROM business_client WHERE id = ANY(%s)", [[draft["client_id"] for draft in remind]]).fetchall()
    _write(link, REMINDERS, remind, now)
    _settle(drafts, "reminder", remind, {"reminder.state": "handed", "reminder.at": now})
    return True


def _write(link: psycopg.Connection[Any], statement: str, found: Sequence[mongo.Document], now: datetime) -> None:
    values = {
        "ids": [identifiers.new_uuid() for _ in found],
        "drafts": [draft["_id"] for draft in found],
        "businesses": [draft["business_id"] for draft in found],
        "clients": [draft["client_id"] for draft in found],
        "now": now,
        "later": now + timedelta(hours=3),
    }
    link.execute(statement, values)
    link.commit()


def _settle(drafts: Collection[mongo.Document], mark: str, found: Sequence[mongo.Document], change: mongo.Document) -> None:
    where = {"_id": {"$in": [draft["_id"] for draft in found]}, "engagement": 1, f"{mark}.state": "pending"}
    drafts.update_many(where, {"$set": change, "$inc": {"rev": 1}})


def in_ms(moment: datetime) -> datetime:
    """Cut to the milliseconds MongoDB keeps."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
