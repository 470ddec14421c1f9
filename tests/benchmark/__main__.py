"""`make bench`: measures P1, P2, P3, P5, P6, P7, P9, P10 and P11, prints a table and writes .data/bench.json.

A figure counts only as the ratio to the bare driver, or to an empty Django view, doing the same engine operations in the same run. What
does not hold is said and is no failure; a wrong outcome (a lost review, an early one) is. `--quick` only shows that everything runs.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from config.processes import ProcessFailed
from config.services import ROOT
from tests.benchmark import stage
from tests.benchmark.rows import Row
from tests.benchmark.sizes import FULL, QUICK, Sizes
from tests.benchmark.table import draw


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for. 0: measured; 1: it could not be, with the reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute; the figures mean nothing")
    parser.add_argument("--only", default="", metavar="P1,P9", help="only these")
    parser.add_argument("--out", type=Path, default=ROOT / ".data" / "bench.json")
    options = parser.parse_args(arguments)
    begun = perf_counter()
    try:
        with stage.engines():
            rows = _measure(QUICK if options.quick else FULL, {name for name in options.only.upper().split(",") if name})
    except (ProcessFailed, RuntimeError) as failed:
        print(f"The benchmark stopped: {failed}", file=sys.stderr)
        return 1
    _keep(options.out, rows, quick=options.quick, seconds=perf_counter() - begun)
    print(draw(rows))
    print(f"\n{perf_counter() - begun:.0f} s on {os.cpu_count()} cores; also in {options.out}")
    return 0


def _measure(sizes: Sizes, only: set[str]) -> list[Row]:
    """First what needs no other process, on a quiet machine; then the house."""
    from tests.benchmark import plan

    rows: list[Row] = []

    def note(names: str, work: Callable[[], Sequence[Row]]) -> None:
        if only and not only & set(names.split()):
            return
        print(f"{names} …", end=" ", flush=True)
        begun = perf_counter()
        rows.extend(work())
        print(f"{perf_counter() - begun:.0f} s", flush=True)

    plan.run(sizes, note)
    return rows


def _keep(out: Path, rows: Sequence[Row], *, quick: bool, seconds: float) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rows": [asdict(row) for row in rows],
    }
    out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
