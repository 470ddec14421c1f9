"""The staff's sign-in form, and the admin's forms: of a business, and of what belongs to one."""

import re
import zoneinfo
from typing import Any, ClassVar

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils.dates import WEEKDAYS
from phonenumbers import SUPPORTED_REGIONS

from business.models import Membership
from core import contact


class SignInForm(forms.Form):
    username = forms.CharField(
        label="Username",
        max_length=150,
        error_messages={"required": "Enter your username."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        error_messages={"required": "Enter your password."},
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )


class BusinessForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Refuses what no page of the business could be drawn with: every one of them writes times, money and the phone number."""

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if name not in zoneinfo.available_timezones():
            raise forms.ValidationError("There is no such time zone. Write it like Australia/Sydney.")
        return name

    def clean_locale(self) -> str:
        try:
            return str(Locale.parse(self.cleaned_data["locale"].replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            raise forms.ValidationError("There is no such locale. Write it like en_AU.") from None

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        if not is_currency(code):
            raise forms.ValidationError("There is no such currency. Write its three letters, like AUD.")
        return code

    def clean_country(self) -> str:
        code: str = self.cleaned_data["country"].upper()
        if code not in SUPPORTED_REGIONS:
            raise forms.ValidationError("There is no such country. Write its two letters, like AU.")
        return code

    def clean_phone(self) -> str:
        """As typed in the business's country, to E.164."""
        text: str = self.cleaned_data["phone"]
        try:
            return contact.to_e164(text, region=self.cleaned_data.get("country", "")) if text else ""
        except contact.BadPhone as bad:
            raise forms.ValidationError(str(bad)) from None


class OfOneBusinessForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row of one business, which refers only to rows of the same one (D15): nothing else is offered, and nothing else is taken.

    `OWN` names the fields in question and how each one's rows lead to their business. As long as no business is chosen, all rows are
    offered, each with its business's name.
    """

    OWN = {"category": "business", "services": "business", "user": "memberships__business"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        business = self._business()
        for name, way in self.OWN.items():
            if name in self.fields:
                field = self.fields[name]
                field.error_messages["invalid_choice"] = "Choose one of this business."
                field.queryset = self._rows(field.queryset, name, way, business)  # type: ignore[attr-defined]
                if business is None and way == "business":
                    field.label_from_instance = _with_business  # type: ignore[attr-defined]

    def _business(self) -> int | None:
        """The id of the one that is stored, else of the one that is being typed."""
        typed = str((self.data if self.is_bound else self.initial).get("business", ""))
        return self.instance.business_id or (int(typed) if re.fullmatch(r"[0-9]{1,18}", typed) else None)

    def _rows(self, rows: "QuerySet[Any]", name: str, way: str, business: int | None) -> "QuerySet[Any]":
        if business is None:
            return rows.select_related("business") if way == "business" else rows
        kept = getattr(self.instance, f"{name}_id", None)  # who left the business since is not lost by saving something else
        return rows.filter(Q(**{way: business}) | Q(pk=kept)).distinct()


class ServiceForm(OfOneBusinessForm):
    """A service: what a price means is said where it is typed."""

    class Meta:
        help_texts: ClassVar = {"price_minor": "In the currency's smallest unit: 6200 is 62.00.", "duration_min": "Minutes."}


def _with_business(row: Any) -> str:
    return f"{row.business} · {row}"


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One stretch of work on a weekday, by the day's name."""

    weekday = forms.TypedChoiceField(choices=[("", "---------"), *WEEKDAYS.items()], coerce=int)

    def clean(self) -> None:
        ends_after_it_starts(self)


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Manage Waitlist follows the role unless it is said: on for owners, managers and receptionists (S76)."""

    manage_waitlist = forms.NullBooleanField(label="Manage Waitlist", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["manage_waitlist"].widget.choices = [("unknown", "As the role has it"), ("true", "Yes"), ("false", "No")]

    def clean_manage_waitlist(self) -> bool:
        said: bool | None = self.cleaned_data["manage_waitlist"]
        return self.cleaned_data.get("role") in Membership.MANAGE_WAITLIST_BY_DEFAULT if said is None else said


def ends_after_it_starts(form: "forms.ModelForm[Model]") -> None:
    """What the table refuses, said beside the field."""
    starts, ends = form.cleaned_data.get("starts"), form.cleaned_data.get("ends")
    if starts and ends and ends <= starts:
        form.add_error("ends", "Choose an end after the start.")
