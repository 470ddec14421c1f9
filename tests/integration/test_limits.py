"""Limits counted in Redis: they refuse the one too many, and nothing at all while Redis is away or frozen."""

import socket
import time

import pytest
from django.conf import settings

from business import limits
from tests.visits import forget_limits

SHIPPED = limits.TIMEOUT_SECONDS  # before any fixture made it patient


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_limits()
    monkeypatch.setattr(limits, "_limiter", None)
    monkeypatch.setattr(limits, "_resting_until", float("-inf"))


def test_one_too_many_is_told_when_to_come_back() -> None:
    assert [limits.retry_after("confirm", "7") for _ in range(10)] == [0] * 10
    assert 1 <= limits.retry_after("confirm", "7") <= 60
    assert limits.retry_after("confirm", "8") == 0
    assert limits.retry_after("capture", "7") == 0


def test_nothing_is_refused_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert [limits.retry_after("confirm", "7") for _ in range(20)] == [0] * 20


def test_frozen_redis_costs_a_moment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TIMEOUT_SECONDS", SHIPPED)
    with socket.socket() as frozen:
        frozen.bind(("127.0.0.1", 0))
        frozen.listen()
        monkeypatch.setattr(settings, "REDIS_URL", f"redis://127.0.0.1:{frozen.getsockname()[1]}/0")
        before = time.monotonic()
        assert [limits.retry_after("confirm", "7") for _ in range(20)] == [0] * 20
        assert time.monotonic() - before < 15 * SHIPPED
