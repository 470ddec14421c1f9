"""Doors of the appointment book: the day, and the form for one appointment."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from business.access import Staff, staff_page
from business.models import TeamMember
from core import clock
from scheduler import actions, queries
from scheduler.forms import AppointmentForm, Unsaved, chosen, prefilled, save
from scheduler.models import Appointment

TABS = ("incomplete", "waitlist")


@require_safe
@staff_page()
def day(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """The day of the team, or of one person; with ?followups= the panel beside it."""
    now = clock.now()
    today = now.astimezone(staff.business.zone).date()
    chosen, understood = _chosen_day(request, today)
    team = list(TeamMember.objects.filter(business=staff.business, archived_at=None))
    person = next((member for member in team if str(member.pk) == request.GET.get("person", "")), None)
    shown = [person] if person else team
    tab = request.GET.get("followups", "")
    context = {
        "day": queries.day_of(business=staff.business, team=team, members=shown, day=chosen, now=now),
        "business": staff.business,
        "today": today,
        "chosen": chosen,
        "understood": understood,
        "previous": chosen - timedelta(days=1),
        "next": chosen + timedelta(days=1),
        "team": team,
        "person": person,
        "now": now,
        "followups_tab": (tab if tab in TABS else "incomplete") if tab and staff.can("manage_waitlist") else "",
    }
    return render(request, "scheduler/day.html", context)


def _chosen_day(request: HttpRequest, today: date) -> tuple[date, bool]:
    text = request.GET.get("day", "")
    try:
        chosen = date.fromisoformat(text) if text else today
    except ValueError:
        return today, False
    return (chosen, True) if 2000 <= chosen.year <= 2100 else (today, False)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page()
def new(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """A new appointment; the address may name day, time and person. GET changes nothing."""
    now = clock.now()
    if request.method != "POST":
        initial = {name: request.GET.get(name, "") for name in ("day", "time", "person")}
        return _page(request, AppointmentForm(business=staff.business, now=now, initial=initial), status=200)
    form = AppointmentForm.posted(request.POST, business=staff.business, now=now)

    def write(data: Mapping[str, Any]) -> Appointment:
        return actions.book_by_staff(business=staff.business, who=data["who"], booked_by=staff.user, now=now, **chosen(data)).appointment

    booked = save(form, write)
    if isinstance(booked, Unsaved):
        return _page(request, form, status=booked.status, **booked.more)
    messages.success(request, f"{booked.client} is booked.")
    return _back_to(booked, staff)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page()
def edit(request: HttpRequest, pk: int, *, staff: Staff) -> HttpResponse:
    """Look at an appointment and change it while it is still booked."""
    now = clock.now()
    appointment = _appointment(staff, pk)
    if request.method != "POST":
        lines = queries.lines_of(appointment)
        initial = prefilled(
            business=staff.business,
            client=appointment.client,
            lines=lines,
            member=appointment.team_member,
            start=appointment.starts,
            note=appointment.note,
        )
        return _page(request, AppointmentForm(business=staff.business, now=now, appointment=appointment, initial=initial), status=200)
    form = AppointmentForm.posted(request.POST, business=staff.business, now=now, appointment=appointment)

    def write(data: Mapping[str, Any]) -> Appointment:
        return actions.move(
            appointment=appointment,
            member=data["member"],
            start=data["start"],
            lines=data["lines"],
            note=data["note"],
            now=now,
            by=staff.user,
            enforce_rules=False,
        )

    moved = save(form, write)
    if isinstance(moved, Unsaved):
        return _page(request, form, status=moved.status, **moved.more)
    messages.success(request, f"The appointment of {moved.client} is changed.")
    return _back_to(moved, staff)


@require_POST
@staff_page()
def cancel(request: HttpRequest, pk: int, *, staff: Staff) -> HttpResponse:
    """Cancel an appointment; its time is free at once."""
    appointment = _appointment(staff, pk)
    try:
        cancelled = actions.cancel(appointment=appointment, now=clock.now(), by=staff.user)
    except actions.NotChangeable as refused:
        messages.error(request, str(refused))
        return redirect("scheduler:edit", pk=pk)
    messages.success(request, f"The appointment of {cancelled.client} is cancelled.")
    return redirect(f"{_day_of(cancelled, staff)}#page-title")


def _appointment(staff: Staff, pk: int) -> Appointment:
    appointment = Appointment.objects.filter(business=staff.business, pk=pk).select_related("client", "team_member", "business").first()
    if appointment is None:
        raise Http404("There is no such appointment.")
    return appointment


def _page(request: HttpRequest, form: AppointmentForm, *, status: int, **more: object) -> HttpResponse:
    day = form.appointment.starts.astimezone(form.business.zone).date().isoformat() if form.appointment else form["day"].value()
    back = f"{reverse('scheduler:day')}?{urlencode({'day': day or ''})}"
    context = {"form": form, "business": form.business, "appointment": form.appointment, "now": form.now, "back": back, **more}
    return render(request, "scheduler/appointment.html", context, status=status)


def _back_to(appointment: Appointment, staff: Staff) -> HttpResponse:
    return redirect(f"{_day_of(appointment, staff)}#appointment-{appointment.pk}")


def _day_of(appointment: Appointment, staff: Staff) -> str:
    day = appointment.starts.astimezone(staff.business.zone).date()
    return f"{reverse('scheduler:day')}?{urlencode({'day': day.isoformat()})}"
