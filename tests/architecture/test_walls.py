"""Rules of the house that no import contract can see."""

import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(__file__).parents[2]
APPS = ["core", "business", "drafts", "messaging", "scheduler", "booking", "followups", "dashboard", "config"]
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
TEMPLATES = list((ROOT / "templates").rglob("*.html"))


def _offenders(paths: list[Path], pattern: str, allowed: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path in paths:
        name = str(path.relative_to(ROOT))
        if name in allowed:
            continue
        lines = path.read_text().splitlines()
        found += [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if re.search(pattern, line)]
    return found


def test_nobody_schedules_a_task_for_later() -> None:
    """No countdown, no eta, no apply_async: the timer is a date in the draft (draft-lifecycle 8)."""
    assert _offenders(SOURCES, r"\b(countdown|eta)=|\.apply_async\(|\.delay\(") == []


@pytest.mark.s("S19")
def test_nothing_but_the_source_sets_the_ten_minutes() -> None:
    """A literal that is written once: no environment variable, no setting and no field of a business stands behind it."""
    written = [re.sub(r":\d+", "", line) for line in _offenders(SOURCES, r"\bREVIEW_FOR\b(: *\w+)? *=[^=]")]
    assert written == ["drafts/lifecycle.py: REVIEW_FOR: Final = timedelta(minutes=10)"]
    fields = [field.name for model in apps.get_models() for field in model._meta.get_fields()]
    assert [name for name in [*dir(settings), *fields] if "review" in name.lower()] == []


def test_only_the_drafts_package_names_the_collection() -> None:
    assert _offenders(SOURCES, r"booking_drafts", ("drafts/schema.py", "drafts/store.py", "drafts/queries.py")) == []


def test_models_never_read_the_clock_themselves() -> None:
    assert _offenders(SOURCES, r"auto_now|default=timezone\.now") == []


def test_templates_carry_no_inline_style_or_script() -> None:
    """The content security policy would refuse them, in silence for the person who looks."""
    web = [path for path in TEMPLATES if "messages" not in path.parts]
    assert _offenders(web, r"\sstyle=|\son\w+=\"|<style|javascript:") == []


def test_nothing_is_called_utils() -> None:
    assert [str(path) for path in SOURCES if path.stem in {"utils", "helpers", "common", "managers"}] == []


def test_no_address_of_another_host_is_loaded() -> None:
    pages = [*TEMPLATES, *(ROOT / "static").rglob("*.css"), *(ROOT / "static").rglob("*.js")]
    assert _offenders(pages, r"(src|href)=\"https?://(?!www\.openstreetmap\.org)|@import url|url\(.?https?:") == []


@pytest.mark.parametrize("pattern", [r"-----BEGIN [A-Z ]*PRIVATE KEY", r"\bAC[0-9a-f]{32}\b(?<!0{32})", r"\bSK[0-9a-f]{32}\b"])
def test_no_secret_is_committed(pattern: str) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    texts = [ROOT / name for name in listed if Path(name).suffix in {".py", ".md", ".yml", ".toml", ".html", ".example", ".txt"}]
    assert _offenders([path for path in texts if path.exists()], pattern) == []
