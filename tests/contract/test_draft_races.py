"""What several hands do to one draft at the same moment. A real mongod only: mongomock hands out claims twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from pymongo.database import Database

from core import identifiers
from drafts import actions, lifecycle, queries, store
from drafts.document import Draft, DraftState
from tests.contract.draft_kit import BELLA, COLOUR, CUT, MINUTE, NOW, OVER, convert, incomplete, review, selection, together

THREADS = 24
ROUNDS = 20


def _start(client_id: int, number: int) -> Any:
    """A capture from one of several tabs, every third one with another selection."""
    return partial(
        actions.start_review,
        business_id=BELLA,
        client_id=client_id,
        flow=identifiers.new_uuid(),
        selection=selection(COLOUR if number % 3 == 0 else CUT, notes=f"tab {number}"),
        now=NOW,
    )


def _storm() -> list[Any]:
    """Every round a new client with THREADS tabs reaching Review at once; returns all answers."""
    return [answer for client in range(1, ROUNDS + 1) for answer in together(*(_start(client, number) for number in range(THREADS)))]


@pytest.mark.s("S08", "S09")
def test_i1_a_storm_of_captures_makes_one_draft_per_client(mongo: Database) -> None:
    answers = _storm()
    assert [answer for answer in answers if not isinstance(answer, Draft)] == []
    found = list(mongo.booking_drafts.find())
    assert Counter(document["client_id"] for document in found) == Counter(range(1, ROUNDS + 1))
    assert {document["engagement"] for document in found} == {1}
    assert {document["rev"] for document in found} == {THREADS}
    assert all(len(document["selection"]["services"]) == 1 for document in found)


@pytest.fixture
def without_the_index(mongo: Database) -> Iterator[Database]:
    mongo.booking_drafts.drop_index("one_per_client")
    yield mongo
    mongo.booking_drafts.delete_many({})
    store.ensure_indexes()


def test_i1_control_without_the_index_the_storm_makes_duplicates(without_the_index: Database) -> None:
    _storm()
    assert without_the_index.booking_drafts.count_documents({}) > ROUNDS
    assert any(line.startswith("I1") for line in queries.violations())


def test_two_devices_coming_back_at_once_begin_one_engagement(mongo: Database) -> None:
    """F11: the guard of T2 leaves a session alone that another device has just begun."""
    for client in range(1, ROUNDS + 1):
        incomplete(client)
        again = together(*(partial(review, client, now=OVER + MINUTE) for _ in range(4)))
        assert {draft.engagement for draft in again} == {2}


@pytest.mark.s("S06")
def test_f12_stale_captures_racing_the_confirm_never_reopen_the_draft(mongo: Database) -> None:
    for client in range(1, ROUNDS + 1):
        draft = review(client)
        stale = partial(actions.start_review, business_id=BELLA, client_id=client, flow=draft.flow, selection=selection(COLOUR), now=NOW)
        together(partial(convert, draft), *(stale for _ in range(6)))
        assert queries.for_client(business_id=BELLA, client_id=client, now=NOW).status is DraftState.CONVERTED  # type: ignore[union-attr]


def _drain(batch: int) -> int:
    total = 0
    while turned := actions.expire_due(now=OVER, limit=batch):
        total += turned
    return total


def _fill(number: int) -> None:
    for client in range(1, number + 1):
        review(client)


def test_t3_several_workers_expire_each_draft_once(mongo: Database) -> None:
    _fill(300)
    turned = together(*(partial(_drain, 40) for _ in range(8)))
    assert sum(turned) == 300
    assert mongo.booking_drafts.count_documents({"status": "incomplete", "rev": 2, "bell.state": "pending"}) == 300


def test_t3_control_without_the_old_state_in_the_guard_drafts_are_turned_twice(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = lifecycle.expire
    monkeypatch.setattr(lifecycle, "expire", lambda **given: replace(guarded(**given), guard={"_id": {"$in": given["draft_ids"]}}))
    _fill(300)
    turned = together(*(partial(_drain, 40) for _ in range(8)))
    assert sum(turned) > 300


_WORKER = """
import datetime, os, sys
from django.conf import settings
settings.configure(MONGO_URL=os.environ["MONGO_URL"], MONGO_TIMEOUT_MS=5000)
from drafts import actions
now = datetime.datetime.fromisoformat(sys.argv[1])
sys.stdin.readline()
total = 0
while turned := actions.expire_due(now=now, limit=25):
    total += turned
print(total)
"""


def test_t3_several_processes_expire_each_draft_once(mongo: Database) -> None:
    _fill(200)
    environment = {**os.environ, "MONGO_URL": settings.MONGO_URL}
    command = [sys.executable, "-c", _WORKER, OVER.isoformat()]
    workers = [subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for worker in workers:
        worker.stdin.write("go\n")  # type: ignore[union-attr]
        worker.stdin.flush()  # type: ignore[union-attr]
    turned = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sum(turned) == 200
    assert mongo.booking_drafts.count_documents({"status": "incomplete", "rev": 2}) == 200


@pytest.mark.s("S27", "S71")
def test_conversion_racing_expiry_always_ends_converted(mongo: Database) -> None:
    """F9, as far as the draft goes: whoever comes first, no bell and no reminder is left to send."""
    for client in range(1, 101):
        draft = review(client)
        together(partial(convert, draft, now=OVER), partial(actions.expire_due, now=OVER))
    converted = {"status": "converted", "open": False, "bell.state": "none", "reminder.state": "none"}
    assert mongo.booking_drafts.count_documents(converted) == 100
    assert queries.pending_bells(now=OVER, limit=9) == []


@pytest.mark.parametrize("sweep_first", [True, False])
def test_both_orders_of_conversion_and_expiry_end_converted(mongo: Database, sweep_first: bool) -> None:
    draft = review()
    deeds = [partial(actions.expire_due, now=OVER), partial(convert, draft, now=OVER)]
    for deed in deeds if sweep_first else reversed(deeds):
        deed()
    assert queries.for_client(business_id=BELLA, client_id=1, now=OVER).status is DraftState.CONVERTED  # type: ignore[union-attr]


def test_control_a_conversion_that_expects_a_running_review_loses_the_race(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    right = lifecycle.convert
    monkeypatch.setattr(
        lifecycle,
        "convert",
        lambda **given: replace(step := right(**given), guard={**step.guard, "status": "reviewing"}),
    )
    draft = review()
    actions.expire_due(now=OVER)
    assert not convert(draft, now=OVER)
    assert queries.waiting_count(business_id=BELLA, now=OVER) == 1


@pytest.mark.s("D7")
def test_dismiss_racing_the_client_never_hides_the_new_engagement(mongo: Database) -> None:
    """F8: staff dismiss the old card or are told that the client is back; the new session stands either way."""
    for client in range(1, 101):
        draft = incomplete(client)
        card = partial(actions.dismiss, business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER)
        told, again = together(card, partial(review, client, now=OVER))
        assert isinstance(told, Draft | actions.DraftMoved)
        assert (again.status, again.engagement) == (DraftState.REVIEWING, 2)
        assert queries.for_client(business_id=BELLA, client_id=client, now=OVER) == again


def test_control_a_dismissal_without_the_engagement_hides_it(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    right = lifecycle.dismiss
    monkeypatch.setattr(
        lifecycle, "dismiss", lambda **given: replace(right(**given), guard={"_id": given["draft_id"], "business_id": given["business_id"]})
    )
    draft = incomplete()
    review(now=OVER)
    assert actions.dismiss(business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER).status is DraftState.DISMISSED


def test_two_dismissals_at_once_have_one_winner(mongo: Database) -> None:
    for client in range(1, ROUNDS + 1):
        draft = incomplete(client)
        card = partial(actions.dismiss, business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER)
        answers = together(card, card)
        assert sorted(type(answer).__name__ for answer in answers) == ["Draft", "DraftMoved"]
