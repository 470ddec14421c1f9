"""Settings fail loudly, and all at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


REQUIRED = [
    "SECRET_KEY",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "MONGO_URL",
    "REDIS_URL",
    "TWILIO_ACCOUNT_SID",
    "EMAIL_PROVIDER",
    "DEFAULT_FROM_EMAIL",
]
LIKE_PRODUCTION = dict(line.split("=", 1) for line in (ROOT / ".ci" / "like-production.env").read_text().split())


def _start(code: str = "from config import settings", /, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_production_without_settings_names_every_missing_one() -> None:
    outcome = _start()
    assert outcome.returncode == 1
    for name in REQUIRED:
        assert name in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_value_of_the_wrong_type_is_named() -> None:
    outcome = _start(DEMO="1", MONGO_TIMEOUT_MS="soon")
    assert outcome.returncode == 1
    assert "MONGO_TIMEOUT_MS" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_wrong_and_missing_settings_are_named_together_a_line_each() -> None:
    outcome = _start(**{**LIKE_PRODUCTION, "SITE_URL": ""}, TRUSTED_PROXIES="one", EMAIL_PORT="smtp")
    assert [line.strip().partition(":")[0] for line in outcome.stderr.splitlines()[1:]] == ["TRUSTED_PROXIES", "EMAIL_PORT", "SITE_URL"]


UNUSABLE = {
    "SITE_URL": "https://book.example.com/salons",
    "TRUSTED_PROXIES": "-1",
    "MONGO_TIMEOUT_MS": "-5",
    "DATABASE_URL": "sqlite:///db.sqlite3",
    "MONGO_URL": "127.0.0.1:27017",
    "REDIS_URL": "http://127.0.0.1:6379",
    "LOG_LEVEL": "LOUD",
}


@pytest.mark.parametrize("environment", [LIKE_PRODUCTION, {"DEMO": "1"}])
def test_what_no_start_could_use_is_refused_all_at_once(environment: dict[str, str]) -> None:
    outcome = _start(**{**environment, **UNUSABLE})
    assert outcome.returncode == 1
    assert [line.strip().partition(":")[0] for line in outcome.stderr.splitlines()[1:]] == list(UNUSABLE)


def test_a_slash_at_the_end_of_the_sites_address_stays_out_of_links() -> None:
    shown = _start("from config import settings; print(settings.SITE_URL)", **{**LIKE_PRODUCTION, "SITE_URL": "https://book.example.com/"})
    assert shown.stdout.strip() == "https://book.example.com"


def test_the_demo_needs_no_settings() -> None:
    assert _start(DEMO="1").returncode == 0


def test_what_a_production_needs_is_enough() -> None:
    assert _start(**LIKE_PRODUCTION).returncode == 0


@pytest.mark.parametrize("name", [*REQUIRED, "POSTMARK_SERVER_TOKEN"])
def test_each_missing_setting_alone_stops_the_start(name: str) -> None:
    outcome = _start(**{**LIKE_PRODUCTION, name: ""})
    assert outcome.returncode == 1
    assert name in outcome.stderr
    assert "Traceback" not in outcome.stderr
