"""Chosen services as the selects of a form send them: "3", or "3.7" with a variant."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from business.models import Business, Service
from business.sizes import MOST_SERVICES
from business.templatetags.words import minutes, money
from scheduler import queries
from scheduler.models import Appointment
from scheduler.queries import Line

Options = list[tuple[str, str]]


class ServicesField(forms.Field):
    """Chosen services in order, each "service" or "service.variant" (ids); empty choices fall out."""

    class Widget(forms.Widget):
        def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
            values = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])
            return [value for value in values if value]

    widget = Widget

    def clean(self, value: Any) -> list[tuple[int, int | None]]:
        if not value:
            raise forms.ValidationError("Choose at least one service.")
        if len(value) > MOST_SERVICES:
            raise forms.ValidationError(f"One appointment holds up to {MOST_SERVICES} services. Make a second one for the rest.")
        try:
            return [_pair(text) for text in value]
        except ValueError:
            raise forms.ValidationError("Choose the services from the list.") from None


def _pair(text: str) -> tuple[int, int | None]:
    service, _, variant = text.partition(".")
    return int(service), int(variant) if variant else None


def value_of(line: Line) -> str:
    """The value of a line in the select: "3", or "3.7" with a variant."""
    return text_of((line.service.pk, line.variant.pk if line.variant else None))


def text_of(pair: tuple[int, int | None]) -> str:
    return str(pair[0]) if pair[1] is None else f"{pair[0]}.{pair[1]}"


def catalogue(business: Business, appointment: Appointment | None) -> list[tuple[str, Options]]:
    """Categories with their services to choose from, as value and label; what a changed appointment has that is not offered any more
    comes first. Three queries."""
    groups: dict[str, Options] = {}
    services = Service.objects.filter(business=business, archived_at=None).select_related("category")
    for service in services.prefetch_related("variants"):
        groups.setdefault(service.category.name, []).extend(_options(service, business))
    offered = {value for options in groups.values() for value, _ in options}
    lines = queries.lines_of(appointment) if appointment else ()
    booked = [(value_of(line), _line_label(line, business)) for line in lines if value_of(line) not in offered]
    return ([("As booked", booked)] if booked else []) + list(groups.items())


def _options(service: Service, business: Business) -> Options:
    variants = [variant for variant in service.variants.all() if variant.archived_at is None]
    if not variants:
        return [(str(service.pk), _label(service.name, service.duration_min, service.price_minor, business))]
    names = [(one, f"{service.name}, {one.name}") for one in variants]
    return [(f"{service.pk}.{one.pk}", _label(name, one.duration_min, one.price_minor, business)) for one, name in names]


def _line_label(line: Line, business: Business) -> str:
    name = f"{line.name}, {line.variant_name}" if line.variant_name else line.name
    return _label(name, line.duration_min, line.price_minor, business)


def _label(name: str, duration_min: int, price_minor: int, business: Business) -> str:
    return f"{name} · {minutes(duration_min)} · {money(price_minor, business)}"
