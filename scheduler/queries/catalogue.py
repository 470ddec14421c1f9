"""Today's catalogue: what was chosen, as it is offered now, and who can do it (S45)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from business.models import Business, Service, TeamMember, Variant
from business.sizes import LARGEST_ID
from scheduler.models import Appointment


@dataclass(frozen=True, slots=True)
class Line:
    """One service to book, with the duration (minutes) and price (minor units) it has in today's catalogue."""

    service: Service
    variant: Variant | None
    name: str
    variant_name: str
    duration_min: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """Chosen services as they are offered today, in order; the names of those that are not any more ("" for unknown ids); and of those
    that are, but not as chosen: another variant must be named, or none."""

    lines: tuple[Line, ...]
    gone: tuple[str, ...]
    unclear: tuple[str, ...] = ()

    @property
    def duration_min(self) -> int:
        return sum(line.duration_min for line in self.lines)

    @property
    def price_minor(self) -> int:
        return sum(line.price_minor for line in self.lines)


# A service with its variants as they are offered today in one row. Written out, because every page of a booking asks it and putting the
# same aggregate together takes Django longer than all the rest of the query.
WITH_OFFERED = """
    SELECT service.*, (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', id, 'name', name, 'duration_min', duration_min, 'price_minor', price_minor)), '[]')
        FROM business_variant WHERE service_id = service.id AND archived_at IS NULL
    )::text AS offered
    FROM business_service service WHERE business_id = %s AND id = ANY(%s)
"""


def resolve(*, business: Business, services: Sequence[tuple[int, int | None]]) -> Resolved:
    """Each (service id, variant id or None) against today's catalogue (S45): archived, foreign and unknown ones are `gone`; a
    service with variants of which none that is offered is chosen is `unclear`. One query."""
    ids = {service_id for service_id, _ in services if 0 < service_id <= LARGEST_ID}
    found = Service.objects.raw(WITH_OFFERED, [business.pk, list(ids)])
    known = {service.pk: (service, [Variant(service=service, **columns) for columns in json.loads(service.offered)]) for service in found}  # type: ignore[attr-defined]
    lines: list[Line] = []
    gone: list[str] = []
    unclear: list[str] = []
    for service_id, variant_id in services:
        service, offered = known.get(service_id, (None, []))
        line = _line(service, offered, variant_id) if service else None
        if line:
            lines.append(line)
        elif service and service.archived_at is None:
            unclear.append(service.name)
        else:
            gone.append(service.name if service else "")
    return Resolved(tuple(lines), tuple(gone), tuple(unclear))


def is_offered(service: Service, variant_id: int | None) -> bool:
    """Whether `resolve` would find this choice. For many at once, from services whose variants are prefetched: no query."""
    return _line(service, [variant for variant in service.variants.all() if variant.archived_at is None], variant_id) is not None


def _line(service: Service, offered: Sequence[Variant], variant_id: int | None) -> Line | None:
    variant = next((variant for variant in offered if variant.pk == variant_id), None)
    if service.archived_at is not None or (variant is None and (offered or variant_id is not None)):
        return None
    return Line(
        service=service,
        variant=variant,
        name=service.name,
        variant_name=variant.name if variant else "",
        duration_min=variant.duration_min if variant else service.duration_min,
        price_minor=variant.price_minor if variant else service.price_minor,
    )


def lines_of(appointment: Appointment) -> tuple[Line, ...]:
    """The appointment's services as they were booked, whatever the catalogue says today. One query."""
    booked = appointment.lines.select_related("service", "variant")
    return tuple(Line(one.service, one.variant, one.name, one.variant_name, one.duration_min, one.price_minor) for one in booked)


def suitable_members(*, business: Business, services: Sequence[int]) -> list[TeamMember]:
    """The bookable members who do every one of `services` (ids), in the team's order. One query."""
    wanted = {service_id for service_id in services if 0 < service_id <= LARGEST_ID}
    skills = Count("services", filter=Q(services__in=wanted), distinct=True)
    team = TeamMember.objects.filter(business=business, bookable=True, archived_at=None)
    return list(team.annotate(skills=skills).filter(skills=len(set(services))))
