"""Book for client: the appointment form prefilled from a card, then the appointment, then the draft (S43 to S45, D8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from business.access import Staff, staff_page
from core import clock
from drafts.document import DraftsUnavailable
from followups import actions
from followups.actions import Handled
from followups.forms import CardForm
from followups.queries.cards import Card, cards_of
from scheduler import queries as appointments
from scheduler.forms import AppointmentForm, chosen, prefilled, save
from scheduler.models import Appointment


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("manage_waitlist")
def book(request: HttpRequest, draft_id: str, *, staff: Staff) -> HttpResponse:
    """The form beside the card. Whatever goes wrong on saving, everything typed is kept and what happened is said."""
    now = clock.now()
    posted = request.method == "POST"
    try:
        if posted:
            return _save(request, draft_id, staff, now=now)
        card = _card(staff, draft_id, engagement=None, now=now)
    except Handled as handled:
        return _handled(request, staff, handled, now=now)
    except DraftsUnavailable:
        post = request.POST.copy()
        post["do"] = "check"  # drawn as it was typed, judged by nobody
        return _page(request, staff, AppointmentForm.posted(post, business=staff.business, now=now), None, now=now, status=503)
    form = AppointmentForm(business=staff.business, now=now, initial=_known(staff, card)).foresee()
    return _page(request, staff, form, card, now=now)


def _save(request: HttpRequest, draft_id: str, staff: Staff, *, now: datetime) -> HttpResponse:
    """Raises Handled, DraftsUnavailable."""
    engagement = CardForm(request.POST)
    shown = engagement.cleaned_data["engagement"] if engagement.is_valid() else 0
    if again := _pressed_before(request, draft_id, staff):
        return _saved(request, again)
    card = _card(staff, draft_id, engagement=shown, now=now)
    post = request.POST.copy()
    # The card is this client's; nobody else can be booked from it.
    post["client"] = str(card.client.pk)
    form = AppointmentForm.posted(post, business=staff.business, now=now)

    def write(data: Mapping[str, Any]) -> Appointment:
        return actions.book_for_client(
            business=staff.business, draft_id=draft_id, engagement=shown, user=staff.user, now=now, **chosen(data)
        )

    booked = save(form, write)
    if isinstance(booked, Appointment):
        return _saved(request, booked)
    if booked.status == 409:  # somebody has that time; if it is this very client, then that is the news, and nothing needs booking
        actions.look(business=staff.business, draft_id=draft_id, engagement=shown, now=now)
    return _page(request, staff, form, card, now=now, status=booked.status, **booked.more)


def _card(staff: Staff, draft_id: str, *, engagement: int | None, now: datetime) -> Card:
    draft = actions.look(business=staff.business, draft_id=draft_id, engagement=engagement, now=now)
    return cards_of(business=staff.business, drafts=[draft], now=now)[0]


def _known(staff: Staff, card: Card) -> dict[str, Any]:
    """What the client had chosen, as far as it is still offered; "any" prefills nobody (S43 to S45)."""
    wanted = card.draft.selection
    services = [(service.service_id, service.variant_id) for service in wanted.services]
    resolved = appointments.resolve(business=staff.business, services=services)
    member = card.member if card.member and card.member.bookable and card.member.archived_at is None else None
    return prefilled(
        business=staff.business, client=card.client, lines=resolved.lines, member=member, start=wanted.start_at, note=wanted.notes
    )


def _pressed_before(request: HttpRequest, draft_id: str, staff: Staff) -> Appointment | None:
    """The appointment a first press of the same Save has made already."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return None
    made = Appointment.objects.filter(business=staff.business, draft_id=draft_id, confirm_key=key)
    return made.select_related("client").first()


def _saved(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    day = appointment.starts.astimezone(appointment.business.zone).date()
    messages.success(request, f"{appointment.client} is booked.")
    query = urlencode({"day": day.isoformat(), "followups": "incomplete"})
    return redirect(f"{reverse('scheduler:day')}?{query}#appointment-{appointment.pk}")


def _handled(request: HttpRequest, staff: Staff, handled: Handled, *, now: datetime) -> HttpResponse:
    """409: the client booked meanwhile, is back, or somebody else was quicker; what was typed has no use any more."""
    context = {"handled": handled, "business": staff.business, "now": now}
    return render(request, "followups/book_handled.html", context, status=409 if handled.what != "gone" else 404)


def _page(
    request: HttpRequest, staff: Staff, form: AppointmentForm, card: Card | None, *, now: datetime, status: int = 200, **more: object
) -> HttpResponse:
    context = {"form": form, "card": card, "business": staff.business, "appointment": None, "now": now, "away": card is None, **more}
    response = render(request, "followups/book.html", context, status=status)
    if status == 503:
        response["Retry-After"] = "5"
    return response
