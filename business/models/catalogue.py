"""What can be booked, with whom, and when they work."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS

from business.models.business import Business


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
        return f"{WEEKDAYS[self.weekday]} {self.starts:%H:%M}-{self.ends:%H:%M}"
