"""One line of the benchmark's table: a figure of ours beside the bare driver's in the same run (design of `make bench`: only ratios count)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` and `bare` are in `unit`; `ratio` is ours to bare; `holds` says whether it meets `goal`."""

    name: str
    what: str
    ours: float
    bare: float
    unit: str
    ratio: float
    goal: str
    holds: bool


def seconds(work: Callable[[], object]) -> float:
    """How long one run of `work` takes."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def side_by_side(ours: Sequence[Callable[[], object]], bare: Sequence[Callable[[], object]]) -> tuple[float, float, float]:
    """Run pairs in turns, the first of a pair changing, so that a busy moment of the machine meets both.

    Returns the median seconds of ours, of bare, and the median of the pairs' ratios.
    """
    pairs = []
    for number, (mine, theirs) in enumerate(zip(ours, bare, strict=True)):
        if number % 2:
            second, first = seconds(theirs), seconds(mine)
            pairs.append((first, second))
        else:
            pairs.append((seconds(mine), seconds(theirs)))
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)
