"""What every page with the appointment form does on Save: one answer to a question, a mistake, a time that is taken, a refusal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from business.models import TeamMember
from scheduler.actions import NotBookable, NotChangeable, SlotTaken
from scheduler.forms.appointment import AppointmentForm
from scheduler.models import Appointment
from scheduler.queries import Line


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Nothing was written: draw the form again, everything typed kept, with this status and `more` for the template.

    200 the form only asked ("find", "check"); 422 something is missing or refused, said in the form's errors; 409 the time is taken,
    with who has it and the nearest free ones in `more`.
    """

    status: int
    more: Mapping[str, object] = field(default_factory=dict)


class Chosen(TypedDict):
    """What every booking takes from the form. `lines` is not None: only a changed appointment keeps its own."""

    member: TeamMember
    start: datetime
    lines: Sequence[Line]
    note: str
    confirm_key: UUID


def chosen(data: Mapping[str, Any]) -> Chosen:
    """The part of a whole form's cleaned_data that an action which books takes."""
    return Chosen(member=data["member"], start=data["start"], lines=data["lines"], note=data["note"], confirm_key=data["key"])


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
