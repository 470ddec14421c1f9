"""My bookings: next, cancelled, past; cancelling until the business's cut-off, book again, and what may be sent."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from booking import queries
from booking.views.calendar import zone_name
from booking.views.replies import again_url, cancel_until, see_other
from booking.views.signin import whole_session
from business import access
from business import actions as business_actions
from business.access import SignedIn
from business.models import Business
from core import clock
from messaging.forms import PreferencesForm
from scheduler import actions as scheduler
from scheduler.models import Appointment

SAYINGS = {"cancelled": "Your booking is cancelled. The time is free for somebody else now.", "saved": "Saved."}


@dataclass(frozen=True, slots=True)
class Row:
    """An appointment as the page shows it; `cancel_until` is None once the cut-off has passed."""

    appointment: Appointment
    zone_name: str
    cancel_until: datetime | None
    again_url: str
    total_minor: int


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """GET draws the page. POST saves the two switches."""
    now = clock.now()
    business = access.access_business(slug)
    signed_in = whole_session(request, business, now=now)
    if signed_in is None:
        return see_other(reverse("booking:phone", args=[slug]) + "?next=mine")
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        form.full_clean()
        business_actions.set_preferences(
            client=signed_in.client,
            source="preferences",
            ip_digest=business_actions.network_digest(access.ip_of(request)),
            now=now,
            **form.cleaned_data,
        )
        return see_other(_mine(business, said="saved"))
    return _page(request, business, signed_in, now=now)


@require_POST
def cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel one of the client's own bookings; after the cut-off 409 with what to do instead."""
    now = clock.now()
    business = access.access_business(slug)
    signed_in = whole_session(request, business, now=now)
    if signed_in is None:
        return see_other(reverse("booking:phone", args=[slug]) + "?next=mine")
    appointment = queries.visit(business=business, client=signed_in.client, appointment_id=pk)
    if appointment is None:
        raise Http404("There is no such booking.")
    if appointment.status != Appointment.Status.CANCELLED and cancel_until(business, appointment.starts, now=now) is None:
        return _page(request, business, signed_in, now=now, problem=_too_late(business), status=409)
    try:
        scheduler.cancel(appointment=appointment, now=now, by=None)
    except scheduler.NotChangeable as over:
        return _page(request, business, signed_in, now=now, problem=str(over), status=409)
    return see_other(_mine(business, said="cancelled"))


def _page(
    request: HttpRequest, business: Business, signed_in: SignedIn, *, now: datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    client = signed_in.client
    context = {
        "business": business,
        "client": client,
        "upcoming": [_row(business, one, now=now) for one in queries.upcoming(business=business, client=client, now=now)],
        "cancelled": [_row(business, one, now=now) for one in queries.cancelled(business=business, client=client, now=now)],
        "past": [_row(business, one, now=now) for one in queries.past(business=business, client=client, now=now)],
        "cutoff": business.cancel_cutoff_min,
        "problem": problem,
        "said": SAYINGS.get(request.GET.get("said", ""), ""),
    }
    return render(request, "booking/mine.html", context, status=status)


def _row(business: Business, appointment: Appointment, *, now: datetime) -> Row:
    return Row(
        appointment=appointment,
        zone_name=zone_name(business, appointment.starts),
        cancel_until=cancel_until(business, appointment.starts, now=now),
        again_url=again_url(business, appointment),
        total_minor=sum(line.price_minor for line in appointment.lines.all()),
    )


def _too_late(business: Business) -> str:
    return "It is too late to cancel this booking online. Call us and we'll sort it out." if business.phone else "It is too late to cancel."


def _mine(business: Business, *, said: str) -> str:
    return reverse("booking:mine", args=[business.slug]) + f"?{urlencode({'said': said})}"
