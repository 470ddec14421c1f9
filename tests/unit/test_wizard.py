"""The choice in the address: read back as written, and never a surprise for what cannot be read."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import wizard
from booking.wizard import BAD_MEMBER, BAD_SERVICE, BAD_START, TOO_MANY, Choice, Step
from business.sizes import MOST_SERVICES

ids = st.integers(min_value=1, max_value=2**63 - 1)
starts = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
services = st.lists(st.tuples(ids, st.none() | ids), max_size=MOST_SERVICES, unique_by=lambda pair: pair[0]).map(tuple)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    member = draw(st.none() | ids)
    return Choice(
        services=draw(services),
        member=member,
        member_chosen=member is not None or draw(st.booleans()),
        start_at=draw(st.none() | starts),
        flow=draw(st.none() | st.uuids()),
    )


class Query(dict):
    def getlist(self, key: str) -> list[str]:
        return self.get(key, [])


@given(choices())
def test_choice_is_read_back_as_written(choice: Choice) -> None:
    assert Choice.from_text(choice.to_query()) == choice


@given(st.dictionaries(st.sampled_from(["s", "t", "at", "flow", "v1"]), st.lists(st.text(max_size=40), max_size=30)))
def test_any_text_is_read_without_an_error(fields: dict[str, list[str]]) -> None:
    choice, problems = Choice.from_query(Query(fields))
    assert len(choice.services) <= MOST_SERVICES
    assert Choice.from_text(choice.to_query()) == choice
    assert all(isinstance(problem, str) for problem in problems)


def test_services_keep_their_order_and_the_first_of_a_name_counts() -> None:
    choice, problems = Choice.from_query(Query(s=["3.7", "1", "3.9"]))
    assert choice.services == ((3, 7), (1, None))
    assert problems == []


def test_variant_named_apart_is_joined_to_its_service() -> None:
    assert Choice.from_query(Query(s=["12", "5"], v12=["34"]))[0].services == ((12, 34), (5, None))


def test_more_than_twenty_services_are_cut_with_a_sentence() -> None:
    choice, problems = Choice.from_query(Query(s=[str(number) for number in range(1, 1001)]))
    assert [service for service, _ in choice.services] == list(range(1, 21))
    assert problems == [TOO_MANY]


@pytest.mark.parametrize("text", ["0", "-1", "1.x", "x", "9" * 30, "1\x00", "１", "1.0", "{}", "😀"])
def test_service_that_cannot_be_read_is_named(text: str) -> None:
    assert Choice.from_query(Query(s=[text])) == (Choice(), [BAD_SERVICE])


@pytest.mark.parametrize("text", ["x", "-4", "9" * 20, "any ", "\x00"])
def test_member_that_cannot_be_read_is_named(text: str) -> None:
    choice, problems = Choice.from_query(Query(t=[text]))
    assert choice.member is None
    assert problems == ([] if text.strip() == "any" else [BAD_MEMBER])


@pytest.mark.parametrize(
    "text",
    ["2026-11-25", "2026-11-25T23:30", "2026-11-25T23:30+11:00", "2026-13-25T23:30Z", "0001-01-01T00:00Z", "9999-12-31T23:59Z", "now"],
)
def test_start_without_utc_or_out_of_reason_is_named(text: str) -> None:
    assert Choice.from_query(Query(at=[text])) == (Choice(), [BAD_START])


def test_flow_that_is_no_uuid_is_left_out() -> None:
    assert Choice.from_query(Query(flow=["x"])) == (Choice(), [])
    flow = UUID("11111111-1111-4111-8111-111111111111")
    assert Choice.from_query(Query(flow=[str(flow)]))[0].flow == flow


@pytest.mark.parametrize(("text", "day"), [("2026-11-25", date(2026, 11, 25)), ("2026-02-30", None), ("0001-01-01", None), ("", None)])
def test_day_is_read_strictly(text: str, day: date | None) -> None:
    assert wizard.parse_day(text) == day


def test_team_step_is_left_out_for_one_person() -> None:
    assert wizard.steps(people=1) == (Step.SERVICES, Step.TIME, Step.REVIEW)
    assert wizard.steps(people=2) == (Step.SERVICES, Step.TEAM, Step.TIME, Step.REVIEW)
