"""The appointment form of the staff: a new appointment, a change of one, and prefilled from a follow-up card (S43 to S45).

Staff may book against hours, time off, skills and the clock after ticking "Book it anyway"; over another appointment never.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django import forms
from django.utils.datastructures import MultiValueDict

from business.models import Business, Client, TeamMember
from business.templatetags.words import clock_time
from core import identifiers
from scheduler import availability, queries
from scheduler.forms import services
from scheduler.forms.outlook import NearTimes, Outlook, has_somebody, nearest, outlook
from scheduler.forms.wish import WishForm
from scheduler.models import Appointment
from scheduler.queries import Line

FURTHEST = timedelta(days=730)


class AppointmentForm(WishForm):
    """`business` and `now` are required; `appointment` when one is changed. After is_valid(): `who`, `lines`, `member`, `start`, `note`, `key`
    in cleaned_data; `lines` is None when a changed appointment keeps its services as booked.
    """

    nobody = "Choose a person"
    person = forms.ChoiceField(
        label="With", error_messages={"required": "Choose who does it.", "invalid_choice": "Choose one of the team."}
    )
    day = forms.DateField(
        label="Date", error_messages={"required": "Choose a date.", "invalid": "Write the date as YYYY-MM-DD."}, widget=forms.DateInput
    )
    time = forms.TimeField(label="Time", error_messages={"required": "Choose a time.", "invalid": "Write the time as 14:30."})
    anyway = forms.BooleanField(label="Book it anyway", required=False)
    key = forms.UUIDField(error_messages={"required": "Reload the page and try again.", "invalid": "Reload the page and try again."})

    def __init__(self, *args: Any, business: Business, now: datetime, appointment: Appointment | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": identifiers.new_uuid()} | dict(kwargs.get("initial") or {})
        super().__init__(*args, business=business, now=now, **kwargs)
        self.appointment = appointment
        self.outlook = Outlook()
        self.warnings: list[str] = []
        if appointment and appointment.team_member not in self.team:
            self.team.append(appointment.team_member)
            self.offer_people()

    @classmethod
    def posted(cls, post: MultiValueDict[str, str], *, business: Business, now: datetime, appointment: Appointment | None = None) -> Self:
        """The form as it was sent. A nearest time (`at`: "2026-11-25 10:45 7") replaces day, time and person."""
        values = post.copy()
        day, _, rest = post.get("at", "").partition(" ")
        at, _, person = rest.partition(" ")
        if day and at and person:
            values["day"], values["time"], values["person"] = day, at, person
        form = cls(data=values, business=business, now=now, appointment=appointment)
        if not post.get("do"):
            return form
        kept = cls.kept(values)
        if post.get("do") == "check":
            kept["anyway"] = ""  # the tick was for what stood there before
        draft = cls(initial=kept, business=business, now=now, appointment=appointment)
        draft.asks = post.get("do", "")
        draft.outlook = form.look_ahead()
        return draft

    def foresee(self) -> Self:
        """Say at once how the time stands that the form is prefilled with. Reads only."""
        typed = MultiValueDict({name: value if isinstance(value, list) else [value] for name, value in self.initial.items()})
        self.outlook = type(self)(data=typed, business=self.business, now=self.now, appointment=self.appointment).look_ahead()
        return self

    # What the template draws

    @property
    def catalogue(self) -> list[tuple[str, services.Options]]:
        """What can be chosen, by category."""
        return services.catalogue(self.business, self.appointment)

    # What was sent

    def clean_person(self) -> TeamMember:
        chosen = self.cleaned_data["person"]
        return next(member for member in self.team if str(member.pk) == chosen)

    def was_sent_before(self, known: Client) -> bool:
        try:
            key = self.fields["key"].clean(self.data.get("key"))
        except forms.ValidationError:
            return False
        return Appointment.objects.filter(client=known, confirm_key=key).exists()

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        today = self.now.astimezone(self.business.zone).date()
        if abs(day - today) > FURTHEST:
            raise forms.ValidationError("Choose a date within two years of today.")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self._clean_start(data)
        self._clean_warnings(data)
        return data

    def clean_who(self, data: dict[str, Any]) -> None:
        if self.appointment:
            data["who"] = self.appointment.client
        else:
            super().clean_who(data)

    def clean_lines(self, data: dict[str, Any]) -> None:
        """`all_lines` are what will be done, `lines` None when that is what was booked."""
        booked = queries.lines_of(self.appointment) if self.appointment else ()
        if booked and [services.value_of(line) for line in booked] == [services.text_of(pair) for pair in data.get("service") or ()]:
            data["lines"], data["all_lines"] = None, booked
            return
        super().clean_lines(data)
        data["all_lines"] = data["lines"]

    def _clean_start(self, data: dict[str, Any]) -> None:
        day: date | None = data.get("day")
        wall: time | None = data.get("time")
        if day is None or wall is None:
            return
        start = availability.moment(day, wall.replace(second=0, microsecond=0), self.business.zone)
        if clock_time(start, self.business.zone) != f"{wall:%H:%M}":
            self.add_error("time", f"The clocks change that day and {wall:%H:%M} does not exist. Choose another time.")
        data["start"] = start

    def _clean_warnings(self, data: dict[str, Any]) -> None:
        member, start, lines = data.get("person"), data.get("start"), data.get("all_lines")
        data["member"] = member
        if member is None or start is None or not lines:
            return
        if self._rival(member, start, start + timedelta(minutes=sum(line.duration_min for line in lines))):
            return  # the time is taken: no tick helps, and saving says so with the nearest free times
        same = self.appointment and (self.appointment.team_member_id, self.appointment.starts) == (member.pk, start)
        self.warnings = (
            []
            if same and data["lines"] is None
            else queries.unusual(business=self.business, member=member, start=start, lines=lines, now=self.now)
        )
        if self.warnings and not data.get("anyway"):
            self.add_error("anyway", " ".join(self.warnings))

    # What the page says before anything is saved

    def look_ahead(self) -> Outlook:
        """How the time stands that was typed; nothing while too little is chosen. Reads only."""
        self.full_clean()
        member, start, lines = (self.cleaned_data.get(name) for name in ("member", "start", "all_lines"))
        if start is None or not lines or (member is None and self["person"].value()):
            return Outlook()
        return outlook(
            business=self.business,
            member=member,
            start=start,
            lines=lines,
            warnings=self.warnings,
            moved=self.appointment,
            now=self.now,
        )

    def conflict(self) -> str:
        """After SlotTaken: what is in the way."""
        data = self.cleaned_data
        member: TeamMember = data["member"]
        minutes_long = sum(line.duration_min for line in data["all_lines"])
        rival = self._rival(member, data["start"], data["start"] + timedelta(minutes=minutes_long))
        return has_somebody(member, rival, self.business) if rival else "Somebody else has just taken this time."

    def nearest(self) -> NearTimes:
        """After SlotTaken: the closest free times of the person chosen, as value of the button `at` and its label."""
        data = self.cleaned_data
        return nearest(business=self.business, members=[data["member"]], start=data["start"], lines=data["all_lines"], now=self.now)

    @property
    def doubts(self) -> Sequence[str]:
        """Why a client could not book this; "Book it anyway" overrules them."""
        return self.warnings or self.outlook.warnings

    def _rival(self, member: TeamMember, start: datetime, end: datetime) -> Appointment | None:
        return queries.rival(business=self.business, member=member, start=start, end=end, ignoring=self.appointment)


def prefilled(
    *,
    business: Business,
    client: Client | None = None,
    lines: Sequence[Line] = (),
    member: TeamMember | None = None,
    start: datetime | None = None,
    note: str = "",
) -> dict[str, Any]:
    """`initial` for an AppointmentForm: what is known, everything else empty (S43, S44)."""
    local = start.astimezone(business.zone) if start else None
    return {
        "client": str(client.pk) if client else "",
        "service": [services.value_of(line) for line in lines],
        "person": str(member.pk) if member else "",
        "day": local.date().isoformat() if local else "",
        "time": f"{local:%H:%M}" if local else "",
        "note": note,
    }
