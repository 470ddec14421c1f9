"""Shapes of what staff send about appointments."""

from scheduler.forms.appointment import AppointmentForm, prefilled
from scheduler.forms.saving import Unsaved, save
from scheduler.forms.services import ServicesField, catalogue, value_of

__all__ = ["AppointmentForm", "ServicesField", "Unsaved", "catalogue", "prefilled", "save", "value_of"]
