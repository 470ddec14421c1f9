"""What the owner calls "my business": its catalogue, team, clients, and who may do what. All floors may use these models.

Money is in minor units of the business's currency, durations in minutes, moments in UTC, hours of the day in the business's zone.
"""

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

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


class Category(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="categories")
    name = models.CharField(max_length=60)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="services")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    duration_min = models.PositiveIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    price_minor = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["category__position", "position", "id"]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """A service with variants is always booked as one of them, with the variant's own duration and price."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=60)
    duration_min = models.PositiveIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    price_minor = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=60, blank=True)
    bookable = models.BooleanField(default=True)
    services = models.ManyToManyField(Service, related_name="team", blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()


class WorkingHours(models.Model):
    """One stretch of work on a weekday (0 is Monday), in the business's zone. A break is its own row with `is_break`."""

    team_member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    starts = models.TimeField()
    ends = models.TimeField()
    is_break = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "working hours"
        ordering: ClassVar = ["weekday", "starts"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="hours_end_after_start")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"


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


class ClientSession(models.Model):
    """A client signed in on one device. Only the token's digest is stored; the token is in the device's cookie.

    `draft_id` and `draft_engagement` limit a session opened from an SMS link: it may change and confirm that draft and nothing else
    (draft-lifecycle 9).
    """

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    draft_id = models.CharField(max_length=32, blank=True)
    selection = models.JSONField(default=dict, blank=True, help_text="The booking being made on this device: ids only.")
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
