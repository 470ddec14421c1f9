"""The staff's sign-in form, and the admin's form of a business."""

import zoneinfo

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from django import forms
from phonenumbers import SUPPORTED_REGIONS

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
