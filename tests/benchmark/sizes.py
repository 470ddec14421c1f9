"""How much of everything is measured: enough to judge, or just enough to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    burst: int = 10_000
    bursts: int = 3
    waiting: int = 100_000
    steady_seconds: int = 30
    crowd: int = 500_000
    rounds: int = 200
    confirms: int = 40
    turns: int = 8
    requests: int = 200
    captures: int = 300
    looks: int = 150
    drafts_small: int = 10_000
    drafts_large: int = 100_000


QUICK = Sizes(
    burst=500,
    bursts=1,
    waiting=2_000,
    steady_seconds=3,
    crowd=5_000,
    rounds=5,
    confirms=3,
    turns=2,
    requests=20,
    captures=40,
    looks=5,
    drafts_small=1_000,
    drafts_large=4_000,
)
FULL = Sizes()
