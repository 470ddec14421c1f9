"""What the house notes down: the log of who did what, counters, heartbeats, the demo's clock, failed sign-ins."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from business.models.business import Business


class AuditEvent(models.Model):
    """Who did what and when. Append-only; no message texts, no full numbers."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    meta = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}"


class DayCounter(models.Model):
    """A number per business, day (in the business's zone) and name, without personal data (D17). Only ever added to."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    name = models.CharField(max_length=40)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "day", "name"], name="one_counter_per_day")]

    def __str__(self) -> str:
        return f"{self.name} {self.day}: {self.value}"


class Heartbeat(models.Model):
    """When a sweep last came round; /readyz is red when one is older than a minute."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class DemoClock(models.Model):
    """One row: how far the demo has moved time, for the whole system. Read only with DEMO=1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    offset_seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_demo_clock")]

    def __str__(self) -> str:
        return f"{self.offset_seconds} s ahead"


class SignInAttempt(models.Model):
    """A try to sign in as staff that has not succeeded: what the limits count (promises 2.1, 10). Names and addresses as keyed digests."""

    name_digest = models.CharField(max_length=64)
    ip_digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name_digest", "at"], name="sign_in_attempt_by_name"),
            models.Index(fields=["at"], name="sign_in_attempt_by_age"),
        ]

    def __str__(self) -> str:
        return f"Attempt at {self.at}"
