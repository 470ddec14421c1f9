"""The waitlist: add, edit, remove, book."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from business.access import Staff, is_htmx, staff_page
from core import clock
from followups import actions
from followups.forms import WaitlistForm, waits_for
from followups.queries.waitlist import Entry, find
from followups.views.panel import place_after, show, toast
from scheduler import actions as scheduler
from scheduler import queries as appointments
from scheduler.forms import AppointmentForm, Unsaved, chosen, prefilled, save
from scheduler.models import Appointment, WaitlistEntry


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("manage_waitlist")
def add(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """Put somebody on the waitlist."""
    now = clock.now()
    if request.method != "POST":
        return _page(request, WaitlistForm(business=staff.business, now=now))
    form = WaitlistForm.typed(request.POST, business=staff.business, now=now)
    if form.asks or not form.is_valid():
        return _page(request, form, status=200 if form.asks else 422)
    data = form.cleaned_data
    try:
        entry = actions.add_to_waitlist(
            business=staff.business,
            who=data["who"],
            lines=data["lines"],
            windows=data["windows"],
            member=data["person"],
            note=data["note"],
            user=staff.user,
            now=now,
        )
    except scheduler.NotBookable as refused:
        form.add_error(None, str(refused))
        return _page(request, form, status=422)
    return _to_waitlist(request, f"{entry.client} is on the waitlist.")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("manage_waitlist")
def edit(request: HttpRequest, pk: int, *, staff: Staff) -> HttpResponse:
    """Change what somebody waits for."""
    now = clock.now()
    entry = _entry(staff, pk)
    if request.method != "POST":
        return _page(request, WaitlistForm(business=staff.business, now=now, entry=entry, initial=waits_for(entry)))
    form = WaitlistForm.typed(request.POST, business=staff.business, now=now, entry=entry)
    if form.asks or not form.is_valid():
        return _page(request, form, status=200 if form.asks else 422)
    data = form.cleaned_data
    try:
        scheduler.update_waitlist(
            entry=entry, lines=data["lines"], windows=data["windows"], member=data["person"], note=data["note"], now=now
        )
    except (scheduler.NotBookable, scheduler.NotChangeable) as refused:
        form.add_error(None, str(refused))
        return _page(request, form, status=422)
    return _to_waitlist(request, f"What {entry.client} waits for is changed.")


@require_POST
@staff_page("manage_waitlist")
def remove(request: HttpRequest, pk: int, *, staff: Staff) -> HttpResponse:
    """Take somebody off the waitlist. Nobody is contacted."""
    now = clock.now()
    entry = _entry(staff, pk)
    order = list(
        WaitlistEntry.objects.filter(business=staff.business, closed_at=None).order_by("created_at", "id").values_list("pk", flat=True)
    )
    scheduler.close_waitlist(entry=entry, now=now)
    text = f"{entry.client} is off the waitlist."
    if not is_htmx(request):
        return _to_waitlist(request, text)
    response = show(request, staff, tab="waitlist", now=now)
    trigger_client_event(response, "followups:focus", {"id": place_after(order, pk, prefix="wait-name-")}, after="settle")
    return toast(response, text, good=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("manage_waitlist")
def book(request: HttpRequest, pk: int, *, staff: Staff) -> HttpResponse:
    """The appointment form prefilled with what somebody waits for; saved, the entry is closed. `?at=` names the opening (UTC) and `person` who."""
    now = clock.now()
    entry = find(business=staff.business, pk=pk, now=now)
    if entry is None:
        raise Http404("This entry is no longer on the waitlist.")
    if request.method != "POST":
        form = AppointmentForm(business=staff.business, now=now, initial=_known(request, entry, now=now))
        return _booking(request, form.foresee(), entry)
    post = request.POST.copy()
    post["client"] = str(entry.row.client_id)
    form = AppointmentForm.posted(post, business=staff.business, now=now)

    def write(data: Mapping[str, Any]) -> Appointment:
        return actions.book_from_waitlist(entry=entry.row, user=staff.user, now=now, **chosen(data))

    appointment = save(form, write)
    if isinstance(appointment, Unsaved):
        return _booking(request, form, entry, status=appointment.status, **appointment.more)
    messages.success(request, f"{appointment.client} is booked.")
    day = appointment.starts.astimezone(staff.business.zone).date()
    query = urlencode({"day": day.isoformat(), "followups": "waitlist"})
    return redirect(f"{reverse('scheduler:day')}?{query}#appointment-{appointment.pk}")


def _known(request: HttpRequest, entry: Entry, *, now: datetime) -> dict[str, object]:
    row = entry.row
    opening = next((one for one in entry.openings if one.key == request.GET.get("at", "")), None)
    asked = [(line.service_id, line.variant_id) for line in row.lines.all()]
    return prefilled(
        business=row.business,
        client=row.client,
        lines=appointments.resolve(business=row.business, services=asked).lines,
        member=opening.member if opening else row.team_member,
        start=opening.start if opening else None,
        note=row.note,
    )


def _entry(staff: Staff, pk: int) -> WaitlistEntry:
    entry = WaitlistEntry.objects.filter(business=staff.business, pk=pk, closed_at=None).select_related("client", "business").first()
    if entry is None:
        raise Http404("This entry is no longer on the waitlist.")
    return entry


def _page(request: HttpRequest, form: WaitlistForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "entry": form.entry, "business": form.business, "now": form.now}
    return render(request, "followups/waitlist_form.html", context, status=status)


def _booking(request: HttpRequest, form: AppointmentForm, entry: Entry, *, status: int = 200, **more: object) -> HttpResponse:
    context = {"form": form, "entry": entry, "business": form.business, "appointment": None, "now": form.now, **more}
    return render(request, "followups/book.html", context, status=status)


def _to_waitlist(request: HttpRequest, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect(reverse("followups:panel") + "?tab=waitlist")
