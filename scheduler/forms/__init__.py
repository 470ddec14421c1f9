"""Shapes of what staff send about appointments."""

from scheduler.forms.appointment import AppointmentForm, prefilled
from scheduler.forms.saving import Unsaved, chosen, save
from scheduler.forms.services import catalogue, value_of
from scheduler.forms.wish import WishForm

__all__ = ["AppointmentForm", "Unsaved", "WishForm", "catalogue", "chosen", "prefilled", "save", "value_of"]
