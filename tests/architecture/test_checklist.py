"""Every line of the mission's checklist is named by a test that proves it."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LINES = {f"S{number:02}" for number in range(1, 79)}
DECISIONS = {f"D{number}" for number in range(1, 18)}


def _marks() -> dict[str, list[str]]:
    """Checklist line → the tests marked with it, read from the sources."""
    found: dict[str, list[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            for decorator in node.decorator_list:
                source = ast.unparse(decorator)
                if source.startswith("pytest.mark.s("):
                    for line in re.findall(r"'([SD]\d+)'", source):
                        found.setdefault(line, []).append(f"{path.name}::{node.name}")
    return found


def test_every_line_of_the_checklist_has_a_test() -> None:
    assert sorted(LINES - set(_marks())) == []


def test_every_decision_has_a_test() -> None:
    assert sorted(DECISIONS - set(_marks())) == []


def test_no_mark_names_a_line_that_does_not_exist() -> None:
    assert sorted(set(_marks()) - LINES - DECISIONS) == []
