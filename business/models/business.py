"""The business itself and who works in it with which rights."""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

HEX_COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}$", "Write the colour as #rrggbb.")


class Channel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"


class Business(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    address = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="AUD")
    locale = models.CharField(max_length=12, default="en_AU", help_text="How money, dates and times are written, for example en_AU.")
    country = models.CharField(
        max_length=2, default="AU", help_text="ISO 3166; phone numbers without a country code are read as this country's."
    )
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    email = models.EmailField(blank=True)
    accent = models.CharField(max_length=7, default="#0b5c52", validators=[HEX_COLOUR])
    online_booking = models.BooleanField(default=True)
    minimum_notice_min = models.PositiveIntegerField(default=60)
    horizon_days = models.PositiveIntegerField(default=60, validators=[MinValueValidator(1), MaxValueValidator(365)])
    slot_interval_min = models.PositiveIntegerField(default=15, validators=[MinValueValidator(5), MaxValueValidator(120)])
    cancel_cutoff_min = models.PositiveIntegerField(
        default=24 * 60, help_text="Clients may cancel until this many minutes before the start."
    )
    sms_countries = models.CharField(
        max_length=100, blank=True, help_text="Countries codes may be texted to, for example AU,NZ; empty: its own."
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="No automatic reminder from this time of day; empty: never quiet.")
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def textable_countries(self) -> set[str]:
        return {code.strip().upper() for code in self.sms_countries.split(",") if code.strip()} or {self.country}


class Membership(models.Model):
    """A staff user's place in one business. Ask only through business.access.can: a right in one business holds in no other."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MANAGER = "manager", "Manager"
        RECEPTIONIST = "receptionist", "Receptionist"
        TEAM_MEMBER = "team_member", "Team member"

    MANAGE_WAITLIST_BY_DEFAULT: ClassVar[set[str]] = {Role.OWNER, Role.MANAGER, Role.RECEPTIONIST}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    manage_waitlist = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "business"], name="one_membership_per_business")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of business {self.business_id}"
