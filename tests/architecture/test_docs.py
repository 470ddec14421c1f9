"""README names what there is: every setting, every command of ours, and files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
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
    linked = [
        target for page in ("README.md", "CONTRIBUTING.md") for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text())
    ]
    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_every_file_that_contributing_names_exists() -> None:
    named = re.findall(
        r"`((?:booking|drafts|followups|messaging|business|config|tests)/[\w/]+\.py)`", (ROOT / "CONTRIBUTING.md").read_text()
    )
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / name.removesuffix(".py")).is_dir()] == []


def test_the_demo_password_is_the_one_that_works() -> None:
    assert '"DEMO_PASSWORD", "comeback-demo"' in (ROOT / "config" / "settings.py").read_text()
    assert "`comeback-demo`" in README
