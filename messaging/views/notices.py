"""The bell: who left a booking unfinished. Only with Manage Waitlist (S76)."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from business.access import Staff, is_htmx, staff_page
from core import clock
from messaging import outbox, queries
from messaging.models import StaffNotice

ON_THE_PAGE = 100
IN_THE_POPOVER = 8


@require_safe
@staff_page("manage_waitlist")
def notices(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Newest first; the list alone for the bell's popover."""
    return _list(request, staff, now=clock.now())


@require_safe
@staff_page("manage_waitlist")
def bell(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The bell alone, as the poll refreshes it; its number comes with the shell of every staff page."""
    return render(request, "staff/_bell.html")


@require_POST
@staff_page("manage_waitlist")
def read(request: HttpRequest, notice_id: int, staff: Staff) -> HttpResponse:
    """Mark one notice read; with `then=review` go on to its card. A foreign notice and a missing one: the same 404."""
    notice = StaffNotice.objects.filter(business=staff.business, pk=notice_id).first()
    if notice is None:
        raise Http404("There is no such notification.")
    now = clock.now()
    outbox.mark_read(business=staff.business, user=staff.user, now=now, notice_id=notice_id)
    if request.POST.get("then") == "review":
        return redirect(f"{reverse('scheduler:day')}?{urlencode({'followups': 'incomplete', 'card': notice.draft_id})}")
    return _done(request, staff, now=now)


@require_POST
@staff_page("manage_waitlist")
def read_all(request: HttpRequest, staff: Staff) -> HttpResponse:
    now = clock.now()
    outbox.mark_read(business=staff.business, user=staff.user, now=now)
    return _done(request, staff, now=now)


def _done(request: HttpRequest, staff: Staff, *, now: datetime) -> HttpResponse:
    if not is_htmx(request):
        return redirect("messaging:notices")
    response = _list(request, staff, now=now)
    response["HX-Trigger"] = "notices:changed"
    return response


def _list(request: HttpRequest, staff: Staff, *, now: datetime) -> HttpResponse:
    popover = is_htmx(request) and "popover" in request.GET
    context = {
        "notices": queries.notices(business=staff.business, user=staff.user, limit=IN_THE_POPOVER if popover else ON_THE_PAGE, now=now),
        "unread": queries.unread_count(business=staff.business, user=staff.user, now=now),
        "business": staff.business,
        "popover": popover,
        "now": now,
    }
    template = "messaging/_notices.html" if is_htmx(request) else "messaging/notices.html"
    return render(request, template, context)
