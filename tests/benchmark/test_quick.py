"""That `make bench` runs from end to end and reports every promise. The figures of so small a run mean nothing and are not judged."""

import json
import subprocess
import sys

import pytest

from config.services import ROOT


@pytest.mark.slow
def test_quick_run_reports_every_promise(tmp_path):
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "tests.benchmark", "--quick", "--out", out]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert {row["name"] for row in report["rows"]} == {"P1", "P2", "P3", "P5", "P6", "P7", "P9", "P10", "P11"}
    race = next(row for row in report["rows"] if row["name"] == "P5")
    assert race["holds"], "One time of one team member was given to two clients, or to none."
