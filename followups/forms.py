"""Shapes of what staff send from cards and the waitlist."""

from django import forms


class CardForm(forms.Form):
    """The engagement that the card showed: acting on another one would be acting on something nobody has seen."""

    engagement = forms.IntegerField(min_value=1, max_value=2**31 - 1)
