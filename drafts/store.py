"""The only writer of `booking_drafts`: runs the steps of `drafts.lifecycle`, one atomic operation each, and keeps the indexes in order."""

from collections.abc import Mapping
from typing import Any

import pymongo
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import CollectionInvalid, DuplicateKeyError

from core import mongo
from drafts.breaker import guarded
from drafts.document import Draft, DraftsUnavailable, from_bson
from drafts.lifecycle import Step
from drafts.schema import COLLECTION, INDEXES, VALIDATION, Index, is_validated

BUILD_SECONDS = 120


def _drafts() -> Collection[mongo.Document]:
    return mongo.database()[COLLECTION]


def change(step: Step) -> Draft | None:
    """Make the step on the one document it is for and return it as it is now.

    None: no document met the guard; or, for a step that creates, the client's document exists and does not meet it.
    Raises DraftsUnavailable, also for a document that cannot be read: it must keep nobody from booking.
    """
    with guarded():
        try:
            document = _drafts().find_one_and_update(step.guard, step.change, upsert=step.creates, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:
            return None
    if document is None:
        return None
    try:
        return from_bson(document)
    except (KeyError, TypeError, ValueError):
        # Nothing of the document itself: it may hold the client's note.
        raise DraftsUnavailable(f"draft {document['_id']} cannot be read") from None


def change_all(step: Step) -> int:
    """Make the step on every document that meets its guard, each atomically, and return how many. Raises DraftsUnavailable."""
    with guarded():
        return _drafts().update_many(step.guard, step.change).modified_count


def delete(*, business_id: int, client_id: int) -> int:
    """Delete the client's draft and return how many there were. Raises DraftsUnavailable."""
    with guarded():
        return _drafts().delete_many({"business_id": business_id, "client_id": client_id}).deleted_count


def ensure_indexes() -> list[str]:
    """Create what is missing, change what differs, and say so, one line each; [] when all was in order. Raises DraftsUnavailable.

    Safe to run by several at once. An index on many drafts takes its time, so the short time-out of the web process does not apply.
    """
    with guarded():
        mongo.database().command("ping")  # out of reach is said at once, not after BUILD_SECONDS
        with pymongo.timeout(BUILD_SECONDS):
            changes = _ensure_collection()
            existing: dict[str, Mapping[str, Any]] = {found["name"]: found for found in _drafts().list_indexes()}
            for index in INDEXES:
                changes += _ensure(index, existing)
    return changes


def _ensure_collection() -> list[str]:
    database = mongo.database()
    found = next(iter(database.list_collections(filter={"name": COLLECTION})), None)
    if found is None:
        try:
            database.create_collection(COLLECTION, **VALIDATION)
        except CollectionInvalid:  # another process was faster
            return []
        return [f"created {COLLECTION} with its validator"]
    if is_validated(found):
        return []
    database.command("collMod", COLLECTION, **VALIDATION)
    return ["changed the validator"]


def _ensure(index: Index, existing: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = existing.get(index.name)
    if found is not None and index.has_keys_of(found) and index.has_options_of(found):
        return []
    if found is not None and index.has_keys_of(found) and "expireAfterSeconds" in found and "expireAfterSeconds" in index.options:
        # MongoDB answers createIndex with error 85 here; collMod is its way to change a TTL.
        mongo.database().command("collMod", COLLECTION, index={"name": index.name, **index.options})
        return [f"changed {index.name}"]
    rivals = [name for name, other in existing.items() if name == index.name or index.has_keys_of(other)]
    for name in rivals:
        _drafts().drop_index(name)
    _drafts().create_index(list(index.keys), name=index.name, **index.options)
    return [f"dropped {name}" for name in rivals] + [f"created {index.name}"]
