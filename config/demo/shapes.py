"""How the demo's data is written down. Times of day are of the business's zone, durations minutes, prices minor units."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VariantSpec:
    name: str
    duration_min: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """`key` is how members and drafts name it. `archived_min_ago`: taken off the menu that long ago, None while it is on it."""

    key: str
    name: str
    description: str
    duration_min: int
    price_minor: int
    variants: tuple[VariantSpec, ...] = ()
    archived_min_ago: int | None = None


@dataclass(frozen=True, slots=True)
class CategorySpec:
    name: str
    services: tuple[ServiceSpec, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """One working day: "09:00" to "17:30", with at most one break."""

    starts: str
    ends: str
    pause: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """`hours` by weekday (0 is Monday). `busy_percent`: how full this person's past days are."""

    first_name: str
    last_name: str
    title: str
    skills: tuple[str, ...]
    hours: Mapping[int, Shift]
    busy_percent: int


@dataclass(frozen=True, slots=True)
class TimeOffSpec:
    """`days_ahead` counts from today and may be negative; without times of day it lasts from midnight to midnight, for `days` days."""

    member: str
    days_ahead: int
    reason: str
    days: int = 1
    between: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StaffSpec:
    """A sign-in. `member` is the first name of the team member this user is, if any."""

    username: str
    first_name: str
    last_name: str
    role: str
    manage_waitlist: bool
    member: str = ""
    sees_admin: bool = False


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """`verified`: signed in online once. A client without `wants` has muted both channels."""

    first_name: str
    last_name: str
    phone: str = ""
    email: str = ""
    verified: bool = False
    wants: bool = True


@dataclass(frozen=True, slots=True)
class WaitSpec:
    """A wish on the waitlist: windows as (first day ahead, last day ahead, from, to), "" for any time of day."""

    client: str
    services: tuple[str, ...]
    windows: tuple[tuple[int, int, str, str], ...]
    asked_hours_ago: int
    online: bool
    member: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DraftSpec:
    """An unfinished booking. Its review ended `ended_min_ago` (negative: it still runs); `days_ahead` and `hour` say what time it is for.

    `taken_by`: a client who got the time since. `then`: "" still waiting, "dismissed" by staff, or "converted" by the client.
    """

    client: str
    services: tuple[str, ...]
    ended_min_ago: float
    member: str
    days_ahead: int
    hour: int
    any_member: bool = False
    note: str = ""
    taken_by: str = ""
    then: str = ""


@dataclass(frozen=True, slots=True)
class SalonSpec:
    """A whole business. `reminders_on`: the incomplete booking reminder is switched on, on both channels."""

    name: str
    slug: str
    address: str
    timezone: str
    currency: str
    locale: str
    country: str
    phone: str
    email: str
    accent: str
    menu: tuple[CategorySpec, ...]
    team: tuple[MemberSpec, ...]
    time_off: tuple[TimeOffSpec, ...]
    staff: tuple[StaffSpec, ...]
    clients: tuple[ClientSpec, ...]
    notes: tuple[str, ...]
    waitlist: tuple[WaitSpec, ...]
    drafts: tuple[DraftSpec, ...]
    reminders_on: bool
