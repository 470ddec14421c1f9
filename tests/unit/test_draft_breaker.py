"""The breaker by its own clock: five failures in ten seconds, fifteen seconds of refusals, one try."""

import pytest

from drafts.breaker import FAILURES, OPEN_SECONDS, REST_SECONDS, WITHIN_SECONDS, Breaker
from drafts.document import DraftsUnavailable


class Ticks:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def broken(ticks: Ticks) -> Breaker:
    breaker = Breaker(clock=ticks)
    for _ in range(FAILURES):
        breaker.enter()
        breaker.failed()
        ticks.seconds += REST_SECONDS
    ticks.seconds -= REST_SECONDS
    return breaker


def test_opens_at_the_fifth_failure(ticks: Ticks) -> None:
    breaker = Breaker(clock=ticks)
    for _ in range(FAILURES):
        breaker.enter()
        breaker.failed()
        ticks.seconds += max(REST_SECONDS, WITHIN_SECONDS / FAILURES)
    with pytest.raises(DraftsUnavailable, match="repeatedly"):
        breaker.enter()


def test_failures_far_apart_do_not_open_it(ticks: Ticks) -> None:
    breaker = Breaker(clock=ticks)
    for _ in range(4 * FAILURES):
        breaker.failed()
        ticks.seconds += WITHIN_SECONDS / (FAILURES - 1) + 0.1
    breaker.enter()


def test_a_success_between_starts_the_count_again(ticks: Ticks) -> None:
    breaker = Breaker(clock=ticks)
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    ticks.seconds += REST_SECONDS
    breaker.enter()


def test_open_refuses_at_once_and_then_lets_one_try(broken: Breaker, ticks: Ticks) -> None:
    ticks.seconds += OPEN_SECONDS - 0.001
    with pytest.raises(DraftsUnavailable):
        broken.enter()
    ticks.seconds += 0.001
    broken.enter()
    with pytest.raises(DraftsUnavailable):
        broken.enter()


def test_a_failed_try_keeps_it_open_for_another_round(broken: Breaker, ticks: Ticks) -> None:
    ticks.seconds += OPEN_SECONDS
    broken.enter()
    broken.failed()
    ticks.seconds += OPEN_SECONDS - 0.001
    with pytest.raises(DraftsUnavailable, match="repeatedly"):
        broken.enter()
    ticks.seconds += 0.001
    broken.enter()


def test_a_good_try_closes_it(broken: Breaker, ticks: Ticks) -> None:
    ticks.seconds += OPEN_SECONDS
    broken.enter()
    broken.succeeded()
    broken.enter()
    broken.enter()


def test_one_failure_gives_the_rest_of_the_page_a_quick_answer(ticks: Ticks) -> None:
    breaker = Breaker(clock=ticks)
    breaker.enter()
    breaker.failed()
    with pytest.raises(DraftsUnavailable):
        breaker.enter()
    ticks.seconds += REST_SECONDS
    breaker.enter()
