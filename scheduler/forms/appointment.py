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
from core import contact, identifiers
from scheduler import availability, queries
from scheduler.actions import NewClient
from scheduler.forms import services
from scheduler.forms.outlook import NearTimes, Outlook, has_somebody, nearest, outlook
from scheduler.models import Appointment
from scheduler.queries import Line

NEW = "new"
FURTHEST = timedelta(days=730)


class AppointmentForm(forms.Form):
    """`business` and `now` are required; `appointment` when one is changed. After is_valid(): `who`, `lines`, `member`, `start`, `note`, `key`
    in cleaned_data; `lines` is None when a changed appointment keeps its services as booked.
    """

    find = forms.CharField(label="Client", required=False, max_length=80)
    client = forms.CharField(required=False, max_length=20)
    first_name = forms.CharField(label="First name", required=False, max_length=60)
    last_name = forms.CharField(label="Last name", required=False, max_length=60)
    phone = forms.CharField(label="Mobile", required=False, max_length=40)
    email = forms.CharField(label="E-mail", required=False, max_length=254)
    service = services.ServicesField(label="Services")
    person = forms.ChoiceField(
        label="With", error_messages={"required": "Choose who does it.", "invalid_choice": "Choose one of the team."}
    )
    day = forms.DateField(
        label="Date", error_messages={"required": "Choose a date.", "invalid": "Write the date as YYYY-MM-DD."}, widget=forms.DateInput
    )
    time = forms.TimeField(label="Time", error_messages={"required": "Choose a time.", "invalid": "Write the time as 14:30."})
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=500,
        error_messages={"max_length": "Notes can be up to 500 characters. Shorten this one; it is kept below."},
    )
    anyway = forms.BooleanField(label="Book it anyway", required=False)
    key = forms.UUIDField(error_messages={"required": "Reload the page and try again.", "invalid": "Reload the page and try again."})

    def __init__(self, *args: Any, business: Business, now: datetime, appointment: Appointment | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": identifiers.new_uuid()} | dict(kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.business, self.now, self.appointment = business, now, appointment
        self.asks = ""
        self.outlook = Outlook()
        self.warnings: list[str] = []
        self.team = list(TeamMember.objects.filter(business=business, archived_at=None, bookable=True))
        if appointment and appointment.team_member not in self.team:
            self.team.append(appointment.team_member)
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)
        person.choices = [("", "Choose a person"), *((str(member.pk), str(member)) for member in self.team)]

    @classmethod
    def posted(cls, post: MultiValueDict[str, str], *, business: Business, now: datetime, appointment: Appointment | None = None) -> Self:
        """The form as it was sent. With a button other than Save (`do`: find, add, check) nothing is judged: `asks` says which, everything typed
        is kept. A nearest time (`at`: "2026-11-25 10:45 7") replaces day, time and person."""
        values = post.copy()
        day, _, rest = post.get("at", "").partition(" ")
        at, _, person = rest.partition(" ")
        if day and at and person:
            values["day"], values["time"], values["person"] = day, at, person
        form = cls(data=values, business=business, now=now, appointment=appointment)
        if not post.get("do"):
            return form
        kept = {name: values.get(name, "") for name in cls.base_fields} | {"service": [v for v in values.getlist("service") if v]}
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

    @property
    def chosen_services(self) -> list[str]:
        """The values of the selects to draw: what was chosen, and one more after "Add another service" (or when there is none)."""
        chosen = [str(value) for value in self["service"].value() or []][: services.MOST_SERVICES]
        return [*chosen, ""] if not chosen or self.asks == "add" else chosen

    @property
    def matches(self) -> list[Client]:
        """Clients that fit what was searched for, the chosen one first."""
        clients = Client.objects.filter(business=self.business)
        chosen = str(self["client"].value() or "")
        found = list(clients.filter(pk=int(chosen))) if chosen.isdecimal() and int(chosen) <= queries.BIGGEST_ID else []
        typed = str(self["find"].value() or "")
        return found + [one for one in queries.find_clients(business=self.business, text=typed) if one not in found]

    # What was sent

    def clean_person(self) -> TeamMember:
        chosen = self.cleaned_data["person"]
        return next(member for member in self.team if str(member.pk) == chosen)

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        if not text or self.data.get("client") != NEW:
            return ""
        try:
            phone = contact.to_e164(text, region=self.business.country)
        except contact.BadPhone as bad:
            raise forms.ValidationError(str(bad)) from None
        known = Client.objects.filter(business=self.business, phone=phone).first()
        if known and not Appointment.objects.filter(confirm_key__isnull=False, client=known, confirm_key=self._key()).exists():
            raise forms.ValidationError(f"This is the number of {known}. Search for them above instead.")
        return phone

    def _key(self) -> Any:
        try:
            return self.fields["key"].clean(self.data.get("key"))
        except forms.ValidationError:
            return None

    def clean_email(self) -> str:
        try:
            return contact.tidy_email(self.cleaned_data["email"]) if self.data.get("client") == NEW else ""
        except contact.BadEmail as bad:
            raise forms.ValidationError(str(bad)) from None

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        today = self.now.astimezone(self.business.zone).date()
        if abs(day - today) > FURTHEST:
            raise forms.ValidationError("Choose a date within two years of today.")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self._clean_who(data)
        self._clean_lines(data)
        self._clean_start(data)
        self._clean_warnings(data)
        return data

    def _clean_who(self, data: dict[str, Any]) -> None:
        chosen = data.get("client", "")
        if self.appointment:
            data["who"] = self.appointment.client
        elif chosen == NEW:
            if not data.get("first_name", "").strip():
                self.add_error("first_name", "Enter the client's first name.")
            data["who"] = NewClient(data.get("first_name", ""), data.get("last_name", ""), data.get("phone", ""), data.get("email", ""))
        elif client := next((one for one in self.matches if str(one.pk) == chosen), None):
            data["who"] = client
        else:
            self.add_error("find", "Search for the client and choose them, or add a new client.")

    def _clean_lines(self, data: dict[str, Any]) -> None:
        asked: Sequence[tuple[int, int | None]] | None = data.get("service")
        data["lines"] = data["all_lines"] = None
        if asked is None:
            return
        booked = queries.lines_of(self.appointment) if self.appointment else ()
        if booked and [services.value_of(line) for line in booked] == [services.text_of(pair) for pair in asked]:
            data["all_lines"] = booked
            return
        resolved = queries.resolve(business=self.business, services=asked)
        if resolved.gone:
            names = ", ".join(name for name in resolved.gone if name) or "One of the services"
            self.add_error("service", f"{names} cannot be booked like this any more. Choose something else.")
            return
        data["lines"] = data["all_lines"] = resolved.lines

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
