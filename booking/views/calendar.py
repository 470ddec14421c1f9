"""The Time step: the week strip, the times of one day, and the nearest ones when the wanted time is gone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date, get_timezone_location, get_timezone_name
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from booking import queries, wizard
from booking.forms import steps as rows
from booking.forms.steps import DayCell, TimePill
from booking.views.context import TAKEN, UNUSABLE, page
from booking.visit import Visit
from booking.wizard import Choice, Step
from business.models import Business
from business.templatetags.words import short_day
from core import identifiers
from scheduler import queries as appointments
from scheduler.availability import Slot, midnight

WEEK = 7
FEW = 3
DAY_PASSED = "That day has passed. Here is the next one we have times for."
TIME_PASSED = "The time you chose has passed. Pick a new one."
BAD_DAY = "That date could not be read. Choose a day below."


@dataclass(frozen=True, slots=True)
class Calendar:
    """One week of free times: every day's slots, and the day shown. `is_full`: there is no free time until the last day."""

    day: date
    first: date
    slots: dict[date, list[Slot]]
    today: date
    last: date
    is_full: bool


def time_page(request: HttpRequest, visit: Visit, *, moved: str = "") -> HttpResponse:
    """Draw Time. `moved` says why the person is here again although a time was chosen: then the nearest free ones come first, with 409."""
    wanted = _wanted_day(request, visit)
    calendar = read_calendar(visit, wanted)
    start = visit.choice.start_at
    day = calendar.slots[calendar.day] = visit.with_chosen(calendar.slots[calendar.day], day=calendar.day)
    free_now = {slot.start for slot in day}
    taken = bool(moved)
    if start and start <= visit.now:
        visit.problems.append(TIME_PASSED)
    elif start and start > appointments.window(visit.business, now=visit.now)[1]:
        visit.problems.append(_too_late(calendar.last, "time"))
    elif start and start not in free_now and _is_too_soon(visit, start):
        moved, taken = f"{_hour(visit, start)} is too soon to book online", False
    elif start and not moved and _day_of(visit, start) == calendar.day and start not in free_now:
        moved, taken = f"{_hour(visit, start)} is no longer free", True
    status = TAKEN if taken else UNUSABLE if visit.problems or moved else 200
    visit.choice = replace(visit.choice, start_at=start if start in free_now else None)
    closest = nearest_times(visit, start) if moved and start else {}
    context = closest | _week(visit, calendar) | _day(visit, calendar, start)
    return page(request, visit, Step.TIME, "booking/time.html", status=status, moved=moved, **context)


def _is_too_soon(visit: Visit, start: datetime) -> bool:
    """Whether `start` lies inside the minimum notice, where only a time that the client's draft holds can be booked (D3, D4)."""
    if start >= appointments.confirm_window(visit.business, now=visit.now)[0]:
        return False
    return not (visit.client and queries.holds(queries.draft_of(business=visit.business, client=visit.client, now=visit.now), start))


def nearest_times(visit: Visit, around: datetime) -> dict[str, Any]:
    """The three free times closest to `around`, each with the address of Time with it chosen."""
    people = {person.pk: person for person in visit.candidates}
    found = appointments.nearest(
        business=visit.business, members=visit.candidates, duration_min=visit.duration_min, around=around, now=visit.now
    )
    return {
        "nearest": [
            {
                "start": slot.start,
                "names": rows.who(slot, people),
                "value": wizard.start_text(slot.start),
                "url": visit.url("time", replace(visit.choice, start_at=slot.start)),
            }
            for slot in found
        ],
        "nearest_zone": zone_name(visit.business, found[0].start) if found else "",
        "last_day": appointments.bookable_days(visit.business, now=visit.now)[1],
    }


def read_calendar(visit: Visit, wanted: date | None) -> Calendar:
    """The week of `wanted`, or the first week with a free time. One query, one more when the first week is full."""
    today, last = appointments.bookable_days(visit.business, now=visit.now)
    first = today + (wanted - today) // timedelta(days=WEEK) * timedelta(days=WEEK) if wanted else today
    slots = next(_weeks(visit, first, min(first + timedelta(days=WEEK - 1), last)))
    day = wanted or _first_free(slots)
    if day is None and (rest := first + timedelta(days=WEEK)) <= last:
        later = next((week for week in _weeks(visit, rest, last) if _first_free(week)), None)
        if later:
            first, slots, day = min(later), later, _first_free(later)
    return Calendar(day=day or today, first=first, slots=slots, today=today, last=last, is_full=day is None)


def _weeks(visit: Visit, first: date, last: date) -> Iterator[dict[date, list[Slot]]]:
    """The free times of each day from `first` to `last`, week by week. One query for all of them."""
    diary = appointments.diary_of(business=visit.business, members=visit.candidates, first=first, last=last)
    earliest, latest = appointments.window(visit.business, now=visit.now)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    for place in range(0, len(days), WEEK):
        week = days[place : place + WEEK]
        yield {day: diary.slots(day, duration_min=visit.duration_min, earliest=earliest, latest=latest) for day in week}


def _first_free(slots: dict[date, list[Slot]]) -> date | None:
    return next((day for day, free in slots.items() if free), None)


def _wanted_day(request: HttpRequest, visit: Visit) -> date | None:
    """The day asked for, the chosen time's day otherwise; None (and a sentence) for one that cannot be shown."""
    today, last = appointments.bookable_days(visit.business, now=visit.now)
    text = request.GET.get("day", "")
    day = wizard.parse_day(text)
    if text and day is None:
        visit.problems.append(BAD_DAY)
    elif day and day < today:
        visit.problems.append(DAY_PASSED)
    elif day and day > last:
        visit.problems.append(_too_late(last, "day"))
    chosen = _day_of(visit, visit.choice.start_at) if visit.choice.start_at else None
    return next((candidate for candidate in (day, chosen) if candidate and today <= candidate <= last), None)


def _too_late(last: date, what: str) -> str:
    return f"We take bookings until {short_day(last)}. Choose an earlier {what}."


def _week(visit: Visit, calendar: Calendar) -> dict[str, Any]:
    cells = []
    for offset in range(WEEK):
        day = calendar.first + timedelta(days=offset)
        url = day_url(visit, day) if day <= calendar.last else ""
        count = len(calendar.slots.get(day, []))
        cells.append(DayCell(day, format_date(day, "EEE", locale="en_AU"), count, day == calendar.day, url))
    before, after = calendar.first - timedelta(days=WEEK), calendar.first + timedelta(days=WEEK)
    return {
        "week": cells,
        "month": format_date(calendar.day, "MMM y", locale="en_AU"),
        "previous_url": day_url(visit, before) if before >= calendar.today else "",
        "next_url": day_url(visit, after) if after <= calendar.last else "",
        "today": calendar.today,
        "last_day": calendar.last,
        "pairs": visit.choice.pairs(),
    }


def _day(visit: Visit, calendar: Calendar, chosen: datetime | None) -> dict[str, Any]:
    people = {person.pk: person for person in visit.candidates}
    pills = [
        TimePill(slot.start, wizard.start_text(slot.start), "" if visit.person else rows.who(slot, people), slot.start == chosen)
        for slot in calendar.slots[calendar.day]
    ]
    signed_in = visit.signed_in is not None
    kept = replace(visit.choice, start_at=None, member_chosen=True)
    if signed_in and kept.flow is None:
        # Random but not kept: the address it leads to carries it, so that Continue pressed twice is one booking.
        kept = replace(kept, flow=identifiers.new_uuid())
    return {
        "day": calendar.day,
        "parts": rows.day_parts(pills, visit.business.zone),
        "method": "post" if signed_in else "get",
        "kept_pairs": kept.pairs(),
        "zone_name": zone_name(visit.business, midnight(calendar.day, visit.business.zone)),
        # With the chosen time: one that the client's draft holds is free for them though nobody else is offered it.
        "slots_api": _with_day(visit, "api_slots", calendar.day, replace(kept, start_at=visit.choice.start_at)),
        "week_empty": not any(calendar.slots.values()),
        "next_free": None if pills else _next_free(visit, calendar),
        "more_times": _more_times(visit, calendar),
        "waitlist_url": _with_day(visit, "waitlist", calendar.day),
    }


def _next_free(visit: Visit, calendar: Calendar) -> dict[str, Any] | None:
    if calendar.is_full:
        return None
    later = next((day for day, free in calendar.slots.items() if free and day > calendar.day), None)
    later = later or appointments.next_open_day(
        business=visit.business, members=visit.candidates, duration_min=visit.duration_min, after=calendar.day, now=visit.now
    )
    return {"day": later, "url": day_url(visit, later)} if later else None


def _more_times(visit: Visit, calendar: Calendar) -> dict[str, Any] | None:
    """When a day has few times left: the next day of the week shown that has more, with how many."""
    shown = len(calendar.slots[calendar.day])
    if not 0 < shown <= FEW:
        return None
    later = next((day for day, free in calendar.slots.items() if day > calendar.day and len(free) > shown), None)
    return {"day": later, "count": len(calendar.slots[later]), "url": day_url(visit, later)} if later else None


def day_url(visit: Visit, day: date) -> str:
    """The Time step on `day`."""
    return _with_day(visit, "time", day)


def _with_day(visit: Visit, name: str, day: date, choice: Choice | None = None) -> str:
    """The address of `name` with what is chosen and `day`."""
    pairs = [*(choice or visit.choice).pairs(), ("day", day.isoformat())]
    return reverse(f"booking:{name}", args=[visit.business.slug]) + f"?{urlencode(pairs)}"


def zone_name(business: Business, at: datetime) -> str:
    """The business's zone in words, as it is called at that moment: "Sydney time (AEDT)"."""
    zone = business.zone
    short = get_timezone_name(at.astimezone(zone), width="short", locale=business.locale)
    city = get_timezone_location(zone, locale="en", return_city=True)
    return f"{city} time ({short})"


def _day_of(visit: Visit, start: datetime) -> date:
    return start.astimezone(visit.business.zone).date()


def _hour(visit: Visit, start: datetime) -> str:
    return start.astimezone(visit.business.zone).strftime("%H:%M")
