"""README names what there is: every setting, every command of ours, and files that exist."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
APPS = ["business", "drafts", "messaging", "scheduler", "booking", "followups", "dashboard", "config"]


def test_every_setting_is_explained() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text()))
    assert len(read) > 20
    assert sorted(name for name in read if f"`{name}`" not in README) == []


def test_every_command_is_explained() -> None:
    commands = [path.stem for app in APPS for path in (ROOT / app).glob("management/commands/[a-z]*.py")]
    assert sorted(name for name in commands if f"manage.py {name}" not in README) == []


def test_every_explained_command_exists() -> None:
    named = set(re.findall(r"`manage\.py ([a-z_]+)", README))
    commands = {path.stem for app in APPS for path in (ROOT / app).glob("management/commands/[a-z]*.py")}
    assert named - commands == set()


def test_every_linked_file_exists() -> None:
    linked = [target for page in (README, CONTRIBUTING) for target in re.findall(r"\]\((?!http)([^)#]+)\)", page)]
    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_every_place_that_contributing_names_exists() -> None:
    named = re.findall(r"`((?:booking|drafts|followups|messaging|business|config|templates|tests)/[\w/.]*)`", CONTRIBUTING)
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_contributing_says_what_every_file_of_an_app_may_do() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = next(contract for contract in contracts if contract["id"] == "rooms")
    names = re.findall(r"\w+", " ".join(rooms["layers"]))
    assert [name for name in names if f"`{name}`" not in CONTRIBUTING] == []


def test_the_demo_password_is_the_one_that_works() -> None:
    assert '"DEMO_PASSWORD", "comeback-demo"' in (ROOT / "config" / "settings.py").read_text()
    assert "`comeback-demo`" in README
