"""Draws that look like chance and fall the same way every time: a hash of what they are for."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def number(what: str, below: int) -> int:
    """An integer from 0 to `below` - 1, always the same for the same `what`."""
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big") % below


def happens(what: str, percent: int) -> bool:
    """True for `percent` of all `what`."""
    return number(what, 100) < percent


def one_of(what: str, choices: Sequence[T]) -> T:
    """One of `choices`, all as likely."""
    return choices[number(what, len(choices))]


def shuffled(what: str, choices: Sequence[T]) -> list[T]:
    """All `choices` in another order."""
    order = sorted(range(len(choices)), key=lambda index: number(f"{what}/{index}", 1 << 40))
    return [choices[index] for index in order]
