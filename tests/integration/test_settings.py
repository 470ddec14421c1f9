"""Settings fail loudly, and all at once."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    return subprocess.run(
        [sys.executable, "-c", "from config import settings"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_production_without_settings_names_every_missing_one() -> None:
    outcome = _start()
    assert outcome.returncode == 1
    for name in ("SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "TWILIO_ACCOUNT_SID", "EMAIL_PROVIDER", "DEFAULT_FROM_EMAIL"):
        assert name in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_value_of_the_wrong_type_is_named() -> None:
    outcome = _start(DEMO="1", MONGO_TIMEOUT_MS="soon")
    assert outcome.returncode == 1
    assert "MONGO_TIMEOUT_MS" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_the_demo_needs_no_settings() -> None:
    assert _start(DEMO="1").returncode == 0
