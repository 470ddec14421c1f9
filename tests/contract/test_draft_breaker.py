"""MongoDB frozen, killed and away: calls give up in time, the breaker spares the next ones, nothing acknowledged is lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from pytest_django import Settings

from config.engines import Mongo
from core import identifiers
from core import mongo as driver
from drafts import actions, breaker, queries, store
from drafts.breaker import FAILURES, OPEN_SECONDS, REST_SECONDS, Breaker
from drafts.document import DraftsUnavailable
from tests.contract.draft_kit import BELLA, NOW, OVER, Made, convert, review, selection
from tests.faults import EngineFactory

pytestmark = pytest.mark.slow
# The driver gives up after 0.8 s, and after 0.5 s where it finds no server; between the bounds there is room for a busy machine.
GIVES_UP_SECONDS = 1.5
AT_ONCE_SECONDS = 0.3


@pytest.fixture
def mongod(spare_engines: EngineFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mongo]:
    """A mongod of one's own behind a client with the short time-outs of the web process, and a closed breaker."""
    engine = spare_engines("mongo")
    assert isinstance(engine, Mongo)
    settings.MONGO_URL, settings.MONGO_TIMEOUT_MS = engine.url, 5000
    monkeypatch.setattr(driver, "_client", None)
    store.ensure_indexes()
    _reconnect(settings, 800)
    yield engine
    engine.resume()
    driver.database().client.close()


def _reconnect(settings: Settings, timeout_ms: int) -> None:
    driver.database().client.close()
    settings.MONGO_TIMEOUT_MS = timeout_ms
    driver._client = None


@pytest.fixture
def skip_seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A fresh breaker whose clock stands until it is moved on: nobody waits for it, and it waits for nobody."""
    skipped = [0.0]
    monkeypatch.setattr(breaker, "breaker", Breaker(clock=lambda: skipped[0]))
    return lambda seconds: skipped.append(skipped.pop() + seconds)


def _refused(call: Callable[[], Any]) -> float:
    """Seconds until the call gave up with DraftsUnavailable."""
    begun = time.monotonic()
    with pytest.raises(DraftsUnavailable):
        call()
    return time.monotonic() - begun


def _in_the_end(look: Callable[[], int], skip: Callable[[float], None]) -> int:
    """What `look` answers once the thawed mongod has noticed that it may go on; each try before that closes the breaker's door again."""
    for _ in range(40):
        skip(OPEN_SECONDS)
        with suppress(DraftsUnavailable):
            return look()
    pytest.fail("MongoDB never came back")


def _every_action() -> list[Callable[[], Any]]:
    draft: dict[str, Any] = {"business_id": BELLA, "draft_id": "d_x"}
    client: dict[str, Any] = {"business_id": BELLA, "client_id": 1}
    key = identifiers.new_uuid()
    made = Made(**client, draft_id="d_x", engagement=1, confirm_key=key, created_at=NOW)
    return [
        partial(actions.start_review, **client, flow=key, selection=selection(), now=NOW),
        partial(actions.expire_due, now=NOW),
        partial(actions.expire_one, **draft, now=NOW),
        partial(actions.bells_done, items=[("d_x", 1)], now=NOW),
        partial(actions.reminders_settled, items=[("d_x", 1, "handed", "")], now=NOW),
        partial(actions.dismiss, **draft, engagement=1, user_id=1, now=NOW),
        partial(actions.mark_converted, made=made, now=NOW),
        partial(actions.erase_client, **client),
        partial(queries.get, **draft, now=NOW),
        partial(queries.for_client, **client, now=NOW),
        partial(queries.waiting, business_id=BELLA, now=NOW),
        partial(queries.waiting_count, business_id=BELLA, now=NOW),
        partial(queries.pending_bells, now=NOW, limit=1),
        partial(queries.pending_reminders, now=NOW, limit=1),
        partial(queries.due_ids, now=NOW, limit=1),
        partial(queries.next_due, now=NOW),
        queries.index_drift,
        queries.violations,
        store.ensure_indexes,
    ]


def test_a_frozen_mongod_opens_the_breaker_and_a_thawed_one_closes_it(mongod: Mongo, skip_seconds: Callable[[float], None]) -> None:
    look = partial(queries.waiting_count, business_id=BELLA, now=NOW)
    assert look() == 0
    mongod.pause()
    for _ in range(FAILURES):
        assert AT_ONCE_SECONDS < _refused(look) < GIVES_UP_SECONDS
        skip_seconds(REST_SECONDS)
    assert max(_refused(call) for call in _every_action()) < AT_ONCE_SECONDS
    assert not queries.ping()
    skip_seconds(OPEN_SECONDS)
    assert AT_ONCE_SECONDS < _refused(look) < GIVES_UP_SECONDS
    assert _refused(look) < AT_ONCE_SECONDS
    mongod.resume()
    assert _in_the_end(look, skip_seconds) == 0
    assert review().engagement == 1


def test_control_a_patient_process_keeps_no_breaker(mongod: Mongo, skip_seconds: Callable[[float], None], settings: Settings) -> None:
    """A worker waits each time, and so sees the first good second; here with little patience, to keep the test short."""
    _reconnect(settings, 800)
    look = partial(queries.waiting_count, business_id=BELLA, now=NOW)
    assert look() == 0
    settings.MONGO_TIMEOUT_MS = breaker.PATIENT_FROM_MS
    mongod.pause()
    waits = [_refused(look) for _ in range(FAILURES + 2)]
    assert min(waits) > AT_ONCE_SECONDS
    mongod.resume()
    assert _in_the_end(look, skip_seconds) == 0


def test_an_answer_that_is_an_error_does_not_open_the_breaker(mongod: Mongo, skip_seconds: Callable[[float], None]) -> None:
    for _ in range(2 * FAILURES):
        with pytest.raises(DraftsUnavailable, match="WriteError, code 121"), breaker.guarded():
            driver.database().booking_drafts.insert_one({"_id": "no draft"})
    breaker.breaker.enter()


def test_every_action_says_so_when_mongodb_is_gone(mongod: Mongo, skip_seconds: Callable[[float], None]) -> None:
    mongod.kill()
    for call in _every_action():
        assert _refused(call) < GIVES_UP_SECONDS


@pytest.mark.s("S73")
def test_i11_acknowledged_captures_survive_a_kill(mongod: Mongo, skip_seconds: Callable[[float], None], settings: Settings) -> None:
    _reconnect(settings, 5000)
    drafts = [review(client) for client in range(1, 41)]
    convert(drafts[0])
    mongod.kill()
    mongod.start()
    _reconnect(settings, 5000)
    for draft in drafts[1:]:
        assert queries.get(business_id=BELLA, draft_id=draft.id, now=NOW) == draft
    assert actions.expire_due(now=OVER) == len(drafts) - 1
