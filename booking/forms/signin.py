"""Shapes of the sign-in pages' input: the number with its country, the code, the name of a new client."""

import re
import unicodedata
from typing import Any

from babel import Locale
from django import forms
from phonenumbers import country_code_for_region

from booking.signin import tidy_code
from business.models import Business
from core import contact

# Words that would make a message from the business carry somebody else's link (promises 29).
_LINK = re.compile(r"[:/\\@<>{}]|\w\.\w{2,}")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class PhoneForm(forms.Form):
    country = forms.ChoiceField(label="Country")
    number = forms.CharField(label="Mobile number", max_length=40, error_messages={"required": "Enter your mobile number."})
    wants_sms = forms.BooleanField(label="Text messages", required=False)
    wants_email = forms.BooleanField(label="E-mail", required=False)

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = countries(business)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = choices
        country.error_messages["invalid_choice"] = "Choose one of these countries."
        self.only_country = choices[0] if len(choices) == 1 else None
        self.initial.setdefault("country", business.country if business.country in business.textable_countries else choices[0][0])

    def switches_shut(self) -> bool:
        """Whether both switches still stand as offered, so that the page may keep them folded."""
        return not self.is_bound or bool(self.data.get("wants_sms") and self.data.get("wants_email"))


class CodeForm(forms.Form):
    code = forms.CharField(label="Code", max_length=40, error_messages={"required": "Enter the 6 digits from the text message."})

    def clean_code(self) -> str:
        digits = tidy_code(self.cleaned_data["code"])
        if len(digits) != 6:
            raise forms.ValidationError("The code has 6 digits. Check the text message.")
        return digits


class NameForm(forms.Form):
    first_name = forms.CharField(label="First name", max_length=60, error_messages={"required": "Tell us your first name."})
    email = forms.CharField(label="E-mail (optional)", max_length=254, required=False)

    def clean_first_name(self) -> str:
        return plain_name(self.cleaned_data["first_name"])

    def clean_email(self) -> str:
        try:
            return contact.tidy_email(self.cleaned_data["email"])
        except contact.BadEmail as bad:
            raise forms.ValidationError(str(bad)) from None


def plain_name(text: str) -> str:
    """A name as it may stand in a message: unseen letters removed, no more than two marks on a letter, nothing that reads as a link.

    Raises forms.ValidationError.
    """
    seen = "".join(letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) not in _UNSEEN)
    name = _thin(" ".join(seen.split()))
    if not any(letter.isalpha() for letter in name):
        raise forms.ValidationError("Tell us your first name, in letters.")
    if _LINK.search(name):
        raise forms.ValidationError("A name can't contain links or symbols. Tell us just your first name.")
    return name


def _thin(text: str) -> str:
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= 2:
            kept.append(letter)
    return "".join(kept)


def countries(business: Business) -> list[tuple[str, str]]:
    """(region, "Australia +61") of every country this business texts, its own first."""
    names = Locale("en").territories
    regions = sorted(business.textable_countries, key=lambda region: (region != business.country, names.get(region, region)))
    return [(region, f"{names.get(region, region)} +{country_code_for_region(region)}") for region in regions]
