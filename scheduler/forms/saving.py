"""What every page with the appointment form does on Save: one answer to a question, a mistake, a time that is taken, a refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduler.actions import NotBookable, NotChangeable, SlotTaken
from scheduler.forms.appointment import AppointmentForm
from scheduler.models import Appointment


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Nothing was written: draw the form again, everything typed kept, with this status and `more` for the template.

    200 the form only asked ("find", "check"); 422 something is missing or refused, said in the form's errors; 409 the time is taken,
    with who has it and the nearest free ones in `more`.
    """

    status: int
    more: Mapping[str, object] = field(default_factory=dict)


def save(form: AppointmentForm, write: Callable[[Mapping[str, Any]], Appointment]) -> Appointment | Unsaved:
    """Give what was typed, once it is whole, to `write`, which may raise SlotTaken, NotBookable and NotChangeable; others pass through."""
    if form.asks:
        return Unsaved(200)
    if not form.is_valid():
        return Unsaved(422)
    try:
        return write(form.cleaned_data)
    except SlotTaken:
        return Unsaved(409, {"taken": form.conflict(), "nearest": form.nearest()})
    except (NotBookable, NotChangeable) as refused:
        form.add_error(None, str(refused))
        return Unsaved(422)
