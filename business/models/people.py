"""Clients, the devices they are signed in on, and what they agreed to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from business.models.business import Business, Channel


class Client(models.Model):
    """A person who books. One phone per business (D15); `phone_verified_at` is the proof that capture asks for (S01, S03)."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="clients")
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    wants_sms = models.BooleanField(default=True)
    wants_email = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "phone"], condition=~Q(phone=""), name="one_client_per_phone")]
        indexes: ClassVar = [models.Index(fields=["business", "last_name", "first_name"], name="client_by_name")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or f"Client {self.pk}"

    def contact(self, channel: str) -> str:
        """Where a message over this channel goes: the phone (E.164) or the e-mail address; "" when there is none on file."""
        return self.phone if channel == Channel.SMS else self.email

    def wants(self, channel: str) -> bool:
        """The client's own switch of this channel (D13). Whether the contact said STOP is another question: business.actions.has_stopped."""
        return self.wants_sms if channel == Channel.SMS else self.wants_email


class ClientSession(models.Model):
    """A client signed in on one device. Only the token's digest is stored; the token is in the device's cookie.

    `draft_id` limits a session opened from an SMS link: it may change and confirm that draft and nothing else (draft-lifecycle 9).
    """

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    draft_id = models.CharField(max_length=32, blank=True)
    selection = models.JSONField(default=dict, blank=True, help_text="The booking being made on this device: ids and the client's note.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Session of client {self.client_id}"


class Consent(models.Model):
    """What a client was told and agreed to, per channel (D13). Never changed, only added to."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=Channel)
    granted = models.BooleanField()
    text_version = models.CharField(max_length=20)
    source = models.CharField(max_length=20, help_text="sign_in, preferences, message, stop, staff")
    ip_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.channel} {'granted' if self.granted else 'refused'} by client {self.client_id}"


class ChannelOptOut(models.Model):
    """A number or address that said STOP to a business. Kept as a keyed digest, and after erasure too."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=5, choices=Channel)
    contact_digest = models.CharField(max_length=64)
    source = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "channel", "contact_digest"], name="one_optout_per_contact")]

    def __str__(self) -> str:
        return f"{self.channel} opt-out of business {self.business_id}"
