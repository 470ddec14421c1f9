"""The per-day numbers of the past weeks, in step with the appointments that were won back (D17)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from business.models import DayCounter
from config.demo import chance
from config.demo.house import Salon
from scheduler.models import Appointment, AppointmentLine


def write(salon: Salon, appointments: Sequence[Appointment], *, now: datetime) -> None:
    """Captured, reminded and recovered for each of the past 27 days. Today's are counted as the drafts are written."""
    zone = salon.business.zone
    today = now.astimezone(zone).date()
    days: dict[date, Counter[str]] = defaultdict(Counter)
    won = {row.pk: row for row in appointments if row.recovered}
    for row in won.values():
        days[row.created_at.astimezone(zone).date()].update({"recovered": 1, f"recovered_{row.recovered}": 1})
    for appointment_id, price in AppointmentLine.objects.filter(appointment__in=won).values_list("appointment_id", "price_minor"):
        days[won[appointment_id].created_at.astimezone(zone).date()]["recovered_value_minor"] += price
    for ago in range(1, 28):
        day = today - timedelta(days=ago)
        days[day].update(_captured(salon, ago, days[day]["recovered"]))
    DayCounter.objects.bulk_create(
        DayCounter(business=salon.business, day=day, name=name, value=value)
        for day, numbers in sorted(days.items())
        for name, value in numbers.items()
        if value
    )


def _captured(salon: Salon, ago: int, recovered: int) -> dict[str, int]:
    """Never fewer sessions than bookings won back; reminders only while they were switched on."""
    what = f"{salon.spec.slug}/{ago}"
    captured = recovered + 1 + chance.number(f"{what}/captured", 4)
    if not salon.spec.reminders_on or ago > 20:
        return {"captured": captured}
    return {
        "captured": captured,
        "reminded_sms": captured - chance.number(f"{what}/sms", 2),
        "reminded_email": captured - chance.number(f"{what}/email", 3) if captured > 2 else captured,
    }
