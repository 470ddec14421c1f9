"""Reads of `booking_drafts`. Each one filters on `purge_at`, because the TTL index deletes late; each list repeats the predicate of its
partial index, because MongoDB uses none otherwise. All raise DraftsUnavailable when MongoDB is away or the breaker is open.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import pymongo
from pymongo.collection import Collection

from core import mongo
from drafts.breaker import guarded
from drafts.document import OPEN, Draft, DraftState, DraftsUnavailable, from_bson
from drafts.schema import COLLECTION, INDEXES, is_validated

SCAN_SECONDS = 120
logger = logging.getLogger(__name__)

_CHANGES_DATA = {"unique", "expireAfterSeconds"}


def _drafts() -> Collection[mongo.Document]:
    return mongo.database()[COLLECTION]


def _readable(documents: Iterable[Mapping[str, Any]]) -> Iterator[Draft]:
    """One document that cannot be read must not hide the others; `violations` names it."""
    for document in documents:
        try:
            yield from_bson(document)
        except (KeyError, TypeError, ValueError):
            logger.error("draft %s cannot be read", document.get("_id"))  # noqa: TRY400 - the traceback would quote the client's note


def _one(where: dict[str, Any]) -> Draft | None:
    with guarded():
        document = _drafts().find_one(where)
    return next(_readable([document]), None) if document else None


def _several(where: dict[str, Any], *, limit: int, newest_first: bool = False) -> list[Draft]:
    with guarded():
        cursor = _drafts().find(where, limit=limit, batch_size=limit)
        documents = list(cursor.sort("review_expires_at", -1) if newest_first else cursor)
    return list(_readable(documents))


def get(*, business_id: int, draft_id: str, now: datetime) -> Draft | None:
    """The draft of this business with this id, in any state, until it is purged."""
    return _one({"_id": draft_id, "business_id": business_id, "purge_at": {"$gt": now}})


def for_client(*, business_id: int, client_id: int, now: datetime) -> Draft | None:
    """The client's one draft, in any state, until it is purged (S08)."""
    return _one({"business_id": business_id, "client_id": client_id, "purge_at": {"$gt": now}})


def by_ids(*, draft_ids: Sequence[str], now: datetime) -> dict[str, Draft]:
    """Those of these drafts, of any business and in any state, that are not purged: for sweeps and for the check of I7."""
    return {draft.id: draft for draft in _several({"_id": {"$in": list(draft_ids)}, "purge_at": {"$gt": now}}, limit=len(draft_ids))}


def resting(*, before: datetime, now: datetime, limit: int) -> list[Draft]:
    """Drafts of all businesses that were expired at `before` or earlier and are still incomplete: each must have its bell by then (I3)."""
    return _several({"open": True, "incomplete_at": {"$lte": before}, "purge_at": {"$gt": now}}, limit=limit)


def _waiting(business_id: int, now: datetime) -> dict[str, Any]:
    return {"business_id": business_id, "open": True, "review_expires_at": {"$lte": now}, "purge_at": {"$gt": now}}


def waiting(*, business_id: int, now: datetime, limit: int = 200) -> list[Draft]:
    """What staff see: open, review over, not purged (D12), whoever's review ended last first. Right with every worker dead."""
    return _several(_waiting(business_id, now), limit=limit, newest_first=True)


def waiting_count(*, business_id: int, now: datetime) -> int:
    """How many `waiting` there are, without a limit (I13)."""
    with guarded():
        return _drafts().count_documents(_waiting(business_id, now))


def due_ids(*, now: datetime, limit: int) -> list[str]:
    """Ids of drafts whose review is over and that are still marked as reviewing, longest overdue first, of all businesses (T3)."""
    where = {"status": DraftState.REVIEWING.value, "review_expires_at": {"$lte": now}, "purge_at": {"$gt": now}}
    with guarded():
        cursor = _drafts().find(where, {"_id": True}, limit=limit, batch_size=limit).sort("review_expires_at", 1)
        return [document["_id"] for document in cursor]


def next_due(*, now: datetime) -> datetime | None:
    """When the next review of any business ends, or ended, if it is not expired yet; None while nobody is on Review."""
    where = {"status": DraftState.REVIEWING.value, "purge_at": {"$gt": now}}
    with guarded():
        document = _drafts().find_one(where, {"review_expires_at": True}, sort=[("review_expires_at", 1)])
    return document["review_expires_at"] if document else None


def pending_bells(*, now: datetime, limit: int) -> list[Draft]:
    """Drafts of all businesses whose bell of this engagement has not been settled (T4)."""
    return _several({"bell.state": "pending", "purge_at": {"$gt": now}}, limit=limit)


def pending_reminders(*, now: datetime, limit: int) -> list[Draft]:
    """Drafts of all businesses whose reminder of this engagement has not been handed over or skipped (T5)."""
    return _several({"reminder.state": "pending", "purge_at": {"$gt": now}}, limit=limit)


def ping() -> bool:
    """Whether MongoDB answers. Raises nothing."""
    try:
        with guarded():
            mongo.database().command("ping")
    except DraftsUnavailable:
        return False
    return True


def index_drift() -> list[str]:
    """What differs from `drafts.schema`, each with the index's name; [] when nothing does.

    Indexes of somebody else's are none of our business, unless they are unique or delete documents.
    """
    with guarded():
        collection = next(iter(mongo.database().list_collections(filter={"name": COLLECTION})), None)
        if collection is None:
            return [f"{COLLECTION} is missing"]
        found = {index["name"]: index for index in _drafts().list_indexes()}
    drift = [] if is_validated(collection) else ["validator differs"]
    for index in INDEXES:
        actual = found.pop(index.name, None)
        if actual is None:
            drift.append(f"{index.name} is missing")
        elif not index.has_keys_of(actual):
            drift.append(f"{index.name} has other keys")
        elif not index.has_options_of(actual):
            drift.append(f"{index.name} has other options")
    return drift + [f"{name} is not ours" for name, actual in found.items() if _CHANGES_DATA & set(actual)]


_OPEN = [state.value for state in OPEN]
_WRONG: dict[str, dict[str, Any]] = {
    "I2: open does not match the status": {
        "$or": [{"open": True, "status": {"$nin": _OPEN}}, {"open": {"$ne": True}, "status": {"$in": _OPEN}}]
    },
    "I10: engagement or rev below its start": {"$or": [{"engagement": {"$not": {"$gte": 1}}}, {"$expr": {"$lt": ["$rev", "$engagement"]}}]},
    "I12: a date that is no date": {
        "$or": [{name: {"$not": {"$type": "date"}}} for name in ("purge_at", "engaged_at", "review_expires_at")]
    },
    "T3: marks are pending outside incomplete": {
        "status": {"$ne": DraftState.INCOMPLETE.value},
        "$or": [{"bell.state": "pending"}, {"reminder.state": "pending"}],
    },
}


def violations(*, limit: int = 100) -> list[str]:
    """Checks the invariants that one look at the live documents can decide, and names at most `limit` breaches of each; [] is good.

    Reads every document once, for which the short time-out of the web process would not do.
    """
    with guarded():
        mongo.database().command("ping")  # out of reach is said at once, not after SCAN_SECONDS
        with pymongo.timeout(SCAN_SECONDS):
            return list(_violations(limit=limit))


def _violations(*, limit: int) -> Iterator[str]:
    twice = _drafts().aggregate(
        [
            {"$group": {"_id": {"business": "$business_id", "client": "$client_id"}, "drafts": {"$sum": 1}}},
            {"$match": {"drafts": {"$gt": 1}}},
            {"$limit": limit},
        ],
        allowDiskUse=True,
    )
    for key in (row["_id"] for row in twice):
        yield f"I1: client {key['client']} of business {key['business']} has several drafts"
    for what, where in _WRONG.items():
        for found in _drafts().find(where, {"_id": True}, limit=limit):
            yield f"{what}: {found['_id']}"
    for document_id in islice(_unreadable(_drafts().find({})), limit):
        yield f"unreadable: {document_id}"


def _unreadable(documents: Iterable[Mapping[str, Any]]) -> Iterator[object]:
    for document in documents:
        if next(_readable([document]), None) is None:
            yield document.get("_id")
