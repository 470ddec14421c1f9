"""How money, durations, times and phone numbers are written, everywhere the same. Built into every template."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from django import template

from business.models import Business
from core import contact

register = template.Library()


@register.filter
def money(minor: int, business: Business) -> str:
    """6200 → "$62.00" in the business's currency and locale; whole amounts keep their decimals."""
    precision = get_currency_precision(business.currency)
    return str(format_currency(minor / 10**precision, business.currency, locale=business.locale))


@register.filter
def minutes(duration: int) -> str:
    """95 → "1 h 35 min"."""
    hours, rest = divmod(int(duration), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part)


@register.filter
def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the time of day there: "10:30"."""
    return moment.astimezone(zone).strftime("%H:%M")


@register.filter
def short_day(day: date | datetime, zone: ZoneInfo | None = None) -> str:
    """ "Wed 25 Nov"."""
    return str(format_date(_local(day, zone), "EEE d MMM", locale="en_AU"))


@register.filter
def day_with_year(day: date | datetime, zone: ZoneInfo | None = None) -> str:
    """ "Wed 25 Nov 2026", for what may be long ago."""
    return str(format_date(_local(day, zone), "EEE d MMM y", locale="en_AU"))


@register.filter
def long_day(day: date | datetime, zone: ZoneInfo | None = None) -> str:
    """ "Wednesday 25 November 2026"."""
    return str(format_date(_local(day, zone), "EEEE d MMMM y", locale="en_AU"))


@register.filter
def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """ "Wed 25 Nov, 10:30"."""
    return f"{short_day(moment, zone)}, {clock_time(moment, zone)}"


@register.simple_tag
def ago(moment: datetime, now: datetime) -> str:
    """How long ago: "just now", "14 min ago", "3 h ago", "2 days ago"."""
    past = max(0, int((now - moment).total_seconds()) // 60)
    if past < 1:
        return "just now"
    if past < 60:
        return f"{past} min ago"
    if past < 48 * 60:
        return f"{past // 60} h ago"
    return f"{past // (24 * 60)} days ago"


@register.filter
def phone_text(e164: str, business: Business) -> str:
    """A phone number as people at the business write it."""
    return contact.national(e164, region=business.country)


def _local(day: date | datetime, zone: ZoneInfo | None) -> date:
    return day.astimezone(zone).date() if isinstance(day, datetime) and zone else day
