"""The draft as the product sees it, and its shape in MongoDB. Plain Python: no driver, no Django, no clock.

A document is always rebuilt from known keys, never passed on as it came (promises 2.4, line 25). It holds ids and the client's note; no
phone, no e-mail, no name of a person (draft-lifecycle 1.3).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from business.sizes import LARGEST_ID, MOST_SERVICES, NOTE_LENGTH

SCHEMA = 1
MAX_NAME = 200
MAX_TZ = 64
YEARS = range(2000, 3000)


class DraftsUnavailable(Exception):
    """MongoDB is away, too slow, or the breaker is open. Booking goes on without capture; staff pages say "try again"."""


class BadSelection(ValueError):
    """The selection cannot be kept: no or too many services, text that no database takes, a time without a zone."""


class DraftState(StrEnum):
    REVIEWING = "reviewing"
    INCOMPLETE = "incomplete"
    CONVERTED = "converted"
    DISMISSED = "dismissed"


OPEN = frozenset({DraftState.REVIEWING, DraftState.INCOMPLETE})


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service as it was chosen. `name` is the service's alone; `duration_min` in minutes, `price_minor` in minor currency units."""

    service_id: int
    variant_id: int | None
    name: str
    duration_min: int
    price_minor: int

    def __post_init__(self) -> None:
        _number(self.service_id, "service", least=1)
        if self.variant_id is not None:
            _number(self.variant_id, "variant", least=1)
        _text(self.name, "service name", MAX_NAME)
        _number(self.duration_min, "duration")
        _number(self.price_minor, "price")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the client chose: 1 to 20 services, a team member or None for "any", a start (aware, kept in UTC) or None, and a note.

    Raises BadSelection for anything that could not be stored (S04, S07; promises 2.4, line 34).
    """

    services: tuple[ServiceChoice, ...]
    team_member_id: int | None
    start_at: datetime | None
    tz: str
    notes: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.services) <= MOST_SERVICES:
            raise BadSelection(f"Choose 1 to {MOST_SERVICES} services.")
        if self.team_member_id is not None:
            _number(self.team_member_id, "team member", least=1)
        if self.start_at is not None:
            object.__setattr__(self, "start_at", _moment(self.start_at))
        _text(self.tz, "time zone", MAX_TZ)
        _text(self.notes, "note", NOTE_LENGTH)

    @property
    def key(self) -> str:
        """SHA-256 of services with variants, team member and start, in hex: the same while only note, names or prices differ (T1a)."""
        chosen = [(line.service_id, line.variant_id) for line in self.services]
        start = self.start_at.isoformat() if self.start_at else None
        return hashlib.sha256(repr((chosen, self.team_member_id, start)).encode()).hexdigest()

    @property
    def duration_min(self) -> int:
        """Minutes of all services in a row."""
        return sum(line.duration_min for line in self.services)

    @property
    def price_minor(self) -> int:
        """The price of all services, in minor currency units."""
        return sum(line.price_minor for line in self.services)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the bell (none, pending, done) or the reminder (none, pending, handed, skipped with a reason) of this engagement stands."""

    state: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """How a draft ended. `by` is a staff user's id as text, or "client"; `appointment_id` is None when it was dismissed."""

    at: datetime
    by: str
    appointment_id: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft of one client. All moments are aware and UTC, cut to milliseconds."""

    id: str
    business_id: int
    client_id: int
    status: DraftState
    engagement: int
    rev: int
    flow: UUID
    closed_flow: UUID | None
    review_started_at: datetime
    review_expires_at: datetime
    incomplete_at: datetime | None
    engaged_at: datetime
    purge_at: datetime
    selection: Selection
    bell: Mark
    reminder: Mark
    closed: Closed | None = field(default=None)

    @property
    def open(self) -> bool:
        """Reviewing or incomplete (I2)."""
        return self.status in OPEN

    def is_live(self, *, now: datetime) -> bool:
        """The client's ten minutes are still running at `now`."""
        return self.status is DraftState.REVIEWING and self.review_expires_at > now

    def is_waiting(self, *, now: datetime) -> bool:
        """Staff see it at `now`: open, its review over, not yet purged (D12)."""
        return self.open and self.review_expires_at <= now < self.purge_at


def selection_to_bson(selection: Selection) -> dict[str, Any]:
    """The `selection` part of the document."""
    return {
        "services": [
            {
                "service_id": line.service_id,
                "variant_id": line.variant_id,
                "name": line.name,
                "duration_min": line.duration_min,
                "price_minor": line.price_minor,
            }
            for line in selection.services
        ],
        "team_member_id": selection.team_member_id,
        "start_at": selection.start_at,
        "tz": selection.tz,
        "notes": selection.notes,
    }


def from_bson(document: Mapping[str, Any]) -> Draft:
    """The draft in a document, from known keys only: keys of a newer release are left alone. Raises KeyError, TypeError or ValueError."""
    closed = document["closed"]
    closed_flow = document["closed_flow"]
    return Draft(
        id=document["_id"],
        business_id=document["business_id"],
        client_id=document["client_id"],
        status=DraftState(document["status"]),
        engagement=document["engagement"],
        rev=document["rev"],
        flow=UUID(document["flow"]),
        closed_flow=UUID(closed_flow) if closed_flow else None,
        review_started_at=document["review_started_at"],
        review_expires_at=document["review_expires_at"],
        incomplete_at=document["incomplete_at"],
        engaged_at=document["engaged_at"],
        purge_at=document["purge_at"],
        selection=_selection(document["selection"]),
        bell=_mark(document["bell"]),
        reminder=_mark(document["reminder"]),
        closed=Closed(closed["at"], closed["by"], closed["appointment_id"]) if closed else None,
    )


def _selection(part: Mapping[str, Any]) -> Selection:
    lines = (
        ServiceChoice(line["service_id"], line["variant_id"], line["name"], line["duration_min"], line["price_minor"])
        for line in part["services"]
    )
    return Selection(tuple(lines), part["team_member_id"], part["start_at"], part["tz"], part["notes"])


def _mark(part: Mapping[str, Any]) -> Mark:
    return Mark(part["state"], part.get("reason", ""), part["at"])


def _number(value: object, what: str, *, least: int = 0) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST_ID:
        raise BadSelection(f"The {what} is not a usable number.")


def _text(value: object, what: str, most: int) -> None:
    if not isinstance(value, str):
        raise BadSelection(f"The {what} is not text.")
    if len(value) > most:
        raise BadSelection(f"The {what} is too long: at most {most} characters.")
    if "\x00" in value or not _encodes(value):
        raise BadSelection(f"The {what} has characters that cannot be stored.")


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(value: object) -> datetime:
    """In UTC, cut to the milliseconds MongoDB keeps."""
    if not isinstance(value, datetime) or value.utcoffset() is None or value.year not in YEARS:
        raise BadSelection("The time is not a usable moment.")
    moment = value.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
