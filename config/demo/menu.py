"""Services by the keys the demo's data uses: "cut", or "foils:Half head" for one of a service's variants."""

from collections.abc import Iterable, Sequence

from config.demo.house import Salon
from scheduler.queries import Line


def pick(salon: Salon, keys: Sequence[str]) -> list[Line]:
    """The services behind `keys`, in their order, archived ones too. Raises KeyError for a key the salon does not have."""
    found = []
    for key in keys:
        name, _, variant_name = key.partition(":")
        service = salon.services[name]
        variant = salon.variants[name, variant_name] if variant_name else None
        priced = variant or service
        found.append(Line(service, variant, service.name, variant_name, priced.duration_min, priced.price_minor))
    return found


def minutes(lines: Iterable[Line]) -> int:
    """How long all of them take in a row."""
    return sum(line.duration_min for line in lines)


def offered(salon: Salon, member: str) -> list[str]:
    """Every key this person can be booked for today."""
    skills = next(spec.skills for spec in salon.spec.team if spec.first_name == member)
    keys = []
    for skill in skills:
        service = salon.services.get(skill)
        if service is not None and service.archived_at is None:
            variants = [row.name for (key, _), row in salon.variants.items() if key == skill and row.archived_at is None]
            keys += [f"{skill}:{name}" for name in variants] or [skill]
    return keys
