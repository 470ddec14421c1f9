"""What the steps show of the catalogue, the team and the week: shaped for the templates, nothing read, nothing written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from business.models import Service, TeamMember
from scheduler.availability import Slot

NOON, EVENING = time(12), time(17)  # on the wall clock: where the parts of a day begin


@dataclass(frozen=True, slots=True)
class VariantRow:
    pk: int
    name: str
    price_minor: int
    duration_min: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service as the list shows it: `price_minor` and `duration_min` are the smallest of its variants."""

    pk: int
    name: str
    description: str
    price_minor: int
    from_price: bool
    duration_min: int
    longest_min: int
    variants: tuple[VariantRow, ...]
    chosen: bool

    @property
    def words(self) -> str:
        """What the search looks through, in lower case."""
        return " ".join([self.name, self.description, *(variant.name for variant in self.variants)]).casefold()


@dataclass(frozen=True, slots=True)
class CategoryRow:
    pk: int
    name: str
    services: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True)
class PersonRow:
    pk: int
    first_name: str
    title: str
    initials: str
    tint: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class TimePill:
    """A time to tap. `value` is the start as the address writes it; `names` says who would do it, "" when that is known already."""

    start: datetime
    value: str
    names: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class DayPart:
    name: str
    slots: tuple[TimePill, ...]


def service_row(service: Service, chosen: Mapping[int, int | None]) -> ServiceRow:
    """A service with its prefetched variants. With none chosen yet the first variant stands ready."""
    offered = [variant for variant in service.variants.all() if variant.archived_at is None]
    wanted = chosen.get(service.pk)
    ready = wanted if any(variant.pk == wanted for variant in offered) else (offered[0].pk if offered else None)
    variants = tuple(
        VariantRow(variant.pk, variant.name, variant.price_minor, variant.duration_min, variant.pk == ready) for variant in offered
    )
    prices = [variant.price_minor for variant in variants] or [service.price_minor]
    durations = [variant.duration_min for variant in variants] or [service.duration_min]
    return ServiceRow(
        pk=service.pk,
        name=service.name,
        description=service.description,
        price_minor=min(prices),
        from_price=min(prices) != max(prices),
        duration_min=min(durations),
        longest_min=max(durations),
        variants=variants,
        chosen=service.pk in chosen,
    )


def catalogue(services: Iterable[Service], *, chosen: Mapping[int, int | None], query: str) -> tuple[list[CategoryRow], int]:
    """The services grouped by category in the catalogue's order, and how many match `query`. Chosen ones stay whatever the query is."""
    words = query.casefold().split()
    grouped: dict[int, tuple[str, list[ServiceRow]]] = {}
    matches = 0
    for service in services:
        row = service_row(service, chosen)
        found = all(word in f"{row.words} {service.category.name.casefold()}" for word in words)
        matches += found
        if found or row.chosen:
            grouped.setdefault(service.category_id, (service.category.name, []))[1].append(row)
    return [CategoryRow(pk, name, tuple(rows)) for pk, (name, rows) in grouped.items()], matches


def team_rows(people: Sequence[TeamMember], *, chosen: int | None) -> list[PersonRow]:
    return [
        PersonRow(person.pk, person.first_name, person.title, person.initials, place % 6, person.pk == chosen)
        for place, person in enumerate(people)
    ]


def who(slot: Slot, people: Mapping[int, TeamMember]) -> str:
    """ "Maya", or "Maya + 2" when more are free."""
    first = people[slot.member_ids[0]].first_name
    more = len(slot.member_ids) - 1
    return f"{first} + {more}" if more else first


def day_parts(pills: Sequence[TimePill], zone: ZoneInfo) -> list[DayPart]:
    """The times of a day under Morning (before 12), Afternoon (before 17) and Evening; parts without a time are left out."""
    parts: dict[str, list[TimePill]] = {"Morning": [], "Afternoon": [], "Evening": []}
    for pill in pills:
        clock = pill.start.astimezone(zone).time()
        parts["Morning" if clock < NOON else "Afternoon" if clock < EVENING else "Evening"].append(pill)
    return [DayPart(name, tuple(slots)) for name, slots in parts.items() if slots]


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the week strip; `url` is "" beyond the horizon."""

    day: date
    name: str
    count: int
    current: bool
    url: str
