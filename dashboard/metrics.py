"""The numbers of the dashboard: reads only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from business.models import Business, DayCounter
from scheduler.availability import midnight
from scheduler.models import Appointment


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of unfinished bookings since Monday, in the business's week. `value_minor` in minor units.

    `recovered` may exceed `captured`: a booking left last week may be won back in this one.
    """

    captured: int
    reminded: int
    recovered: int
    value_minor: int


def recovery_this_week(*, business: Business, now: datetime) -> Recovery:
    """The counters from Monday to today (D17). One query."""
    today = now.astimezone(business.zone).date()
    monday = today - timedelta(days=today.weekday())
    rows = DayCounter.objects.filter(business=business, day__range=(monday, today)).order_by().values("name").annotate(sum=Sum("value"))
    sums = {row["name"]: row["sum"] for row in rows}
    return Recovery(
        captured=sums.get("captured", 0),
        reminded=sums.get("reminded_sms", 0) + sums.get("reminded_email", 0),
        recovered=sums.get("recovered", 0),
        value_minor=sums.get("recovered_value_minor", 0),
    )


def today_of(*, business: Business, now: datetime) -> date:
    """The business's calendar day."""
    return now.astimezone(business.zone).date()


def appointments_today(*, business: Business, now: datetime) -> list[Appointment]:
    """Today's appointments that are not cancelled, in order, with client, person and services. Two queries."""
    day = today_of(business=business, now=now)
    rows = Appointment.objects.filter(
        business=business, starts__gte=midnight(day, business.zone), starts__lt=midnight(day + timedelta(days=1), business.zone)
    )
    rows = rows.exclude(status=Appointment.Status.CANCELLED).select_related("client", "team_member").prefetch_related("lines")
    return list(rows.order_by("starts", "team_member__position", "id"))
