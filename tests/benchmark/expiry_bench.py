"""P1, P2, P3: reviews that end, expired by the worker as shipped: incomplete, one bell and one reminder row each, durably.

The ceiling does the same engine operations in the same batches with bare drivers, in a collection of its own with the same indexes.
"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter, sleep
from typing import Any

import psycopg
from pymongo import WriteConcern
from pymongo.collection import Collection

from business.models import Client
from core import identifiers, mongo
from drafts import store
from drafts.document import Draft, DraftState, Mark, Selection, ServiceChoice
from drafts.schema import INDEXES
from tests.benchmark.announcements import Announcements
from tests.benchmark.bare_expiry import expire_batch, in_ms
from tests.benchmark.people import Salon, clients
from tests.benchmark.rows import Row
from tests.documents import to_bson

LEAD = timedelta(seconds=2)
PATIENCE_SECONDS = 120.0
A_SECOND = 100


class Expiry:
    """Writes reviews that end at a chosen moment, and waits for the worker to be done with them."""

    def __init__(self, salon: Salon) -> None:
        self._salon = salon
        self._drafts: Collection[mongo.Document] = mongo.database().booking_drafts
        self._quick = self._drafts.with_options(write_concern=WriteConcern(1))
        self._waiting = 10_000_000

    def burst(self, number: int) -> float:
        """`number` reviews end at one moment; seconds from that moment until bell and reminder of the last one are settled."""
        people, due = self._write_in_time(number)
        sleep((due - _now()).total_seconds())
        begun = perf_counter()
        while self._is_busy():
            if perf_counter() - begun > PATIENCE_SECONDS:
                raise RuntimeError("The worker did not finish.")
            sleep(0.02)
        taken = perf_counter() - begun
        self._check(people)
        return taken

    def ceiling(self, number: int) -> float:
        """Seconds for the same work by bare drivers."""
        people = clients(self._salon, number)
        bare = mongo.database().bare_drafts
        bare.drop()
        for index in INDEXES:
            bare.create_index(list(index.keys), name=index.name, **index.options)
        due = _now() - timedelta(seconds=1)
        bare.insert_many([to_bson(_review(client, due)) for client in people], ordered=False)
        with psycopg.connect(os.environ["DATABASE_URL"]) as link:
            begun = perf_counter()
            while expire_batch(bare, link):
                pass
            taken = perf_counter() - begun
        bare.drop()
        return taken

    def wait_with(self, number: int) -> None:
        """Bring the reviews that are due in some hours up to `number`. Their clients need not exist: nobody looks at them before."""
        have = self._drafts.count_documents(
            {"status": DraftState.REVIEWING.value, "review_expires_at": {"$gt": _now() + timedelta(hours=1)}}
        )
        template = to_bson(_review_of(0, self._salon.business.pk, _now() + timedelta(hours=5)))
        for first in range(have, number, 5000):
            self._quick.insert_many(
                [self._one_more(template) for _ in range(min(5000, number - first))], ordered=False, bypass_document_validation=True
            )

    def clear(self) -> None:
        """Nobody waits, and no other draft is left."""
        self._drafts.drop()
        store.ensure_indexes()

    def steady(self, seconds: int) -> list[float]:
        """A_SECOND reviews end each second, evenly; how many seconds after its end each was settled, as MongoDB announces it."""
        people = clients(self._salon, seconds * A_SECOND)
        first = _now() + LEAD + timedelta(seconds=seconds / 10)
        ends = [first + timedelta(seconds=number / A_SECOND) for number in range(len(people))]
        reviews = [_review(client, end) for client, end in zip(people, ends, strict=True)]
        due = {review.id: review.review_expires_at for review in reviews}
        with Announcements(self._drafts) as heard:
            self._quick.insert_many([to_bson(review) for review in reviews], ordered=False)
            heard.wait_for(len(due), seconds=(ends[-1] - _now()).total_seconds() + PATIENCE_SECONDS)
        early = self._drafts.count_documents({"_id": {"$in": list(due)}, "$expr": {"$lt": ["$incomplete_at", "$review_expires_at"]}})
        if early:
            raise RuntimeError(f"{early} reviews ended too early.")
        self._check(people)
        return [(at - due[draft_id]).total_seconds() for draft_id, at in heard.moments.items() if draft_id in due]

    def steady_bare(self, number: int) -> list[float]:
        """The same announcement for bare updates made exactly when they are due, one document each."""
        bare = mongo.database().bare_drafts
        bare.drop()
        bare.insert_many([{"_id": str(index), "reminder": {"state": "pending"}} for index in range(number)])
        late = []
        with Announcements(bare) as heard:
            first = _now() + timedelta(seconds=0.5)
            for index in range(number):
                due = first + timedelta(seconds=index / A_SECOND)
                sleep(max(0.0, (due - _now()).total_seconds()))
                bare.update_one({"_id": str(index)}, {"$set": {"reminder.state": "handed"}})
                late.append(due)
            heard.wait_for(number, seconds=30)
        bare.drop()
        return [(heard.moments[str(index)] - due).total_seconds() for index, due in enumerate(late)]

    def _write_in_time(self, number: int) -> tuple[Sequence[Client], datetime]:
        """Reviews that all end at one moment ahead, and whose they are; later than hoped for on a busy machine.

        What was written too late may have rung already, so each attempt is for other people.
        """
        lead = LEAD + timedelta(seconds=number / 5000)
        while True:
            people = clients(self._salon, number)
            due = _now() + lead
            self._quick.insert_many([to_bson(_review(client, due)) for client in people], ordered=False)
            if _now() < due:
                return people, due
            self._drafts.delete_many({"client_id": {"$in": [client.pk for client in people]}})
            lead *= 2

    def _one_more(self, template: dict[str, Any]) -> dict[str, Any]:
        self._waiting += 1
        return {**template, "_id": identifiers.new_draft_id(), "client_id": self._waiting}

    def _is_busy(self) -> bool:
        now = _now()
        due = {"status": DraftState.REVIEWING.value, "review_expires_at": {"$lte": now}}
        return any(self._drafts.find_one(where, {"_id": True}) for where in (due, {"bell.state": "pending"}, {"reminder.state": "pending"}))

    def _check(self, people: Sequence[Client]) -> None:
        """Every one of them has one bell and one reminder row. Raises RuntimeError."""
        pks = [client.pk for client in people]
        with psycopg.connect(os.environ["DATABASE_URL"]) as link:
            for table in ("messaging_staffnotice", "messaging_message"):
                found = link.execute(f"SELECT count(*), count(DISTINCT client_id) FROM {table} WHERE client_id = ANY(%s)", [pks]).fetchone()
                if found != (len(pks), len(pks)):
                    raise RuntimeError(f"{table} holds {found} for {len(pks)} reviews.")


def _now() -> datetime:
    return datetime.now(UTC)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _review(client: Client, ends: datetime) -> Draft:
    return _review_of(client.pk, client.business_id, ends)


def _review_of(client_id: int, business_id: int, ends: datetime) -> Draft:
    """A draft on Review whose ten minutes are over at `ends`."""
    begun, ends = in_ms(ends - timedelta(minutes=10)), in_ms(ends)
    quiet = Mark("none", "", begun)
    return Draft(
        id=identifiers.new_draft_id(),
        business_id=business_id,
        client_id=client_id,
        status=DraftState.REVIEWING,
        engagement=1,
        rev=1,
        flow=identifiers.new_uuid(),
        closed_flow=None,
        review_started_at=begun,
        review_expires_at=ends,
        incomplete_at=None,
        engaged_at=begun,
        purge_at=begun + timedelta(hours=24),
        selection=Selection((ServiceChoice(1, None, "Hair cut", 45, 6200),), None, begun + timedelta(days=2), "Australia/Sydney"),
        bell=quiet,
        reminder=quiet,
    )


def p1(expiry: Expiry, *, number: int = 10_000, turns: int = 3) -> Row:
    """The burst beside the ceiling, in turns."""
    expiry.burst(number // 10)  # connections and plans
    pairs = [(expiry.burst(number), expiry.ceiling(number)) for _ in range(turns)]
    ours, bare = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = bare / ours
    return Row("P1", f"burst of {number:,} due at once", number / ours, number / bare, "drafts/s", ratio, "≥ 0.7", ratio >= 0.7)


def p2(expiry: Expiry, *, waiting: int = 100_000, seconds: int = 30) -> list[Row]:
    """A_SECOND a second over `waiting`, none early."""
    expiry.wait_with(waiting)
    ours, bare = sorted(expiry.steady(seconds)), sorted(expiry.steady_bare(min(seconds * A_SECOND, 500)))
    what = f"steady {A_SECOND}/s over {waiting:,} waiting"
    late, floor = _percentile(ours, 99), _percentile(bare, 99)
    middle, middle_floor = _percentile(ours, 50), _percentile(bare, 50)
    return [
        Row("P2", f"{what}: late, p99", late * 1e3, floor * 1e3, "ms", late / floor, "≤ 1,200 ms", late <= 1.2),
        Row("P2", f"{what}: late, p50", middle * 1e3, middle_floor * 1e3, "ms", middle / middle_floor, "–", middle <= 1.2),
    ]


def p3(expiry: Expiry, memory: Callable[[], float], *, waiting: int = 500_000, number: int = 10_000, turns: int = 2) -> list[Row]:
    """Bursts over `waiting` beside bursts over none, measured before and after; and the worker's memory (MB) after each."""
    expiry.clear()
    none = [expiry.burst(number) for _ in range(turns)]
    before = memory()
    expiry.wait_with(waiting)
    full = median(expiry.burst(number) for _ in range(2 * turns))
    after = memory()
    expiry.clear()
    alone = median([*none, *(expiry.burst(number) for _ in range(turns))])
    speed, growth = alone / full, after / before
    what = f"with {waiting:,} waiting against none"
    return [
        Row("P3", f"burst {what}", number / full, number / alone, "drafts/s", speed, "≥ 0.9", speed >= 0.9),
        Row("P3", f"worker's memory {what}", after, before, "MB", growth, "≤ 1.1", growth <= 1.1),
    ]
