"""Every transition of a draft (draft-lifecycle 3), the same asserts on mongomock and on a real mongod."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from core import identifiers
from drafts import actions, queries
from drafts.document import Closed, DraftState
from tests.contract.draft_kit import BELLA, COLOUR, CUT, MINUTE, NOW, OVER, RIVAL, convert, incomplete, review, selection
from tests.documents import to_bson

pytestmark = pytest.mark.usefixtures("drafts_db")
REVIEWING, INCOMPLETE, CONVERTED, DISMISSED = DraftState.REVIEWING, DraftState.INCOMPLETE, DraftState.CONVERTED, DraftState.DISMISSED
DAY = timedelta(hours=24)


@pytest.mark.s("S07", "S10", "S73")
def test_t2_first_capture_keeps_everything_chosen(drafts_db: Database) -> None:
    chosen = selection(CUT, COLOUR, member=None, notes="$secret $$ROOT {'a.b': 1}")
    draft = review(chosen=chosen)
    assert (draft.status, draft.open, draft.engagement, draft.rev) == (REVIEWING, True, 1, 1)
    assert (draft.review_started_at, draft.review_expires_at, draft.purge_at) == (NOW, OVER, NOW + DAY)
    assert (draft.engaged_at, draft.incomplete_at, draft.closed, draft.closed_flow) == (NOW, None, None, None)
    assert (draft.bell.state, draft.reminder.state, draft.selection) == ("none", "none", chosen)
    assert drafts_db.booking_drafts.find_one() == to_bson(draft)


@pytest.mark.s("D2")
def test_t1a_reload_keeps_the_countdown_and_saves_the_note() -> None:
    first = review()
    later = NOW + 9 * MINUTE
    draft = review(now=later, flow=first.flow, chosen=selection(notes="By the window, please."))
    assert (draft.id, draft.engagement, draft.rev) == (first.id, 1, 2)
    assert (draft.review_started_at, draft.review_expires_at) == (NOW, OVER)
    assert (draft.engaged_at, draft.purge_at, draft.selection.notes) == (later, later + DAY, "By the window, please.")


@pytest.mark.s("D2", "S09")
def test_t1b_another_selection_replaces_it_and_gets_ten_minutes() -> None:
    first = review(chosen=selection(CUT, COLOUR))
    later = NOW + 9 * MINUTE
    draft = review(now=later, flow=first.flow, chosen=selection(COLOUR, member=None))
    assert (draft.id, draft.engagement) == (first.id, 1)
    assert (draft.review_started_at, draft.review_expires_at) == (later, later + 10 * MINUTE)
    assert draft.selection == selection(COLOUR, member=None)


@pytest.mark.s("D2")
def test_t1c_more_time_gives_ten_minutes_of_the_same_engagement() -> None:
    first = review()
    later = NOW + 8 * MINUTE
    draft = review(now=later, flow=first.flow, more_time=True)
    assert (draft.id, draft.engagement, draft.review_expires_at) == (first.id, 1, later + 10 * MINUTE)


@pytest.mark.s("S08")
def test_a_second_device_continues_the_same_draft() -> None:
    first = review()
    draft = review(now=NOW + MINUTE)
    assert (draft.id, draft.engagement, draft.review_expires_at) == (first.id, 1, OVER)


@pytest.mark.s("S74")
@pytest.mark.parametrize("ended", ["timed out", "incomplete", "converted", "dismissed"])
def test_t2_a_new_session_begins_once_the_last_one_ended(ended: str) -> None:
    first = review()
    if ended in {"incomplete", "dismissed"}:
        actions.expire_due(now=OVER)
    if ended == "dismissed":
        actions.dismiss(business_id=BELLA, draft_id=first.id, engagement=1, user_id=7, now=OVER)
    if ended == "converted":
        convert(first)
    draft = review(now=OVER, chosen=selection(COLOUR))
    assert (draft.id, draft.status, draft.open, draft.engagement) == (first.id, REVIEWING, True, 2)
    assert (draft.review_expires_at, draft.purge_at) == (OVER + 10 * MINUTE, OVER + DAY)
    assert (draft.bell.state, draft.reminder.state, draft.incomplete_at, draft.closed) == ("none", "none", None, None)


@pytest.mark.s("S06", "S71")
def test_stale_capture_after_confirm_is_dropped() -> None:
    """F12: the tab that was left open saves once more after its flow was booked."""
    first = review()
    assert convert(first)
    kept = queries.get(business_id=BELLA, draft_id=first.id, now=NOW)
    for moment in (NOW + MINUTE, OVER + MINUTE):
        stale = actions.start_review(
            business_id=BELLA, client_id=1, flow=first.flow, selection=selection(COLOUR), now=moment, more_time=moment > OVER
        )
        assert stale is None
    assert queries.get(business_id=BELLA, draft_id=first.id, now=NOW) == kept
    assert review(now=NOW + MINUTE).engagement == 2


def test_captures_of_two_businesses_do_not_meet() -> None:
    ours, theirs = review(), review(business_id=RIVAL, chosen=selection(COLOUR))
    assert ours.id != theirs.id
    assert queries.for_client(business_id=BELLA, client_id=1, now=NOW) == ours
    assert queries.for_client(business_id=RIVAL, client_id=1, now=NOW) == theirs


@pytest.mark.s("S23", "S28")
def test_t3_expires_what_is_due_and_nothing_else(drafts_db: Database) -> None:
    due, other = review(1), review(2, business_id=RIVAL)
    running = review(3, now=NOW + MINUTE)
    booked = review(4)
    convert(booked)
    assert actions.expire_due(now=OVER - timedelta(milliseconds=1)) == 0
    assert actions.expire_due(now=OVER) == 2
    assert actions.expire_due(now=OVER) == 0
    states = {found["_id"]: found["status"] for found in drafts_db.booking_drafts.find()}
    assert states == {due.id: "incomplete", other.id: "incomplete", running.id: "reviewing", booked.id: "converted"}
    draft = queries.get(business_id=BELLA, draft_id=due.id, now=OVER)
    assert draft is not None
    assert (draft.incomplete_at, draft.bell.state, draft.reminder.state, draft.rev) == (OVER, "pending", "pending", 2)
    assert (draft.purge_at, draft.engagement) == (due.purge_at, 1)


def test_t3_takes_the_longest_overdue_first_in_batches() -> None:
    drafts = [review(number, now=NOW + number * MINUTE) for number in range(1, 6)]
    at = OVER + 10 * MINUTE
    assert [actions.expire_due(now=at, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [queries.get(business_id=BELLA, draft_id=draft.id, now=at).rev for draft in drafts] == [2] * 5  # type: ignore[union-attr]


def test_t3_leaves_a_purged_draft_to_the_ttl(drafts_db: Database) -> None:
    draft = review()
    assert actions.expire_due(now=draft.purge_at) == 0
    assert actions.expire_due(now=draft.purge_at - timedelta(milliseconds=1)) == 1


def test_expire_one_touches_only_this_draft_of_this_business() -> None:
    mine, other = review(1), review(2)
    actions.expire_one(business_id=RIVAL, draft_id=mine.id, now=OVER)
    actions.expire_one(business_id=BELLA, draft_id=mine.id, now=NOW)
    assert queries.get(business_id=BELLA, draft_id=mine.id, now=OVER) == mine
    actions.expire_one(business_id=BELLA, draft_id=mine.id, now=OVER)
    assert [draft.id for draft in queries.pending_bells(now=OVER, limit=9)] == [mine.id]
    assert queries.get(business_id=BELLA, draft_id=other.id, now=OVER) == other


def test_t4_t5_marks_are_set_in_bulk_and_once() -> None:
    drafts = [incomplete(number) for number in range(1, 5)]
    actions.bells_done(items=[(draft.id, 1) for draft in drafts[:3]], now=OVER)
    assert [draft.id for draft in queries.pending_bells(now=OVER, limit=9)] == [drafts[3].id]
    actions.reminders_settled(
        items=[(drafts[0].id, 1, "handed", ""), (drafts[1].id, 1, "skipped", "opted_out"), (drafts[2].id, 1, "skipped", "no_contact")],
        now=OVER,
    )
    assert [draft.id for draft in queries.pending_reminders(now=OVER, limit=9)] == [drafts[3].id]
    actions.reminders_settled(items=[(drafts[0].id, 1, "skipped", "too_late")], now=OVER + MINUTE)
    seen = [queries.get(business_id=BELLA, draft_id=draft.id, now=OVER) for draft in drafts]
    assert [(d.reminder.state, d.reminder.reason) for d in seen if d] == [
        ("handed", ""),
        ("skipped", "opted_out"),
        ("skipped", "no_contact"),
        ("pending", ""),
    ]
    assert [draft.bell.state for draft in seen if draft] == ["done", "done", "done", "pending"]


@pytest.mark.s("S66")
def test_t4_t5_a_mark_of_an_earlier_engagement_is_ignored() -> None:
    first = incomplete()
    again = review(now=OVER)
    actions.expire_due(now=OVER + 10 * MINUTE)
    actions.bells_done(items=[(first.id, 1)], now=OVER + 10 * MINUTE)
    actions.reminders_settled(items=[(first.id, 1, "handed", "")], now=OVER + 10 * MINUTE)
    draft = queries.get(business_id=BELLA, draft_id=first.id, now=OVER + 10 * MINUTE)
    assert draft is not None
    assert (draft.engagement, draft.bell.state, draft.reminder.state) == (again.engagement, "pending", "pending")


def test_i14_a_mark_on_a_purged_draft_creates_nothing(drafts_db: Database) -> None:
    gone = incomplete()
    drafts_db.booking_drafts.delete_many({})
    late = gone.purge_at + MINUTE
    actions.bells_done(items=[(gone.id, 1)], now=late)
    actions.reminders_settled(items=[(gone.id, 1, "handed", "")], now=late)
    actions.expire_one(business_id=BELLA, draft_id=gone.id, now=late)
    assert not convert(gone, now=late)
    with pytest.raises(actions.DraftMoved):
        actions.dismiss(business_id=BELLA, draft_id=gone.id, engagement=1, user_id=7, now=late)
    assert drafts_db.booking_drafts.count_documents({}) == 0


@pytest.mark.s("S71", "S72", "S06")
@pytest.mark.parametrize("state", [REVIEWING, INCOMPLETE, DISMISSED])
def test_t6_converts_from_any_state_and_forgets_the_marks(state: DraftState) -> None:
    draft = review() if state is REVIEWING else incomplete()
    if state is DISMISSED:
        actions.dismiss(business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER)
    key = identifiers.new_uuid()
    assert convert(draft, now=OVER, confirm_key=key, booked_by_id=7, pk=42)
    done = queries.get(business_id=BELLA, draft_id=draft.id, now=OVER)
    assert done is not None
    assert (done.status, done.open, done.closed_flow, done.closed) == (CONVERTED, False, key, Closed(OVER, "7", 42))
    assert (done.bell.state, done.reminder.state, done.purge_at) == ("none", "none", draft.purge_at)
    assert queries.waiting(business_id=BELLA, now=OVER) == []
    assert not convert(draft, now=OVER, pk=43)
    assert queries.get(business_id=BELLA, draft_id=draft.id, now=OVER) == done


@pytest.mark.parametrize("wrong", [{"client_id": 2}, {"business_id": RIVAL}, {"engagement": 0}, {"draft_id": "d_other"}], ids=repr)
def test_t6_converts_only_the_draft_the_appointment_came_from(wrong: dict[str, Any]) -> None:
    draft = review()
    assert not convert(draft, **wrong)
    assert queries.get(business_id=BELLA, draft_id=draft.id, now=NOW) == draft


def test_i7_a_later_engagement_outlives_the_appointment_of_an_earlier_one() -> None:
    first = incomplete()
    again = review(now=OVER)
    assert not convert(first, now=OVER + MINUTE)
    assert convert(again, now=OVER + MINUTE)


def test_t6_without_the_draft_id_goes_by_the_moment() -> None:
    """MongoDB was away at Confirm: the appointment knows the client and when it was made."""
    draft = review()
    assert not convert(draft, draft_id="", engagement=None, created_at=NOW - MINUTE)
    assert convert(draft, draft_id="", engagement=None, created_at=NOW)


@pytest.mark.s("S53", "S55")
def test_t7_dismiss_closes_the_card_and_does_not_extend_the_life() -> None:
    draft = incomplete()
    done = actions.dismiss(business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER + MINUTE)
    assert (done.status, done.open, done.closed) == (DISMISSED, False, Closed(OVER + MINUTE, "7", None))
    assert (done.bell.state, done.reminder.state) == ("none", "none")
    assert (done.purge_at, done.engaged_at) == (NOW + DAY, NOW)
    assert queries.waiting(business_id=BELLA, now=OVER + MINUTE) == []


def test_t7_a_timed_out_review_can_be_dismissed_before_any_sweep() -> None:
    draft = review()
    done = actions.dismiss(business_id=BELLA, draft_id=draft.id, engagement=1, user_id=7, now=OVER)
    assert (done.status, done.incomplete_at) == (DISMISSED, OVER)


@pytest.mark.s("D7")
@pytest.mark.parametrize("case", ["running", "back", "twice", "booked", "foreign", "purged"])
def test_t7_refuses_a_card_that_is_out_of_date(case: str) -> None:
    draft = incomplete() if case != "running" else review()
    now = {"running": OVER - MINUTE, "purged": draft.purge_at}.get(case, OVER)
    card: dict[str, Any] = {"business_id": BELLA, "draft_id": draft.id, "engagement": 1, "user_id": 7, "now": now}
    if case == "back":
        review(now=OVER)
    elif case == "twice":
        actions.dismiss(**card)
    elif case == "booked":
        convert(draft, now=OVER)
    elif case == "foreign":
        card["business_id"] = RIVAL
    before = queries.for_client(business_id=BELLA, client_id=1, now=NOW)
    with pytest.raises(actions.DraftMoved):
        actions.dismiss(**card)
    assert queries.for_client(business_id=BELLA, client_id=1, now=NOW) == before


def test_erase_takes_this_client_of_this_business_only() -> None:
    gone, kept, theirs = review(1), review(2), review(1, business_id=RIVAL)
    assert actions.erase_client(business_id=BELLA, client_id=1) == 1
    assert actions.erase_client(business_id=BELLA, client_id=1) == 0
    assert queries.get(business_id=BELLA, draft_id=gone.id, now=NOW) is None
    assert queries.for_client(business_id=BELLA, client_id=2, now=NOW) == kept
    assert queries.for_client(business_id=RIVAL, client_id=1, now=NOW) == theirs


def test_i11_a_captured_draft_can_be_read_until_it_is_purged() -> None:
    draft = review()
    for moment in (NOW, OVER, draft.purge_at - timedelta(milliseconds=1)):
        assert queries.get(business_id=BELLA, draft_id=draft.id, now=moment) == replace(draft)
    assert queries.get(business_id=BELLA, draft_id=draft.id, now=draft.purge_at) is None
