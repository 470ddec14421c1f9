"""The table of moves, its self-check, and what each move may and may not touch."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core import identifiers
from drafts import lifecycle
from drafts.document import DraftState, Selection, ServiceChoice
from drafts.lifecycle import ABSENT, MOVES, BrokenLifecycle, Move, check_moves

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
FLOW = identifiers.new_uuid()
CHOSEN = Selection((ServiceChoice(1, None, "Hair cut", 45, 6200),), None, NOW, "UTC", "$status")
WHO: dict[str, Any] = {"business_id": 1, "client_id": 2}
CAPTURE: dict[str, Any] = {**WHO, "flow": FLOW, "selection": CHOSEN, "now": NOW}
CLOSE: dict[str, Any] = {"confirm_key": FLOW, "appointment_id": 3, "by": "client", "now": NOW}

STEPS = {
    "T1a": lifecycle.keep_countdown(**CAPTURE),
    "T1b": lifecycle.restart_countdown(**CAPTURE),
    "T2": lifecycle.engage(draft_id="d_x", **CAPTURE),
    "T3": lifecycle.expire(draft_ids=["d_x"], now=NOW),
    "T4": lifecycle.bell_done(draft_ids=["d_x"], engagement=1, now=NOW),
    "T5": lifecycle.reminder_settled(draft_ids=["d_x"], engagement=1, outcome="handed", reason="", now=NOW),
    "T6": lifecycle.convert(which=lifecycle.by_engagement(**WHO, draft_id="d_x", engagement=1), **CLOSE),
    "T7": lifecycle.dismiss(business_id=1, draft_id="d_x", engagement=1, by="4", now=NOW),
}


@pytest.mark.s("S19")
def test_ten_minutes_and_a_day_are_constants() -> None:
    assert lifecycle.REVIEW_FOR.total_seconds() == 600
    assert lifecycle.KEEP_FOR.total_seconds() == 86_400


def test_the_table_of_moves_is_whole() -> None:
    check_moves(MOVES)


@pytest.mark.parametrize("left_out", ["T2 engage", "T3 expire", "T6 convert", "T7 dismiss", "T8 purge"])
def test_a_move_that_is_missing_is_noticed(left_out: str) -> None:
    with pytest.raises(BrokenLifecycle):
        check_moves(move for move in MOVES if move.name != left_out)


def test_a_state_nobody_moves_on_is_found() -> None:
    stuck = (
        Move("begin", frozenset({ABSENT}), DraftState.REVIEWING, "the client"),
        Move("end", frozenset({ABSENT}), DraftState.INCOMPLETE, "nobody"),
        Move("T6", frozenset({DraftState.REVIEWING}), DraftState.CONVERTED, "a confirm"),
        Move("T7", frozenset({DraftState.REVIEWING}), DraftState.DISMISSED, "staff"),
        Move("T8", frozenset(DraftState), ABSENT, "the TTL index"),
    )
    with pytest.raises(BrokenLifecycle, match="Nobody moves incomplete on"):
        check_moves(stuck)


@pytest.mark.parametrize("name", STEPS)
def test_every_move_counts_and_none_counts_back(name: str) -> None:
    counted = STEPS[name].change["$inc"]
    assert counted == ({"engagement": 1, "rev": 1} if name == "T2" else {"rev": 1})


@pytest.mark.parametrize("name", STEPS)
def test_only_engaging_may_create(name: str) -> None:
    assert STEPS[name].creates is (name == "T2")


@pytest.mark.s("S55", "S73", "S74")
@pytest.mark.parametrize("name", STEPS)
def test_only_the_client_extends_the_life(name: str) -> None:
    extends = {"purge_at", "engaged_at"} & set(STEPS[name].change["$set"])
    assert extends == ({"purge_at", "engaged_at"} if name in {"T1a", "T1b", "T2"} else set())


@pytest.mark.parametrize("name", STEPS)
def test_what_was_typed_is_only_ever_set(name: str) -> None:
    """A pipeline would read "$status" in a note as a field."""
    assert isinstance(STEPS[name].change, dict)
    assert set(STEPS[name].change) <= {"$set", "$inc", "$setOnInsert"}


@pytest.mark.s("D2")
def test_only_the_same_selection_keeps_the_countdown() -> None:
    assert STEPS["T1a"].guard["selection_key"] == CHOSEN.key
    assert "review_expires_at" not in STEPS["T1a"].change["$set"]
    assert STEPS["T1b"].change["$set"]["review_expires_at"] == NOW + lifecycle.REVIEW_FOR


@pytest.mark.s("S20")
def test_deadline_and_expiry_are_one_value() -> None:
    deadline = STEPS["T2"].change["$set"]["review_expires_at"]
    assert STEPS["T3"].guard["review_expires_at"] == {"$lte": NOW}
    assert lifecycle.expire(draft_ids=["d_x"], now=deadline).guard["review_expires_at"] == {"$lte": deadline}


def test_a_note_changes_no_guard() -> None:
    other = lifecycle.keep_countdown(**{**CAPTURE, "selection": replace(CHOSEN, notes="another")})
    assert other.guard == STEPS["T1a"].guard
