"""What only the server does: delete by TTL, refuse by validator, use indexes; and the commands that set it up and look after it."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pymongo
import pytest
from django.conf import settings
from django.core import checks
from django.core.management import CommandError, call_command
from pymongo import monitoring
from pymongo.database import Database
from pymongo.errors import BulkWriteError, WriteError

from core import identifiers
from core import mongo as driver
from drafts import actions, queries, store
from drafts.checks import check_indexes
from tests.contract.draft_kit import BELLA, MINUTE, NOW, OVER, RIVAL, convert, incomplete, review
from tests.documents import to_bson

DAY = timedelta(hours=24)


def _server_time(database: Database) -> datetime:
    """The TTL monitor's own clock: real time, and no other."""
    return database.client.admin.command("hello")["localTime"].replace(tzinfo=UTC)


def _gone_by_itself(database: Database, draft_id: str) -> bool:
    """Wait for the TTL monitor: it looks every `ttlMonitorSleepSecs` of real time."""
    pause = database.client.admin.command({"getParameter": 1, "ttlMonitorSleepSecs": 1})["ttlMonitorSleepSecs"]
    deadline = time.monotonic() + 2 * pause + 30
    while database.booking_drafts.find_one({"_id": draft_id}):
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.05)
    return True


@pytest.mark.s("S73", "S75")
@pytest.mark.usefixtures("ttl_monitor")
def test_mongodb_itself_deletes_a_draft_after_its_day(mongo: Database) -> None:
    now = _server_time(mongo)
    kept, old = review(2, now=now - DAY + MINUTE), review(1, now=now - DAY - MINUTE)
    assert queries.get(business_id=BELLA, draft_id=old.id, now=now) is None
    assert _gone_by_itself(mongo, old.id)
    assert queries.get(business_id=BELLA, draft_id=kept.id, now=now) == kept


@pytest.mark.s("S55", "S73")
def test_what_staff_do_does_not_extend_the_life(mongo: Database, request: pytest.FixtureRequest) -> None:
    """In the draft's last minute, which is over by the server's clock when the monitor wakes up."""
    begun = _server_time(mongo) - DAY - MINUTE
    draft = review(now=begun)
    done = actions.dismiss(business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=begun + DAY - MINUTE)
    assert done.purge_at == begun + DAY
    request.getfixturevalue("ttl_monitor")
    assert _gone_by_itself(mongo, draft.id)


@pytest.mark.s("S74")
@pytest.mark.usefixtures("ttl_monitor")
def test_coming_back_restarts_the_day(mongo: Database) -> None:
    now = _server_time(mongo)
    old = review(2, now=now - DAY - MINUTE, flow=identifiers.new_uuid())
    draft = review(1, now=now - DAY + MINUTE)
    again = review(1, now=now)
    assert (again.id, again.purge_at) == (draft.id, now + DAY)
    assert _gone_by_itself(mongo, old.id)
    assert queries.get(business_id=BELLA, draft_id=draft.id, now=now) == again


DATES = [
    "purge_at",
    "engaged_at",
    "review_started_at",
    "review_expires_at",
    "incomplete_at",
    "bell.at",
    "reminder.at",
    "selection.start_at",
]


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize("value", ["2037-11-25T22:00:00Z", 2142712800, {}], ids=repr)
def test_i12_the_validator_refuses_a_date_that_is_no_date(mongo: Database, field: str, value: object) -> None:
    draft = review()
    with pytest.raises(WriteError) as refused:
        mongo.booking_drafts.update_one({"_id": draft.id}, {"$set": {field: value}})
    assert refused.value.code == 121
    assert queries.for_client(business_id=BELLA, client_id=1, now=NOW) == draft


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"open": 1},
        {"engagement": 0},
        {"flow": None},
        {"selection.services": []},
        {"selection.notes": "x" * 501},
        {"reminder.state": "sent"},
        {"closed": {"at": NOW}},
    ],
    ids=repr,
)
def test_the_validator_refuses_what_is_no_draft(mongo: Database, change: dict[str, Any]) -> None:
    draft = review()
    with pytest.raises(WriteError):
        mongo.booking_drafts.update_one({"_id": draft.id}, {"$set": change})


def test_a_document_of_an_older_release_does_not_stop_the_batch(mongo: Database) -> None:
    document = {**to_bson(review(1)), "_id": identifiers.new_draft_id(), "client_id": 2}
    del document["v"]
    mongo.booking_drafts.with_options().insert_one(document, bypass_document_validation=True)
    assert actions.expire_due(now=OVER) == 2


class _Listener(monitoring.CommandListener):
    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...
    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


AT = NOW + 60 * MINUTE


def _at(client: int) -> dict[str, Any]:
    """Reviews that end one after the other; every third draft is converted."""
    end = NOW + client * MINUTE
    return {"review_expires_at": end, **({"status": "converted", "open": False} if client % 3 == 0 else {})}


@pytest.fixture
def heard(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Two businesses with 150 drafts each, some converted; and every command that the product sends from here on."""
    document = to_bson(review())
    mongo.booking_drafts.delete_many({})
    mongo.booking_drafts.insert_many(
        {**document, "_id": identifiers.new_draft_id(), "business_id": business, "client_id": client, **_at(client)}
        for client in range(1, 151)
        for business in (BELLA, RIVAL)
    )
    actions.expire_due(now=AT)
    listener = _Listener()
    client: pymongo.MongoClient = pymongo.MongoClient(settings.MONGO_URL, tz_aware=True, event_listeners=[listener])
    database = client.get_default_database(default="comeback")
    monkeypatch.setattr(driver, "database", lambda: database)
    yield listener.commands
    client.close()


def _index_of(database: Database, command: dict[str, Any]) -> set[str]:
    """The names of the indexes in the plan that the server chose for this very command."""
    bare = {name: value for name, value in command.items() if name not in {"lsid", "$db", "$clusterTime", "txnNumber", "maxTimeMS"}}
    answer = database.command("explain", bare, verbosity="queryPlanner")
    plans = [stage["$cursor"]["queryPlanner"] for stage in answer.get("stages", []) if "$cursor" in stage] or [answer["queryPlanner"]]
    return {name for plan in plans for name in _names(plan["winningPlan"])}


def _names(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        yield from ([plan["indexName"]] if "indexName" in plan else ["collection scan"] if plan.get("stage") == "COLLSCAN" else [])
        for part in plan.values():
            yield from _names(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _names(part)


QUESTIONS = {
    "panel": (lambda: queries.waiting(business_id=BELLA, now=AT), "panel"),
    "count": (lambda: queries.waiting_count(business_id=BELLA, now=AT), "panel"),
    "due": (lambda: queries.due_ids(now=NOW + 90 * MINUTE, limit=100), "due"),
    "next due": (lambda: queries.next_due(now=AT), "due"),
    "bells": (lambda: queries.pending_bells(now=AT, limit=100), "bell_out"),
    "reminders": (lambda: queries.pending_reminders(now=AT, limit=100), "rem_out"),
    "client": (lambda: queries.for_client(business_id=BELLA, client_id=5, now=AT), "one_per_client"),
    "get": (lambda: queries.get(business_id=BELLA, draft_id="d_x", now=AT), "_id_"),
    "capture": (lambda: review(1, now=AT), "one_per_client"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_uses_its_own_index(mongo: Database, heard: list[dict[str, Any]], question: str) -> None:
    ask, index = QUESTIONS[question]
    ask()
    sent = list(heard)
    assert sent
    assert [_index_of(mongo, command) for command in sent] == [{index}] * len(sent)


def test_control_without_the_partial_predicate_the_panel_index_is_not_used(mongo: Database, heard: list[dict[str, Any]]) -> None:
    queries.waiting_count(business_id=BELLA, now=AT)
    command = {**heard[0], "pipeline": [{"$match": dict(heard[0]["pipeline"][0]["$match"])}, *heard[0]["pipeline"][1:]]}
    del command["pipeline"][0]["$match"]["open"]
    assert "panel" not in _index_of(mongo, command)


@pytest.fixture
def bent(mongo: Database) -> Iterator[Database]:
    """A database whose indexes a test bends; straight again afterwards."""
    yield mongo
    mongo.booking_drafts.delete_many({})
    for name in set(mongo.booking_drafts.index_information()) - {"_id_"}:
        mongo.booking_drafts.drop_index(name)
    store.ensure_indexes()


def test_ensure_says_nothing_when_all_is_in_order(mongo: Database) -> None:
    assert store.ensure_indexes() == []
    assert queries.index_drift() == []


def test_f17_every_difference_is_named_and_mended(bent: Database) -> None:
    drafts = bent.booking_drafts
    drafts.drop_index("due")
    drafts.drop_index("panel")
    drafts.create_index([("business_id", 1)], name="panel")
    drafts.drop_index("bell_out")
    drafts.create_index([("bell.state", 1)], name="bell_out")
    drafts.create_index([("selection_key", 1)], name="somebody", unique=True)
    drafts.create_index([("rev", 1)], name="harmless")
    bent.command("collMod", "booking_drafts", index={"name": "ttl", "expireAfterSeconds": 60})
    bent.command("collMod", "booking_drafts", validator={})
    assert queries.index_drift() == [
        "validator differs",
        "ttl has other options",
        "due is missing",
        "panel has other keys",
        "bell_out has other options",
        "somebody is not ours",
    ]
    assert store.ensure_indexes() == [
        "changed the validator",
        "changed ttl",
        "created due",
        *("dropped panel", "created panel"),
        *("dropped bell_out", "created bell_out"),
    ]
    assert queries.index_drift() == ["somebody is not ours"]


def test_an_index_of_ours_under_another_name_is_replaced(bent: Database) -> None:
    bent.booking_drafts.drop_index("due")
    bent.booking_drafts.create_index([("review_expires_at", 1)], name="old_due")
    assert store.ensure_indexes() == ["dropped old_due", "created due"]


@pytest.mark.s("S75")
def test_ensure_starts_from_nothing(bent: Database) -> None:
    bent.booking_drafts.drop()
    assert queries.index_drift() == ["booking_drafts is missing"]
    assert [str(line) for line in check_indexes(None, None)] != []
    out = StringIO()
    call_command("ensure_draft_indexes", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Draft indexes: created booking_drafts with its validator"
    assert lines[1:] == [f"Draft indexes: created {name}" for name in ("one_per_client", "ttl", "due", "panel", "bell_out", "rem_out")]
    call_command("ensure_draft_indexes", stdout=out)
    assert out.getvalue().splitlines()[-1] == "Draft indexes: nothing to change"


def test_f17_the_system_check_names_the_drift(bent: Database) -> None:
    assert check_indexes(None, None) == []
    bent.booking_drafts.drop_index("one_per_client")
    (found,) = check_indexes(None, None)
    assert isinstance(found, checks.Error)
    assert found.msg == "MongoDB: one_per_client is missing."
    with pytest.raises(CommandError, match="index: one_per_client is missing"):
        call_command("drafts_fsck")


def test_mongodb_out_of_reach_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    client: pymongo.MongoClient = pymongo.MongoClient("mongodb://127.0.0.1:1/comeback", serverSelectionTimeoutMS=50)
    monkeypatch.setattr(driver, "database", client.get_default_database)
    (found,) = check_indexes(None, None)
    assert isinstance(found, checks.Warning)
    for command in ("ensure_draft_indexes", "drafts_fsck"):
        with pytest.raises(CommandError, match="MongoDB"):
            call_command(command)
    client.close()


def test_migrate_does_not_ask_mongodb() -> None:
    assert check_indexes(None, ["default"]) == []


def test_fsck_is_content_with_drafts_in_every_state(mongo: Database) -> None:
    incomplete(1)
    convert(incomplete(2), now=OVER)
    actions.dismiss(business_id=BELLA, draft_id=incomplete(3).id, engagement=1, user_id=7, now=OVER)
    review(4)
    out = StringIO()
    call_command("drafts_fsck", stdout=out)
    assert out.getvalue() == "Drafts: every invariant holds.\n"


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"open": False}, "I2"),
        ({"status": "converted"}, "I2"),
        ({"engagement": 3}, "I10"),
        ({"engagement": 0}, "I10"),
        ({"purge_at": "tomorrow"}, "I12"),
        ({"bell.state": "pending"}, "T3"),
        ({"selection.notes": "x" * 501}, "unreadable"),
        ({"selection": None}, "unreadable"),
    ],
    ids=repr,
)
def test_fsck_names_a_broken_draft(mongo: Database, broken: dict[str, Any], named: str) -> None:
    review(2)
    draft = review(1)
    mongo.booking_drafts.update_one({"_id": draft.id}, {"$set": broken}, bypass_document_validation=True)
    problems = queries.violations()
    assert [line for line in problems if line.startswith(named)] == [
        line for line in problems if draft.id in line and line.startswith(named)
    ]
    assert any(line.startswith(named) and draft.id in line for line in problems)
    with pytest.raises(CommandError, match=named):
        call_command("drafts_fsck")


def test_the_unique_index_judges_bulk_writes_too(mongo: Database) -> None:
    twin = {**to_bson(review()), "_id": identifiers.new_draft_id()}
    with pytest.raises(BulkWriteError):
        mongo.booking_drafts.insert_many([twin])


def test_moments_come_back_in_utc(mongo: Database) -> None:
    draft = queries.for_client(business_id=BELLA, client_id=review().client_id, now=NOW)
    assert draft is not None
    assert draft.purge_at.utcoffset() == timedelta(0)
    assert draft.purge_at == datetime(2037, 11, 25, 22, 0, tzinfo=UTC)
