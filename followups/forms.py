"""Shapes of what staff send from cards and the waitlist."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple, Self

from django import forms
from django.utils.datastructures import MultiValueDict

from business.models import Business, TeamMember
from scheduler.actions import Window
from scheduler.forms import WishForm, value_of
from scheduler.models import WaitlistEntry
from scheduler.queries import resolve

MOST_WINDOWS = 5


class CardForm(forms.Form):
    """The engagement that the card showed: acting on another one would be acting on something nobody has seen."""

    engagement = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class Stretch(NamedTuple):
    """A window as typed."""

    first_day: str = ""
    last_day: str = ""
    from_time: str = ""
    to_time: str = ""


class WindowsField(forms.Field):
    """When somebody could come: rows of first day, last day, from and to. A row without a first day falls out; no last day means the same day."""

    class Widget(forms.Widget):
        def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Stretch]:
            columns = [data.getlist(column) if isinstance(data, MultiValueDict) else [] for column in Stretch._fields]
            rows = max((len(column) for column in columns), default=0)
            typed = [Stretch(*(column[row] if row < len(column) else "" for column in columns)) for row in range(rows)]
            return [stretch for stretch in typed if any(stretch)]

    widget = Widget

    def clean(self, value: Any) -> list[Window]:
        if not value:
            raise forms.ValidationError("Say at least one day that would suit.")
        if len(value) > MOST_WINDOWS:
            raise forms.ValidationError(f"Up to {MOST_WINDOWS} stretches of days can be kept. Take the least important out.")
        return [_window(stretch) for stretch in value]


def _window(stretch: Stretch) -> Window:
    try:
        first = date.fromisoformat(stretch.first_day)
        last = date.fromisoformat(stretch.last_day) if stretch.last_day else first
        starts, ends = _wall(stretch.from_time), _wall(stretch.to_time)
    except ValueError:
        raise forms.ValidationError("Write days as 2026-11-25 and times as 14:30.") from None
    if last < first:
        raise forms.ValidationError("The last day comes before the first day. Swap them.")
    if not 2000 <= first.year <= last.year <= 2100:
        raise forms.ValidationError("Choose days within the next years.")
    if starts and ends and ends <= starts:
        raise forms.ValidationError("The hours end before they begin. Swap them.")
    return Window(first_day=first, last_day=last, from_time=starts, to_time=ends)


def _wall(text: str) -> time | None:
    """A time of day on the business's clock, None for "". Raises ValueError, for one with a zone of its own too."""
    wall = time.fromisoformat(text) if text else None
    if wall and wall.tzinfo:
        raise ValueError("a time of day has no zone")
    return wall


class WaitlistForm(WishForm):
    """Who waits, for which services, with whom ("" for anyone) and when. Client and services are asked exactly as for an appointment.

    After is_valid(): `who`, `lines`, `person` (None for anyone), `windows` and `note` in cleaned_data.
    """

    nobody = "Any team member"
    person = forms.ChoiceField(label="With", required=False, error_messages={"invalid_choice": "Choose one of the team, or anyone."})
    windows = WindowsField(label="When")

    def __init__(self, *args: Any, business: Business, now: datetime, entry: WaitlistEntry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, business=business, now=now, **kwargs)
        self.entry = entry

    @classmethod
    def typed(cls, post: MultiValueDict[str, str], *, business: Business, now: datetime, entry: WaitlistEntry | None = None) -> Self:
        """The form as it was sent."""
        values = post.copy()
        if entry:
            values["client"] = str(entry.client_id)
        if not post.get("do"):
            return cls(data=values, business=business, now=now, entry=entry)
        windows = WindowsField.Widget().value_from_datadict(values, None, "windows")
        form = cls(initial=cls.kept(values) | {"windows": windows}, business=business, now=now, entry=entry)
        form.asks = post.get("do", "")
        return form

    @property
    def stretches(self) -> Sequence[Stretch]:
        """The rows to draw: what was typed, and an empty one when there is none or another was asked for."""
        rows = list(self["windows"].value() or [])[:MOST_WINDOWS]
        return [*rows, Stretch()] if not rows or self.asks == "window" else rows

    def clean_person(self) -> TeamMember | None:
        chosen = self.cleaned_data["person"]
        return next((member for member in self.team if str(member.pk) == chosen), None)


def waits_for(entry: WaitlistEntry) -> dict[str, Any]:
    """`initial` for changing an entry."""
    asked = [(line.service_id, line.variant_id) for line in entry.lines.all()]
    lines = resolve(business=entry.business, services=asked).lines
    return {
        "client": str(entry.client_id),
        "service": [value_of(line) for line in lines],
        "person": str(entry.team_member_id or ""),
        "note": entry.note,
        "windows": [
            Stretch(
                str(row.first_day),
                str(row.last_day),
                f"{row.from_time:%H:%M}" if row.from_time else "",
                f"{row.to_time:%H:%M}" if row.to_time else "",
            )
            for row in entry.windows.all()
        ],
    }
