"""The steps of a booking and the choices made so far, as they travel in the address.

Until the phone is verified nothing about a visitor is kept anywhere but in the address (S02), so this is the whole state of a booking:
`s=<service>` or `s=<service>.<variant>` repeated in order, `t=<team member>` or `t=any`, `at=<start in UTC>`, `flow=<uuid>`.
Plain Python: ids are not looked up here, only read. Whether they exist is the catalogue's business (scheduler.queries.resolve).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from business.sizes import LARGEST_ID, MOST_SERVICES

ANY = "any"

_YEARS = range(2000, 2101)
_ID = re.compile(r"[0-9]{1,19}")
_START = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

TOO_MANY = f"You can book up to {MOST_SERVICES} services at once. We kept the first {MOST_SERVICES}."
BAD_SERVICE = "One of the services in this link could not be read, so we left it out."
BAD_MEMBER = "The person in this link could not be read. Choose who you would like to see."
BAD_START = "The time in this link could not be read. Pick a time."


class Lists(Protocol):
    """Anything that hands out all values of a name: a QueryDict, for one."""

    def getlist(self, key: str, /) -> Sequence[str | object]: ...


class Step(StrEnum):
    SERVICES = "services"
    TEAM = "team"
    TIME = "time"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Choice:
    """What has been chosen so far. `member` None with `member_chosen` means "any team member"; `start_at` is UTC."""

    services: tuple[tuple[int, int | None], ...] = ()
    member: int | None = None
    member_chosen: bool = False
    start_at: datetime | None = None
    flow: UUID | None = None

    @classmethod
    def from_query(cls, query: Lists) -> tuple["Choice", list[str]]:
        """The choice in an address or a form, and one sentence for each part that could not be read (and was left out).

        A form may name the variant apart, as `s=12` with `v12=34`. Of a service named twice the first counts.
        """
        problems: list[str] = []
        services = _services(query, problems)
        member, member_chosen = _member(_last(query, "t"), problems)
        start_at = _start(_last(query, "at"), problems)
        return cls(
            services=services, member=member, member_chosen=member_chosen, start_at=start_at, flow=_flow(_last(query, "flow"))
        ), problems

    @classmethod
    def from_text(cls, query: str) -> "Choice":
        """The choice in a query string we wrote ourselves."""
        return cls.from_query(_Parsed(query))[0]

    def to_query(self) -> str:
        """The query string that `from_query` reads back to an equal choice; "" when nothing was chosen."""
        return urlencode(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of each part, in order: for hidden fields of forms."""
        pairs = [("s", f"{service}.{variant}" if variant else str(service)) for service, variant in self.services]
        if self.member_chosen:
            pairs.append(("t", str(self.member) if self.member else ANY))
        if self.start_at:
            pairs.append(("at", start_text(self.start_at)))
        if self.flow:
            pairs.append(("flow", str(self.flow)))
        return pairs


def start_text(start: datetime) -> str:
    """A start as it is written in addresses: "2026-11-25T23:30Z"."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def parse_day(text: str) -> date | None:
    """A day as `YYYY-MM-DD`; None for anything else."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and day.year in _YEARS else None


def steps(*, people: int) -> tuple[Step, ...]:
    """The steps that apply: without Team when only one person does everything chosen."""
    return (Step.SERVICES, Step.TIME, Step.REVIEW) if people == 1 else tuple(Step)


def open_step(choice: Choice, *, people: int) -> Step:
    """The first step that still needs an answer; Review when all have one."""
    if not choice.services:
        return Step.SERVICES
    if not choice.member_chosen and people != 1:
        return Step.TEAM
    return Step.REVIEW if choice.start_at else Step.TIME


class _Parsed:
    def __init__(self, query: str) -> None:
        self.values = parse_qs(query, max_num_fields=100)

    def getlist(self, key: str, /) -> Sequence[str]:
        return self.values.get(key, [])


def _last(query: Lists, key: str) -> str:
    values = query.getlist(key)
    return str(values[-1]).strip() if values else ""


def _id(text: str) -> int | None:
    return int(text) if _ID.fullmatch(text) and 0 < int(text) <= LARGEST_ID else None


def _services(query: Lists, problems: list[str]) -> tuple[tuple[int, int | None], ...]:
    chosen: dict[int, int | None] = {}
    for value in query.getlist("s"):
        head, dot, tail = str(value).strip().partition(".")
        service, variant = _id(head), _id(tail or (_last(query, f"v{head}") if not dot else ""))
        if service is None or (dot and variant is None):
            problems.append(BAD_SERVICE)
        elif service not in chosen:
            chosen[service] = variant
    if len(chosen) > MOST_SERVICES:
        problems.append(TOO_MANY)
    return tuple(list(chosen.items())[:MOST_SERVICES])


def _member(text: str, problems: list[str]) -> tuple[int | None, bool]:
    if text in ("", ANY):
        return None, text == ANY
    member = _id(text)
    if member is None:
        problems.append(BAD_MEMBER)
    return member, member is not None


def _start(text: str, problems: list[str]) -> datetime | None:
    try:
        start = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC) if _START.fullmatch(text) else None
    except ValueError:
        start = None
    if start is None or start.year not in _YEARS:
        if text:
            problems.append(BAD_START)
        return None
    return start


def _flow(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
