"""Sign-in codes and the counters that limit them. In PostgreSQL, so that flushing Redis resets nothing (promises 2.1)."""

from typing import ClassVar

from django.db import models

from business.models import Business


class SignInCode(models.Model):
    """One code sent to one phone for one device. Only a salted, peppered hash of the code is stored."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=16)
    challenge_digest = models.CharField(max_length=64, unique=True, help_text="Digest of the token in the device's challenge cookie.")
    code_hash = models.CharField(max_length=128)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "phone", "-created_at"], name="code_newest")]

    def __str__(self) -> str:
        return f"Code {self.pk}"


class SignInCounter(models.Model):
    """How often something happened in one window: sends per phone, per network, per prefix; failures per phone."""

    name = models.CharField(max_length=24)
    subject_digest = models.CharField(max_length=64)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "subject_digest", "window_start"], name="one_counter_per_window")]

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"
