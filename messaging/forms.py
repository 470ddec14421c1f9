"""The shape of the Automated Messages form. Nothing is written here."""

from typing import Any

from django import forms

from business.models import Channel
from messaging.actions import Setting
from messaging.queries import Automated
from messaging.render import Words, check, check_subject

TEXT_LIMIT = 4000  # far above what is allowed: the check's own sentence is clearer than a cut text


class ReminderForm(forms.Form):
    """Switch and words of one automated message, per channel."""

    sms_enabled = forms.BooleanField(required=False)
    email_enabled = forms.BooleanField(required=False)
    sms_body = forms.CharField(required=False, max_length=TEXT_LIMIT)
    email_subject = forms.CharField(required=False, max_length=TEXT_LIMIT)
    email_body = forms.CharField(required=False, max_length=TEXT_LIMIT)

    @classmethod
    def of(cls, automated: dict[Channel, Automated]) -> dict[str, Any]:
        """What the form shows of what is stored."""
        sms, email = automated[Channel.SMS], automated[Channel.EMAIL]
        return {
            "sms_enabled": sms.enabled,
            "email_enabled": email.enabled,
            "sms_body": sms.body,
            "email_subject": email.subject,
            "email_body": email.body,
        }

    def clean_sms_body(self) -> str:
        return _checked_body(self.cleaned_data["sms_body"], Channel.SMS)

    def clean_email_body(self) -> str:
        return _checked_body(self.cleaned_data["email_body"], Channel.EMAIL)

    def clean_email_subject(self) -> str:
        subject = str(self.cleaned_data["email_subject"]).strip()
        problems = check_subject(subject) if subject else ["Write a subject."]
        if problems:
            raise forms.ValidationError(problems)
        return subject

    def setting(self, channel: Channel) -> Setting:
        """What to save for this channel, after `is_valid()`."""
        words = self.words(channel)
        return Setting(enabled=self.cleaned_data[f"{channel.value}_enabled"], subject=words.subject, body=words.body)

    def words(self, channel: Channel) -> Words:
        """The words of this channel, after `is_valid()`."""
        subject = self.cleaned_data["email_subject"] if channel == Channel.EMAIL else ""
        return Words(subject=subject, body=self.cleaned_data[f"{channel.value}_body"])


class PreferencesForm(forms.Form):
    """The client's two switches."""

    wants_sms = forms.BooleanField(required=False)
    wants_email = forms.BooleanField(required=False)


def _checked_body(text: Any, channel: Channel) -> str:
    body = str(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    problems = check(body, channel) if body else ["Write a text, or put the default back."]
    if problems:
        raise forms.ValidationError(problems)
    return body
