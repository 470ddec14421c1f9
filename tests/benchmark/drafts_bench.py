"""P9 and P10 of speed.md: capture, panel and count through our store, each as a ratio to the bare driver doing the same operations.

Both work in the database of MONGO_URL under business ids of their own and clean up after themselves. Their drafts lie in 2037: no sweep
and no TTL touches them.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pymongo
from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database

from core import identifiers, mongo
from drafts import actions, queries, store
from drafts.document import Draft, DraftState, Mark, Selection, ServiceChoice
from tests.benchmark.rows import Row, side_by_side
from tests.documents import to_bson

NOW = datetime(2037, 11, 24, 22, 0, tzinfo=UTC)
OURS, BARE, FIRST = 900_000, 900_001, 900_100
PER_BUSINESS = 1000
PATIENCE_SECONDS = 300
SHOWN = 50
CHOSEN = Selection(
    (ServiceChoice(1, None, "Hair cut", 45, 6200), ServiceChoice(3, 7, "Colour", 75, 11000)),
    5,
    NOW + timedelta(days=1),
    "Australia/Sydney",
    "By the window, please.",
)


@contextmanager
def _room() -> Iterator[Collection[mongo.Document]]:
    """The collection with its indexes, free of what an earlier run left, and free again afterwards."""
    with pymongo.timeout(PATIENCE_SECONDS):
        store.ensure_indexes()
        drafts = mongo.database().booking_drafts
        drafts.delete_many({"business_id": {"$gte": OURS}})
    try:
        yield drafts
    finally:
        with pymongo.timeout(PATIENCE_SECONDS):
            drafts.delete_many({"business_id": {"$gte": OURS}})


@contextmanager
def _swapped(database: Database[mongo.Document]) -> Iterator[None]:
    """The store works on `database` meanwhile: the one seam that the tests use, too."""
    real = mongo.database
    mongo.database = lambda: database
    try:
        yield
    finally:
        mongo.database = real


@contextmanager
def _other_room() -> Iterator[Collection[mongo.Document]]:
    """The same collection in a second database on the same server, dropped afterwards."""
    database = mongo.database().client.get_database(f"{mongo.database().name}_small", codec_options=mongo.database().codec_options)
    with _swapped(database), _room() as drafts:
        pass
    try:
        yield drafts
    finally:
        with pymongo.timeout(PATIENCE_SECONDS):
            database.client.drop_database(database)


def _draft(business_id: int, client_id: int) -> Draft:
    quiet = Mark("done", "", NOW)
    return Draft(
        id=identifiers.new_draft_id(),
        business_id=business_id,
        client_id=client_id,
        status=DraftState.INCOMPLETE,
        engagement=1,
        rev=4,
        flow=identifiers.new_uuid(),
        closed_flow=None,
        review_started_at=NOW - timedelta(minutes=20),
        review_expires_at=NOW - timedelta(minutes=10) + timedelta(milliseconds=client_id),
        incomplete_at=NOW - timedelta(minutes=10),
        engaged_at=NOW - timedelta(minutes=20),
        purge_at=NOW + timedelta(hours=23),
        selection=CHOSEN,
        bell=quiet,
        reminder=Mark("handed", "", NOW),
    )


def _capture_ours(client_id: int) -> None:
    draft = actions.start_review(business_id=OURS, client_id=client_id, flow=identifiers.new_uuid(), selection=CHOSEN, now=NOW)
    assert draft is not None


def _capture_bare(drafts: Collection[mongo.Document], document: dict[str, Any], client_id: int) -> None:
    """The same upsert by key, with a document that is ready."""
    drafts.find_one_and_update(
        {"business_id": BARE, "client_id": client_id},
        {"$set": document, "$setOnInsert": {"_id": identifiers.new_draft_id()}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )


def _slice(capture: Callable[[int], None], clients: Iterator[int], captures: int, pool: ThreadPoolExecutor) -> None:
    list(pool.map(capture, [next(clients) for _ in range(captures)]))


def p9(*, threads: int, captures: int = 300, slices: int = 8) -> Row:
    """First captures a second by `threads` threads, in `slices` turns of `captures` each."""
    with _room() as drafts, ThreadPoolExecutor(threads) as pool:
        document = {name: value for name, value in to_bson(_draft(BARE, 1)).items() if name not in {"_id", "business_id", "client_id"}}
        bare = partial(_slice, partial(_capture_bare, drafts, document), count(1), captures, pool)
        ours = partial(_slice, _capture_ours, count(1), captures, pool)
        side_by_side([ours], [bare])  # connections
        mine, theirs, slower = side_by_side([ours] * slices, [bare] * slices)
    ratio = 1 / slower
    what = f"capture, {threads} thread{'s' if threads > 1 else ''}"
    return Row("P9", what, captures / mine, captures / theirs, "captures/s", ratio, "≥ 0.8", ratio >= 0.8)


def _fill(drafts: Collection[mongo.Document], size: int) -> None:
    """`size` waiting drafts, PER_BUSINESS for each business."""
    for business_id in range(FIRST, FIRST + size // PER_BUSINESS):
        drafts.insert_many((to_bson(_draft(business_id, client_id)) for client_id in range(1, PER_BUSINESS + 1)), ordered=False)


def _look_ours(database: Database[mongo.Document]) -> None:
    with _swapped(database):
        assert len(queries.waiting(business_id=FIRST, now=NOW, limit=SHOWN)) == SHOWN
        assert queries.waiting_count(business_id=FIRST, now=NOW) == PER_BUSINESS


def _look_bare(drafts: Collection[mongo.Document]) -> None:
    where = {"business_id": FIRST, "open": True, "review_expires_at": {"$lte": NOW}, "purge_at": {"$gt": NOW}}
    assert len(list(drafts.find(where, limit=SHOWN).sort("review_expires_at", -1))) == SHOWN
    assert drafts.count_documents(where) == PER_BUSINESS


def p10(*, small: int = 10_000, large: int = 100_000, looks: int = 150) -> list[Row]:
    """Panel list of 50 and count of one business with 1,000 waiting, among `small` and among `large` drafts; and whether size matters.

    The small heap lies in a database of its own, so that both can be asked in turns.
    """
    with _room() as drafts, _other_room() as fewer:
        with pymongo.timeout(PATIENCE_SECONDS):
            _fill(fewer, small)
            _fill(drafts, large)
        rows = [_panel(fewer, small, looks), _panel(drafts, large, looks)]
        one, ten = partial(_look_ours, fewer.database), partial(_look_ours, drafts.database)
        side_by_side([ten], [one])
        many, few, growth = side_by_side([ten] * looks, [one] * looks)
    what = f"the same, {large:,} to {small:,} drafts"
    return [*rows, Row("P10", what, many * 1e3, few * 1e3, "ms", growth, "≤ 1.2", growth <= 1.2)]


def _panel(drafts: Collection[mongo.Document], size: int, looks: int) -> Row:
    ours, bare = partial(_look_ours, drafts.database), partial(_look_bare, drafts)
    side_by_side([ours], [bare])
    mine, theirs, ratio = side_by_side([ours] * looks, [bare] * looks)
    return Row("P10", f"panel and count, {size:,} drafts", mine * 1e3, theirs * 1e3, "ms", ratio, "≤ 1.3", ratio <= 1.3)
