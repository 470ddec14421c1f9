"""The draft as a value: what can be kept, what cannot, and that a document comes back as it went in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from business.sizes import LARGEST_ID
from core import identifiers
from drafts.document import (
    BadSelection,
    Closed,
    Draft,
    DraftState,
    Mark,
    Selection,
    ServiceChoice,
    from_bson,
)
from tests.documents import to_bson

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
CUT = ServiceChoice(1, None, "Hair cut", 45, 6200)
COLOUR = ServiceChoice(3, 7, "Colour", 75, 11000)
CHOSEN = Selection((CUT, COLOUR), 5, NOW + timedelta(days=1), "Australia/Sydney", "Please be gentle.")

DRAFT = Draft(
    id=identifiers.new_draft_id(),
    business_id=1,
    client_id=2,
    status=DraftState.REVIEWING,
    engagement=1,
    rev=1,
    flow=identifiers.new_uuid(),
    closed_flow=None,
    review_started_at=NOW,
    review_expires_at=NOW + timedelta(minutes=10),
    incomplete_at=None,
    engaged_at=NOW,
    purge_at=NOW + timedelta(hours=24),
    selection=CHOSEN,
    bell=Mark("none", "", NOW),
    reminder=Mark("none", "", NOW),
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=500)
numbers = st.integers(1, LARGEST_ID)
choices = st.builds(ServiceChoice, numbers, st.none() | numbers, texts.map(lambda text: text[:200]), numbers, numbers)
moments = st.datetimes(datetime(2000, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC))
selections = st.builds(
    Selection,
    st.lists(choices, min_size=1, max_size=20).map(tuple),
    st.none() | numbers,
    st.none() | moments,
    st.sampled_from(["UTC", "Australia/Sydney"]),
    texts,
)


def _through_the_driver(draft: Draft) -> Draft:
    options: bson.CodecOptions = bson.CodecOptions(tz_aware=True)
    return from_bson(bson.decode(bson.encode(to_bson(draft)), options))


@pytest.mark.s("S07")
@given(selections)
def test_a_selection_comes_back_as_it_went_in(selection: Selection) -> None:
    assert _through_the_driver(replace(DRAFT, selection=selection)).selection == selection


def test_a_closed_draft_comes_back_as_it_went_in() -> None:
    closed = replace(
        DRAFT,
        status=DraftState.CONVERTED,
        closed_flow=DRAFT.flow,
        incomplete_at=NOW,
        reminder=Mark("skipped", "opted_out", NOW),
        closed=Closed(NOW, "17", 4),
    )
    assert _through_the_driver(closed) == closed


def test_keys_of_a_newer_release_are_left_alone() -> None:
    assert from_bson({**to_bson(DRAFT), "v": 2, "loyalty": {"points": 3}, "$x": 1}) == DRAFT


@pytest.mark.parametrize("missing", ["status", "selection", "purge_at", "bell"])
def test_a_document_without_a_known_key_is_not_a_draft(missing: str) -> None:
    document = to_bson(DRAFT)
    del document[missing]
    with pytest.raises(KeyError):
        from_bson(document)


def test_the_document_holds_no_contact_of_a_person() -> None:
    assert set(to_bson(DRAFT)) == {
        *("_id", "v", "business_id", "client_id", "status", "open", "engagement", "rev", "flow", "closed_flow"),
        *("review_started_at", "review_expires_at", "incomplete_at", "engaged_at", "purge_at"),
        *("selection_key", "selection", "bell", "reminder", "closed"),
    }
    assert set(to_bson(DRAFT)["selection"]) == {"services", "team_member_id", "start_at", "tz", "notes"}


@pytest.mark.s("S04")
@pytest.mark.parametrize("services", [(), (CUT,) * 21])
def test_no_service_or_too_many_are_refused(services: tuple[ServiceChoice, ...]) -> None:
    with pytest.raises(BadSelection, match="1 to 20 services"):
        replace(CHOSEN, services=services)


@pytest.mark.parametrize(
    "change",
    [
        {"notes": "nul \x00"},
        {"notes": "half a pair \ud800"},
        {"notes": "x" * 501},
        {"notes": None},
        {"tz": "x" * 65},
        {"start_at": datetime(2026, 11, 25, 9, 30)},
        {"start_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=11)))},
        {"start_at": datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-11)))},
        {"start_at": "2026-11-25T09:30Z"},
        {"team_member_id": 2**63},
        {"team_member_id": True},
        {"team_member_id": "5"},
        {"team_member_id": {"$gt": 0}},
    ],
    ids=repr,
)
def test_what_no_database_takes_is_a_bad_selection(change: dict[str, Any]) -> None:
    with pytest.raises(BadSelection):
        replace(CHOSEN, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"service_id": 0},
        {"service_id": 1.0},
        {"variant_id": 2**63},
        {"name": "\udfff"},
        {"name": "x" * 201},
        {"duration_min": -1},
        {"price_minor": 2**64},
        {"price_minor": float("nan")},
    ],
    ids=repr,
)
def test_a_service_line_that_cannot_be_kept_is_a_bad_selection(change: dict[str, Any]) -> None:
    with pytest.raises(BadSelection):
        replace(CUT, **change)


def test_a_start_is_kept_in_utc_and_in_milliseconds() -> None:
    sydney = timezone(timedelta(hours=11))
    start = Selection((CUT,), None, datetime(2026, 11, 25, 9, 30, 0, 123_999, sydney), "Australia/Sydney").start_at
    assert start == datetime(2026, 11, 24, 22, 30, 0, 123_000, UTC)
    assert start is not None
    assert start.tzinfo is UTC


@pytest.mark.parametrize(
    "change",
    [
        {"services": (COLOUR, CUT)},
        {"services": (CUT,)},
        {"services": (CUT, replace(COLOUR, variant_id=8))},
        {"team_member_id": None},
        {"start_at": NOW},
        {"start_at": None},
    ],
    ids=repr,
)
def test_the_key_changes_with_what_is_booked(change: dict[str, Any]) -> None:
    assert replace(CHOSEN, **change).key != CHOSEN.key


def test_the_key_stays_with_note_names_and_prices() -> None:
    repriced = replace(CUT, name="Haircut", price_minor=6500)
    assert replace(CHOSEN, services=(repriced, COLOUR), notes="", tz="UTC").key == CHOSEN.key


def test_a_selection_knows_its_length_and_price() -> None:
    assert (CHOSEN.duration_min, CHOSEN.price_minor) == (120, 17200)


@pytest.mark.s("D12")
@pytest.mark.parametrize("state", list(DraftState))
def test_whether_staff_see_it_follows_from_time(state: DraftState) -> None:
    draft = replace(DRAFT, status=state)
    moments = [draft.review_expires_at - timedelta(milliseconds=1), draft.review_expires_at, draft.purge_at]
    seen = state in {DraftState.REVIEWING, DraftState.INCOMPLETE}
    assert [draft.is_waiting(now=moment) for moment in moments] == [False, seen, False]
    assert [draft.is_live(now=moment) for moment in moments] == [state is DraftState.REVIEWING, False, False]
