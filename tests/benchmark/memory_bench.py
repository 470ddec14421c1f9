"""P11: what web, worker and beat occupy together. Shared pages count once (PSS), where the system tells them."""

from collections.abc import Iterable

import psutil

from config.processes import Process
from tests.benchmark.rows import Row

MB = 1024 * 1024
MOST = 300.0


def megabytes(processes: Iterable[Process]) -> float:
    """Memory of these processes and all their children."""
    families = [psutil.Process(process.pid) for process in processes]
    return sum(_of(one) for family in families for one in [family, *family.children(recursive=True)]) / MB


def p11(none: float, waiting: float, number: int) -> list[Row]:
    """`none` MB with no review running, `waiting` MB with `number` of them."""
    growth = waiting / none
    return [
        Row("P11", "web, worker and beat together", none, MOST, "MB", none / MOST, "< 300 MB", none < MOST),
        Row("P11", f"the same with {number:,} waiting", waiting, none, "MB", growth, "≤ 1.1", growth <= 1.1 and waiting < MOST),
    ]


def _of(process: psutil.Process) -> int:
    memory = process.memory_full_info()
    return int(getattr(memory, "pss", 0) or memory.rss)
