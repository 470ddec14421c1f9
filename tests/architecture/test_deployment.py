"""The production files: complete, the same commands as everywhere else, no secret inside. Compose's own check where it is installed."""

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from config import services
from config.services import ROOT

HOUSE = ("migrate", "web", "worker", "beat")
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD", "TWILIO_AUTH_TOKEN", "EMAIL_HOST_PASSWORD", "POSTMARK_SERVER_TOKEN", "MAILGUN_API_KEY"}
OF_THE_RUNNER = {"PORT", "DEMO", "DEMO_PASSWORD", "DEBUG", "BEAT_SCHEDULE_FILE", "MONGO_TIMEOUT_MS", "TWILIO_API_URL"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_pins_the_engines_and_runs_the_house(compose: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in compose["services"].items()}

    assert images.pop("postgres") == "postgres:18"
    assert images.pop("mongo") == "mongo:8.0"
    assert images.pop("valkey") == "valkey/valkey:9"
    assert set(images) == set(HOUSE)


@pytest.mark.s("S75")
def test_compose_starts_what_the_tests_start(compose: dict[str, Any]) -> None:
    commands = {name: compose["services"][name]["command"] for name in HOUSE}

    assert commands["web"] == services.GUNICORN
    assert commands["worker"] == services.WORKER
    assert commands["beat"] == services.BEAT
    assert commands["migrate"][-1] == "python manage.py migrate --no-input && python manage.py ensure_draft_indexes"
    assert compose["services"]["worker"]["environment"]["MONGO_TIMEOUT_MS"] == services.WORKER_MONGO_TIMEOUT_MS


def test_compose_checks_the_health_of_all_that_stays_up(compose: dict[str, Any]) -> None:
    staying = {name for name, service in compose["services"].items() if service["restart"] != "no"}

    assert staying == set(compose["services"]) - {"migrate"}
    assert {name for name in staying if "test" in compose["services"][name]["healthcheck"]} == staying


def test_compose_waits_for_engines_then_for_migrations(compose: dict[str, Any]) -> None:
    waits = {name: compose["services"][name]["depends_on"] for name in HOUSE}

    assert waits["migrate"] == {"postgres": {"condition": "service_healthy"}, "mongo": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        assert waits[name]["migrate"] == {"condition": "service_completed_successfully"}
        assert waits[name]["valkey"] == {"condition": "service_healthy"}


def test_compose_keeps_drafts_safely(compose: dict[str, Any]) -> None:
    url = compose["services"]["web"]["environment"]["MONGO_URL"]

    assert {"replicaSet=rs0", "w=majority", "journal=true"} <= set(url.partition("?")[2].split("&"))
    assert "rs0" in compose["services"]["mongo"]["command"]
    assert "rs.initiate" in compose["services"]["mongo"]["healthcheck"]["test"][-1]
    assert {"postgres:/var/lib/postgresql", "mongo:/data/db"} <= {
        volume for service in compose["services"].values() for volume in service.get("volumes", [])
    }


def test_compose_opens_one_port_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_compose_takes_secrets_from_the_environment_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert name not in SECRETS or re.fullmatch(r"\$\{\w+(:\?[^}]+|:-)\}", value), name


def test_compose_hands_on_every_setting_of_production(compose: dict[str, Any]) -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))

    assert read - OF_THE_RUNNER - set(compose["services"]["web"]["environment"]) == set()


def test_example_environment_names_what_compose_requires() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"\w+=", line))

    assert required <= set(example)
    assert {name for name in SECRETS & set(example) if example[name]} == set()


def test_image_is_locked_unprivileged_and_without_secrets() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    final_stage = dockerfile[dockerfile.rindex("\nFROM ") :]

    assert "--require-hashes" in dockerfile
    assert "requirements-production.lock" in dockerfile
    assert "\nUSER comeback\n" in final_stage
    assert not any(name in dockerfile for name in SECRETS)
    assert (ROOT / ".dockerignore").read_text().splitlines()[0] == "*"


def test_compose_itself_accepts_the_file() -> None:
    if not compose_installed():
        pytest.skip("docker compose is not installed; the structure is checked above")
    values = dict(line.split("=", 1) for line in (ROOT / ".ci" / "like-production.env").read_text().split())

    done = subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "POSTGRES_PASSWORD": "x", **values},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def compose_installed() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0
