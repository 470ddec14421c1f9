"""Shapes of what staff send about appointments."""

from scheduler.forms.appointment import AppointmentForm, prefilled
from scheduler.forms.services import ServicesField, catalogue, value_of

__all__ = ["AppointmentForm", "ServicesField", "catalogue", "prefilled", "value_of"]
