"""The two switches of My bookings: what the business may send."""

from django import forms


class PreferencesForm(forms.Form):
    wants_sms = forms.BooleanField(label="Text messages", required=False)
    wants_email = forms.BooleanField(label="E-mail", required=False)
