"""Shape of a waitlist wish: a stretch of days, the part of the day, a note."""

from datetime import date, time, timedelta
from typing import Any

from django import forms

from booking.forms.steps import EVENING, NOON
from business.sizes import NOTE_LENGTH
from scheduler.actions import Window

FURTHEST = timedelta(days=365)
PARTS: dict[str, tuple[str, time | None, time | None]] = {
    "any": ("Any time", None, None),
    "morning": ("Morning", None, NOON),
    "afternoon": ("Afternoon", NOON, EVENING),
    "evening": ("Evening", EVENING, None),
}


class WaitlistForm(forms.Form):
    first_day = forms.DateField(
        label="From", error_messages={"required": "Choose the first day that suits you.", "invalid": "Write the day as YYYY-MM-DD."}
    )
    last_day = forms.DateField(
        label="Until", error_messages={"required": "Choose the last day that suits you.", "invalid": "Write the day as YYYY-MM-DD."}
    )
    part = forms.ChoiceField(
        label="Time of day",
        choices=[(value, words[0]) for value, words in PARTS.items()],
        error_messages={"required": "Choose a time of day.", "invalid_choice": "Choose one of these times of day."},
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea,
        error_messages={"max_length": f"Notes can be up to {NOTE_LENGTH} characters. Shorten yours; it is kept below."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_first_day(self) -> date:
        first: date = self.cleaned_data["first_day"]
        if first < self.today:
            raise forms.ValidationError("That day has passed. Choose today or later.")
        return first

    def clean_last_day(self) -> date:
        last: date = self.cleaned_data["last_day"]
        first = self.cleaned_data.get("first_day")
        if first and last < first:
            raise forms.ValidationError("The last day comes before the first one.")
        if last > self.today + FURTHEST:
            raise forms.ValidationError("Choose a day within the next twelve months.")
        return last

    def window(self) -> Window:
        """The wish as the scheduler keeps it; for a valid form."""
        _, from_time, to_time = PARTS[self.cleaned_data["part"]]
        return Window(self.cleaned_data["first_day"], self.cleaned_data["last_day"], from_time, to_time)
