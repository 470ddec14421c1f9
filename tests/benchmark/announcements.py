"""Hears from MongoDB itself when a review is settled, instead of asking again and again (P2)."""

import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Self

from pymongo import MongoClient
from pymongo.collection import Collection

from core import mongo

SETTLED = ("handed", "skipped")


class Announcements:
    """Listens to a collection's changes and keeps the moment at which each document's reminder was announced as settled."""

    def __init__(self, drafts: Collection[mongo.Document]) -> None:
        self.moments: dict[str, datetime] = {}
        # A client of its own: the product's gives up too soon for somebody who listens.
        self._client: MongoClient[mongo.Document] = MongoClient(os.environ["MONGO_URL"], tz_aware=True)
        collection = self._client.get_default_database()[drafts.name]
        self._stream = collection.watch([{"$match": {"operationType": "update"}}], max_await_time_ms=200)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._stream.close()
        self._client.close()

    def wait_for(self, number: int, *, seconds: float) -> None:
        ends = monotonic() + seconds
        while len(self.moments) < number:
            if monotonic() > ends:
                raise RuntimeError(f"{number - len(self.moments)} reviews were never settled.")
            sleep(0.1)

    def _listen(self) -> None:
        while not self._stop.is_set():
            change = self._stream.try_next()
            if change and _reminder_in(change["updateDescription"]["updatedFields"]) in SETTLED:
                self.moments.setdefault(change["documentKey"]["_id"], datetime.now(UTC))


def _reminder_in(changed: Mapping[str, Any]) -> object:
    """The new state of the reminder in what a change stream says; it names a nested field alone, or the whole part that was set."""
    return changed.get("reminder.state") or changed.get("reminder", {}).get("state")
