"""The business's front page: who and where they are, what they offer, and the way back into a booking."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from booking import queries
from booking.views.calendar import zone_name
from booking.views.pick_up import choice_of, pick_up
from booking.views.replies import map_url, too_many
from booking.views.signin import whole_session
from business import access, limits
from business.access import SignedIn
from business.models import Business, Client
from core import clock
from drafts.document import Draft
from scheduler import queries as appointments


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """GET draws the page. POST is the client's "Continue your booking": their draft goes on, and they land on Review (D6)."""
    now = clock.now()
    business = access.access_business(slug)
    signed_in = whole_session(request, business, now=now)
    draft = _open_draft(business, signed_in.client, now=now) if signed_in else None
    if request.method == "POST" and signed_in and draft:
        if retry := limits.retry_after("capture", str(signed_in.client.pk)):
            return too_many(request, business=business, client=signed_in.client, retry=retry, back=request.path)
        return pick_up(business=business, signed_in=signed_in, draft=draft, now=now)
    return _front(request, business, signed_in, draft, now=now)


def _front(request: HttpRequest, business: Business, signed_in: SignedIn | None, draft: Draft | None, *, now: datetime) -> HttpResponse:
    client = signed_in.client if signed_in else None
    upcoming = queries.upcoming(business=business, client=client, now=now) if client else []
    lines = appointments.resolve(business=business, services=choice_of(draft).services).lines if draft else ()
    context: dict[str, Any] = {
        "business": business,
        "client": client,
        "hours": queries.hours_today(business=business, now=now),
        "sections": queries.menu(business=business),
        "map_url": map_url(business),
        "upcoming": upcoming[0] if upcoming else None,
        "zone_name": zone_name(business, upcoming[0].starts) if upcoming else "",
        # Nothing of it is offered any more: there is nothing to continue.
        "draft": draft if lines else None,
        "draft_lines": lines,
        "signed_out": "signed_out" in request.GET,
        "expired": request.method == "POST",
    }
    return render(request, "booking/start.html", context, status=409 if request.method == "POST" else 200)


def _open_draft(business: Business, client: Client, *, now: datetime) -> Draft | None:
    """The client's unfinished booking, unless an appointment was made from it whose news has not reached it yet."""
    draft = queries.draft_of(business=business, client=client, now=now)
    if draft is None or not draft.open:
        return None
    return None if appointments.booked_from([draft]) else draft
