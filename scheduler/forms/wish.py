"""What the appointment form and the waitlist's have in common: for whom, which services, with whom, and a note."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict

from business.models import Business, Client, TeamMember
from business.sizes import LARGEST_ID, MOST_SERVICES, NOTE_LENGTH
from core import contact
from scheduler import queries
from scheduler.actions import NewClient
from scheduler.forms import services

NEW = "new"


class WishForm(forms.Form):
    """`business` and `now` are required. After is_valid(): `who`, `lines` and `note` in cleaned_data; `person` is a text until a form cleans it.

    With a button other than Save (`do`: find, add, check) nothing is judged: `asks` says which, everything typed is kept.
    """

    nobody: ClassVar[str]  # what stands first among the people

    find = forms.CharField(label="Client", required=False, max_length=80)
    client = forms.CharField(required=False, max_length=20)
    first_name = forms.CharField(label="First name", required=False, max_length=60)
    last_name = forms.CharField(label="Last name", required=False, max_length=60)
    phone = forms.CharField(label="Mobile", required=False, max_length=40)
    email = forms.CharField(label="E-mail", required=False, max_length=254)
    service = services.ServicesField(label="Services")
    person = forms.ChoiceField(label="With")
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=NOTE_LENGTH,
        error_messages={"max_length": f"Notes can be up to {NOTE_LENGTH} characters. Shorten this one; it is kept below."},
    )

    def __init__(self, *args: Any, business: Business, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business, self.now = business, now
        self.asks = ""
        self.team = list(TeamMember.objects.filter(business=business, archived_at=None, bookable=True))
        self.offer_people()

    def offer_people(self) -> None:
        """Fill the choice of people with the team."""
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)
        person.choices = [("", self.nobody), *((str(member.pk), str(member)) for member in self.team)]

    @classmethod
    def kept(cls, values: MultiValueDict[str, str]) -> dict[str, Any]:
        """Everything typed, as `initial` for drawing it again."""
        return {name: values.get(name, "") for name in cls.base_fields} | {
            "service": [value for value in values.getlist("service") if value]
        }

    # What the template draws

    @property
    def catalogue(self) -> list[tuple[str, services.Options]]:
        """What can be chosen, by category."""
        return services.catalogue(self.business, None)

    @property
    def chosen_services(self) -> list[str]:
        """The values of the selects to draw: what was chosen, and one more after "Add another service" (or when there is none)."""
        chosen = [str(value) for value in self["service"].value() or []][:MOST_SERVICES]
        return [*chosen, ""] if not chosen or self.asks == "add" else chosen

    @property
    def matches(self) -> list[Client]:
        """Clients that fit what was searched for, the chosen one first."""
        clients = Client.objects.filter(business=self.business)
        chosen = str(self["client"].value() or "")
        found = list(clients.filter(pk=int(chosen))) if chosen.isdecimal() and len(chosen) <= len(str(LARGEST_ID)) else []
        typed = str(self["find"].value() or "").replace("\x00", "")
        return found + [one for one in queries.find_clients(business=self.business, text=typed) if one not in found]

    # What was sent

    def was_sent_before(self, known: Client) -> bool:
        """Whether `known` has the typed number because this very form was saved already. The second press of a Save is no mistake."""
        return False

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        if not text or self.data.get("client") != NEW:
            return ""
        try:
            phone = contact.to_e164(text, region=self.business.country)
        except contact.BadPhone as bad:
            raise forms.ValidationError(str(bad)) from None
        known = Client.objects.filter(business=self.business, phone=phone).first()
        if known and not self.was_sent_before(known):
            raise forms.ValidationError(f"This is the number of {known}. Search for them above instead.")
        return phone

    def clean_email(self) -> str:
        try:
            return contact.tidy_email(self.cleaned_data["email"]) if self.data.get("client") == NEW else ""
        except contact.BadEmail as bad:
            raise forms.ValidationError(str(bad)) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.clean_who(data)
        self.clean_lines(data)
        return data

    def clean_who(self, data: dict[str, Any]) -> None:
        chosen = data.get("client", "")
        if chosen == NEW:
            if not data.get("first_name", "").strip():
                self.add_error("first_name", "Enter the client's first name.")
            data["who"] = NewClient(data.get("first_name", ""), data.get("last_name", ""), data.get("phone", ""), data.get("email", ""))
        elif client := next((one for one in self.matches if str(one.pk) == chosen), None):
            data["who"] = client
        else:
            self.add_error("find", "Search for the client and choose them, or add a new client.")

    def clean_lines(self, data: dict[str, Any]) -> None:
        """`lines` as today's catalogue has them, None when something is wrong."""
        asked: Sequence[tuple[int, int | None]] | None = data.get("service")
        data["lines"] = None
        if asked is None:
            return
        resolved = queries.resolve(business=self.business, services=asked)
        if lost := (*resolved.gone, *resolved.unclear):
            names = ", ".join(name for name in lost if name) or "One of the services"
            self.add_error("service", f"{names} cannot be booked like this any more. Choose something else.")
            return
        data["lines"] = resolved.lines
