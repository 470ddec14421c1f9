"""The first page after signing in: what waits for somebody, then the day, then what was won back."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from business.access import Staff, staff_page
from business.models import Business
from core import clock
from dashboard import metrics
from drafts.document import DraftsUnavailable
from followups.queries.waiting import waiting


@require_safe
@staff_page()
def home(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """The amber card stands first and only for those who may act on it (S29 to S33); everything else is there for all staff."""
    now = clock.now()
    follows_up = staff.can("manage_waitlist")
    appointments = metrics.appointments_today(business=staff.business, now=now)
    context: dict[str, Any] = {
        "business": staff.business,
        "now": now,
        "today": metrics.today_of(business=staff.business, now=now),
        "coming": [row for row in appointments if row.ends > now],
        "past": [row for row in appointments if row.ends <= now],
        "recovery": metrics.recovery_this_week(business=staff.business, now=now) if follows_up else None,
    }
    if follows_up:
        context |= _waiting(staff.business, now=now)
    return render(request, "dashboard/home.html", context)


def _waiting(business: Business, *, now: datetime) -> dict[str, Any]:
    """MongoDB away: no card, and a line that says so; the rest of the page is as always."""
    try:
        return {"waiting": waiting(business=business, now=now), "away": False}
    except DraftsUnavailable:
        return {"waiting": None, "away": True}
