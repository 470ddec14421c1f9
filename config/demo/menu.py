"""Services by the keys the demo's data uses: "cut", or "foils:Half head" for one of a service's variants."""

from collections.abc import Sequence
from dataclasses import dataclass

from business.models import Service, Variant
from config.demo.house import Salon
from scheduler.models import AppointmentLine


@dataclass(frozen=True, slots=True)
class Pick:
    """One service as chosen, with the duration and price that count."""

    service: Service
    variant: Variant | None

    @property
    def duration_min(self) -> int:
        return (self.variant or self.service).duration_min

    @property
    def price_minor(self) -> int:
        return (self.variant or self.service).price_minor

    def as_line(self, position: int) -> AppointmentLine:
        """An appointment's line, without its appointment yet."""
        return AppointmentLine(
            service=self.service,
            variant=self.variant,
            position=position,
            name=self.service.name,
            variant_name=self.variant.name if self.variant else "",
            duration_min=self.duration_min,
            price_minor=self.price_minor,
        )


def pick(salon: Salon, keys: Sequence[str]) -> list[Pick]:
    """The services behind `keys`, in their order. Raises KeyError for a key the salon does not have."""
    found = []
    for key in keys:
        service, _, variant = key.partition(":")
        found.append(Pick(salon.services[service], salon.variants[service, variant] if variant else None))
    return found


def minutes(picks: Sequence[Pick]) -> int:
    """How long all of them take in a row."""
    return sum(pick.duration_min for pick in picks)


def price(picks: Sequence[Pick]) -> int:
    """What all of them cost, in minor units."""
    return sum(pick.price_minor for pick in picks)


def offered(salon: Salon, member: str) -> list[str]:
    """Every key this person can be booked for today."""
    skills = next(spec.skills for spec in salon.spec.team if spec.first_name == member)
    specs = {service.key: service for category in salon.spec.menu for service in category.services}
    keys = []
    for skill in skills:
        if specs[skill].archived_min_ago is None:
            keys += [f"{skill}:{variant.name}" for variant in specs[skill].variants] or [skill]
    return keys
