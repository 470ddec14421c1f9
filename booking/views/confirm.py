"""Confirm, the conflict page, and what follows a booking: Done and the calendar file."""

from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from icalendar import Calendar, Event

from booking import actions
from booking.views import devices
from booking.views.calendar import nearest_times, time_page, zone_name
from booking.views.context import TAKEN, done_key_fits, done_url, page, visit_of
from booking.views.replies import SEE_OTHER, again_url, cancel_until, map_url, see_other
from booking.views.review import CHANGED, NOTE_TOO_LONG, clean_note, review_page, slow_down, step_missing
from booking.visit import Visit
from booking.wizard import Step
from business import access, limits
from business.models import Business, Client
from business.sizes import NOTE_LENGTH
from core import clock, identifiers
from scheduler.actions import NotBookable, SlotTaken
from scheduler.models import Appointment


@require_POST
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Book what the page showed, whatever the countdown says (D3). Pressed twice: the same booking.

    409: taken; 422: something cannot be booked as it stands, or costs or takes something else by now (`shown`).
    """
    visit = visit_of(request, slug)
    booked = visit.booked()
    if booked:
        return see_other(done_url(visit, booked))
    missing = step_missing(request, visit)
    note = clean_note(request)
    if missing:
        _keep_typed(missing, visit, note)
        return missing
    assert visit.signed_in
    if len(note) > NOTE_LENGTH:
        visit.problems.append(NOTE_TOO_LONG)
    if not visit.problems and request.POST.get("shown", visit.shown) != visit.shown:
        visit.problems.append(CHANGED)
    if visit.problems:
        return review_page(request, visit, note=note)
    retry = limits.retry_after("confirm", str(visit.signed_in.client.pk))
    return slow_down(request, visit, retry, note=note) if retry else _book(request, visit, note)


def _keep_typed(missing: HttpResponse, visit: Visit, note: str) -> None:
    """The note waits while another step comes first: on the device until somebody has signed in, else with what they are booking."""
    if missing.status_code == SEE_OTHER and (visit.signed_in is None or visit.needs_name()):
        devices.keep_note(missing, visit.business, visit.choice, note[:NOTE_LENGTH])
    elif visit.signed_in:
        actions.keep_choice(session=visit.signed_in.session, choice=visit.choice, note=note, now=visit.now)


def _book(request: HttpRequest, visit: Visit, note: str) -> HttpResponse:
    assert visit.signed_in
    assert visit.choice.start_at
    flow = visit.choice.flow or identifiers.new_uuid()
    session = visit.signed_in.session
    actions.keep_choice(session=session, choice=visit.choice, note=note, now=visit.now)
    try:
        appointment = actions.confirm(
            business=visit.business,
            client=visit.signed_in.client,
            lines=visit.resolved.lines,
            start=visit.choice.start_at,
            members=visit.candidates,
            note=note,
            confirm_key=flow,
            via_link=visit.came_by_link,
            now=visit.now,
        )
    except SlotTaken:
        own = _own_booking(visit)
        return see_other(done_url(visit, own)) if own else conflict_page(request, visit)
    except NotBookable as refusal:
        visit.problems.append(str(refusal))
        return time_page(request, visit)
    actions.forget_choice(session=session, flow=flow)
    return see_other(done_url(visit, appointment))


def _own_booking(visit: Visit) -> Appointment | None:
    """The client's own appointment that fills the time: booked in another tab, or on another device."""
    assert visit.choice.start_at
    ids = [line.service.pk for line in visit.resolved.lines]
    theirs = Appointment.objects.filter(
        business=visit.business, client=visit.client, starts=visit.choice.start_at, status=Appointment.Status.BOOKED
    ).first()
    return theirs if theirs and [line.service_id for line in theirs.lines.all()] == ids else None


def conflict_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Somebody was first (S18): everything else is kept, the nearest free times are one tap away."""
    assert visit.choice.start_at
    return page(
        request,
        visit,
        Step.TIME,
        "booking/conflict.html",
        status=TAKEN,
        taken=visit.choice.start_at,
        time_url=visit.url("time"),
        waitlist_url=visit.url("waitlist"),
        again=visit.url("review"),
        kept_pairs=replace(visit.choice, start_at=None).pairs(),
        **nearest_times(visit, visit.choice.start_at),
    )


@require_safe
def done(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """You're booked: for the client signed in on this device, or for whoever holds the signed address Confirm led to."""
    now = clock.now()
    business, client, appointment = _booked(request, slug, pk, now=now)
    return render(
        request,
        "booking/done.html",
        {
            "business": business,
            "client": client,
            "appointment": appointment,
            "lines": list(appointment.lines.all()),
            "cancelled": appointment.status == Appointment.Status.CANCELLED,
            "again_url": again_url(business, appointment),
            "cancel_until": cancel_until(business, appointment.starts, now=now),
            "zone": business.zone,
            "zone_name": zone_name(business, appointment.starts),
            "total_minor": sum(line.price_minor for line in appointment.lines.all()),
            "map_url": map_url(business),
            "ics_url": _ics_url(request, business, appointment),
        },
    )


@require_safe
def ics(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The booking as a calendar file."""
    business, _, appointment = _booked(request, slug, pk, now=clock.now())
    names = " + ".join(line.name for line in appointment.lines.all())
    event = Event()
    event.add("uid", f"booking-{appointment.pk}@{request.get_host()}")
    event.add("dtstamp", appointment.created_at.astimezone(UTC))
    event.add("dtstart", appointment.starts.astimezone(UTC))
    event.add("dtend", appointment.ends.astimezone(UTC))
    event.add("status", "CANCELLED" if appointment.status == Appointment.Status.CANCELLED else "CONFIRMED")
    event.add("summary", f"{names} at {business.name}")
    event.add("location", business.address)
    event.add("description", f"With {appointment.team_member.first_name}. To change it: {settings.SITE_URL}{_mine_url(business)}")
    calendar = Calendar()
    calendar.add("prodid", "-//Comeback//Booking//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return response


def _booked(request: HttpRequest, slug: str, pk: int, *, now: datetime) -> tuple[Business, Client | None, Appointment]:
    """The appointment of the signed-in client, or of the signed address. Raises Http404, the same for foreign and missing ones."""
    business = access.access_business(slug)
    signed_in = access.client_of(request, business, now=now)
    owner = {"client": signed_in.client} if signed_in and not signed_in.draft_id else None
    if done_key_fits(request.GET.get("key", ""), pk, now=now):
        owner = {}
    found = None
    if owner is not None:
        found = (
            Appointment.objects.filter(business=business, pk=pk, **owner).select_related("team_member").prefetch_related("lines").first()
        )
    if found is None:
        raise Http404("There is no such booking.")
    return business, signed_in.client if signed_in and not signed_in.draft_id else None, found


def _ics_url(request: HttpRequest, business: Business, appointment: Appointment) -> str:
    key = request.GET.get("key", "")
    return reverse("booking:ics", args=[business.slug, appointment.pk]) + (f"?key={key}" if key else "")


def _mine_url(business: Business) -> str:
    return reverse("booking:mine", args=[business.slug])
