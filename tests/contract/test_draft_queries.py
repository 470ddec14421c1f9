"""What staff and sweeps read: right by time alone (D12), whatever ran or did not run; the same on mongomock and mongod."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from drafts import actions, queries
from drafts.document import OPEN, DraftState
from tests.contract.draft_kit import BELLA, COLOUR, CUT, MINUTE, NOW, OVER, RIVAL, convert, incomplete, review, selection

pytestmark = pytest.mark.usefixtures("drafts_db")
BLINK = timedelta(milliseconds=1)


@pytest.mark.s("S21", "S22", "S23", "S24", "S25", "D12")
def test_a_draft_is_waiting_from_the_end_of_its_review_with_every_worker_dead() -> None:
    draft = review()
    for moment, seen in ((NOW, 0), (OVER - BLINK, 0), (OVER, 1), (draft.purge_at - BLINK, 1), (draft.purge_at, 0)):
        assert queries.waiting_count(business_id=BELLA, now=moment) == seen
        assert [found.id for found in queries.waiting(business_id=BELLA, now=moment)] == [draft.id] * seen


@pytest.mark.s("S27", "S72")
def test_a_booking_completed_in_time_is_never_waiting() -> None:
    draft = review()
    convert(draft, now=NOW + 9 * MINUTE)
    assert actions.expire_due(now=OVER) == 0
    assert queries.waiting_count(business_id=BELLA, now=OVER) == 0
    assert queries.pending_bells(now=OVER, limit=9) == queries.pending_reminders(now=OVER, limit=9) == []


def test_waiting_lists_the_latest_end_first_and_only_this_business() -> None:
    drafts = [review(number, now=NOW + number * MINUTE) for number in (2, 1, 3)]
    theirs = review(1, business_id=RIVAL)
    at = OVER + 3 * MINUTE
    assert [draft.client_id for draft in queries.waiting(business_id=BELLA, now=at)] == [3, 2, 1]
    assert [draft.client_id for draft in queries.waiting(business_id=BELLA, now=at, limit=2)] == [3, 2]
    assert queries.waiting_count(business_id=BELLA, now=at) == len(drafts)
    assert queries.waiting(business_id=RIVAL, now=at) == [theirs]


def test_get_is_bound_to_its_business() -> None:
    draft = review()
    assert queries.get(business_id=BELLA, draft_id=draft.id, now=NOW) == draft
    assert queries.get(business_id=RIVAL, draft_id=draft.id, now=NOW) is None
    assert queries.get(business_id=BELLA, draft_id="d_unknown", now=NOW) is None


def test_the_next_due_moment_is_the_earliest_running_review() -> None:
    assert queries.next_due(now=NOW) is None
    review(1, now=NOW + MINUTE)
    first = review(2)
    assert queries.next_due(now=NOW) == OVER
    convert(first)
    assert queries.next_due(now=NOW) == OVER + MINUTE
    actions.expire_due(now=OVER + MINUTE)
    assert queries.next_due(now=OVER + MINUTE) is None


def test_pending_work_is_read_in_batches_and_not_after_the_purge() -> None:
    purge_at = {incomplete(number).purge_at for number in range(1, 4)}.pop()
    for pending in (queries.pending_bells, queries.pending_reminders):
        assert len(pending(now=OVER, limit=2)) == 2
        assert len(pending(now=OVER, limit=9)) == 3
        assert pending(now=purge_at, limit=9) == []


def test_by_ids_finds_any_state_until_the_purge() -> None:
    ours, theirs = review(1), incomplete(2, business_id=RIVAL)
    gone = convert(review(3)) and queries.for_client(business_id=BELLA, client_id=3, now=NOW)
    assert gone
    wanted = [ours.id, theirs.id, gone.id, "d_unknown"]
    assert set(queries.by_ids(draft_ids=wanted, now=OVER)) == {ours.id, theirs.id, gone.id}
    assert queries.by_ids(draft_ids=wanted, now=ours.purge_at) == {}
    assert queries.by_ids(draft_ids=[], now=OVER) == {}


def test_resting_are_the_incomplete_ones_for_a_while() -> None:
    resting, back, booked = incomplete(1), incomplete(2), incomplete(3)
    review(2, now=OVER)
    convert(booked, now=OVER)
    review(4)
    later = OVER + MINUTE
    assert [draft.id for draft in queries.resting(before=OVER, now=later, limit=9)] == [resting.id]
    assert queries.resting(before=OVER - BLINK, now=later, limit=9) == []
    assert queries.resting(before=OVER, now=back.purge_at, limit=9) == []


def test_one_unreadable_document_does_not_hide_the_others(drafts_db: Database) -> None:
    good, bad = review(1), review(2)
    drafts_db.booking_drafts.update_one({"_id": bad.id}, {"$unset": {"reminder": 1}}, bypass_document_validation=True)
    assert [draft.id for draft in queries.waiting(business_id=BELLA, now=OVER)] == [good.id]
    assert actions.expire_due(now=OVER) == 2
    assert {draft.id for draft in queries.pending_bells(now=OVER, limit=9)} == {good.id, bad.id}


@pytest.mark.s("S08")
@given(st.lists(st.tuples(st.sampled_from(["look", "change", "more", "confirm", "dismiss", "sweep"]), st.integers(0, 700)), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_i1_i2_i10_hold_whatever_happens_in_whatever_order(drafts_db: Database, story: list[tuple[str, int]]) -> None:
    """I1 one draft, I2 open follows the status, I10 engagement and rev never decrease."""
    drafts_db.booking_drafts.delete_many({})
    moment, last = NOW, review()
    for deed, seconds in story:
        moment += timedelta(seconds=seconds)
        _do(deed, last, moment)
        found = list(drafts_db.booking_drafts.find())
        assert len(found) == 1
        assert found[0]["open"] is (DraftState(found[0]["status"]) in OPEN)
        draft = queries.for_client(business_id=BELLA, client_id=1, now=moment)
        assert draft is not None
        assert (draft.engagement, draft.rev) >= (last.engagement, last.rev)
        assert draft.rev >= last.rev
        assert draft.purge_at >= last.purge_at
        last = draft


def _do(deed: str, last, moment) -> None:
    if deed in {"look", "change", "more"}:
        review(now=moment, chosen=selection(COLOUR if deed == "change" else CUT), more_time=deed == "more")
    elif deed == "confirm":
        convert(last, now=moment)
    elif deed == "sweep":
        actions.expire_due(now=moment)
    else:
        try:
            actions.dismiss(business_id=BELLA, draft_id=last.id, engagement=last.engagement, user_id=7, now=moment)
        except actions.DraftMoved:
            assert not last.is_waiting(now=moment)
