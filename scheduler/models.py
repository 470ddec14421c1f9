"""The appointment book: appointments with their lines, time off, and the waitlist."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from business.models import Business, Client, Service, TeamMember, Variant
from business.sizes import NOTE_LENGTH

BY_MEMBER = Func(F("team_member"), F("team_member"), Value("[]"), function="INT8RANGE", output_field=BigIntegerRangeField())
BY_TIME = Func(F("starts"), F("ends"), RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField())


class Appointment(models.Model):
    """One visit: one team member, one stretch of time, one or more services in a row.

    `confirm_key` makes a second press of the same Confirm find the first appointment. `draft_id` and `engagement` name the draft it came
    from; `mirrored` is set once that draft is known to be converted or gone (T6).
    """

    class Status(models.TextChoices):
        BOOKED = "booked", "Booked"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        NO_SHOW = "no_show", "No-show"

    class Source(models.TextChoices):
        ONLINE = "online", "Booked online"
        STAFF = "staff", "Booked by staff"

    class Recovered(models.TextChoices):
        NOT = "", "Not a recovered booking"
        LINK = "link", "By the link"
        STAFF = "staff", "By staff"
        REMINDER = "reminder", "After a reminder"
        SELF = "self", "By themselves"

    business = models.ForeignKey(Business, on_delete=models.PROTECT, related_name="appointments")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="appointments")
    team_member = models.ForeignKey(TeamMember, on_delete=models.PROTECT, related_name="appointments")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.BOOKED)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    confirm_key = models.UUIDField(unique=True)
    draft_id = models.CharField(max_length=32, blank=True)
    engagement = models.PositiveIntegerField(null=True, blank=True)
    mirrored = models.BooleanField(default=True)
    recovered = models.CharField(max_length=10, choices=Recovered, blank=True, default=Recovered.NOT)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="appointment_ends_after_start"),
            ExclusionConstraint(
                name="no_double_booking",
                expressions=[(BY_MEMBER, RangeOperators.OVERLAPS), (BY_TIME, RangeOperators.OVERLAPS)],
                condition=~Q(status__in=["cancelled", "no_show"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "starts"], name="appointment_by_day"),
            models.Index(fields=["team_member", "starts"], name="appointment_by_member"),
            models.Index(fields=["client", "starts"], name="appointment_by_client"),
            models.Index(fields=["draft_id"], condition=~Q(draft_id=""), name="appointment_by_draft"),
            models.Index(fields=["created_at"], condition=Q(mirrored=False), name="appointment_unmirrored"),
        ]

    def __str__(self) -> str:
        return f"Appointment {self.pk}"


class AppointmentLine(models.Model):
    """A service as it was booked: name, duration and price stay what they were that day."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="lines")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    variant_name = models.CharField(max_length=60, blank=True)
    duration_min = models.PositiveIntegerField()
    price_minor = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.name


class TimeOff(models.Model):
    team_member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="time_off")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name_plural = "time off"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="time_off_ends_after_start")]
        indexes: ClassVar = [models.Index(fields=["team_member", "starts"], name="time_off_by_member")]

    def __str__(self) -> str:
        return f"Time off {self.pk}"


class WaitlistEntry(models.Model):
    """A client waiting for a time: what they want, in which windows, with whom."""

    class Source(models.TextChoices):
        ONLINE = "online", "Asked online"
        STAFF = "staff", "Added by staff"

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="waitlist")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="waitlist")
    team_member = models.ForeignKey(TeamMember, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    appointment = models.ForeignKey(Appointment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "waitlist entries"
        indexes: ClassVar = [models.Index(fields=["business", "created_at"], condition=Q(closed_at=None), name="waitlist_open")]

    def __str__(self) -> str:
        return f"Waitlist entry {self.pk}"


class WaitlistLine(models.Model):
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="lines")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return f"Line {self.position} of waitlist entry {self.entry_id}"


class WaitlistWindow(models.Model):
    """A stretch of days in which the client could come, and the hours of those days (the business's zone)."""

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="windows")
    first_day = models.DateField()
    last_day = models.DateField()
    from_time = models.TimeField(null=True, blank=True)
    to_time = models.TimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="window_last_day_after_first")]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"
