"""What staff do from a card: remind and dismiss. Each re-reads the draft; a card that is out of date is answered with 409 and says why."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from business import limits
from business.access import Staff, is_htmx, staff_page
from core import clock
from drafts.document import DraftsUnavailable
from followups import actions, outreach
from followups.actions import Handled
from followups.forms import CardForm
from followups.queries.cards import card_of
from followups.queries.waiting import waiting
from followups.views.panel import count_if_known, place_after, show, toast

AWAY = "Follow-ups cannot be reached right now. Nothing was changed; try again in a moment."


@require_POST
@staff_page("manage_waitlist")
def remind(request: HttpRequest, draft_id: str, *, staff: Staff) -> HttpResponse:
    """Send a reminder now; the toast says what went out, or why nothing did (S46 to S52)."""
    now, engagement = clock.now(), _engagement(request)
    if retry := limits.retry_after("panel", str(staff.user.pk)):
        return _too_many(request, staff, retry, now=now)
    try:
        outcome = outreach.remind(business=staff.business, draft_id=draft_id, engagement=engagement, manual_by=staff.user, now=now)
    except Handled as handled:
        return _handled(request, staff, draft_id, handled, now=now)
    except DraftsUnavailable:
        return _away(request)
    good = bool(outcome.channels or outcome.trying)
    if not is_htmx(request):
        return _to_panel(request, outcome.text, good=good)
    return toast(_card_now(request, staff, draft_id, now=now), outcome.text, good=good)


def _card_now(request: HttpRequest, staff: Staff, draft_id: str, *, now: datetime) -> HttpResponse:
    """The card after the press; nothing to swap (204) when MongoDB went away meanwhile, or its 24 hours are over."""
    try:
        card = card_of(business=staff.business, draft_id=draft_id, now=now)
    except DraftsUnavailable:
        card = None
    if card is None:
        return HttpResponse(status=204)
    return render(request, "followups/_draft_card.html", {"card": card, "business": staff.business, "now": now})


@require_POST
@staff_page("manage_waitlist")
def dismiss(request: HttpRequest, draft_id: str, *, staff: Staff) -> HttpResponse:
    """Take the card away for good (S53, S54); focus goes to the next card, or to the empty state."""
    now, engagement = clock.now(), _engagement(request)
    if retry := limits.retry_after("panel", str(staff.user.pk)):
        return _too_many(request, staff, retry, now=now)
    try:
        order = [draft.id for draft in waiting(business=staff.business, now=now).drafts]
        actions.dismiss(business=staff.business, draft_id=draft_id, engagement=engagement, user=staff.user, now=now)
    except Handled as handled:
        return _handled(request, staff, draft_id, handled, now=now)
    except DraftsUnavailable:
        return _away(request)
    if not is_htmx(request):
        return _to_panel(request, "Dismissed.", good=True)
    response = show(request, staff, tab="incomplete", now=now)
    trigger_client_event(response, "followups:focus", {"id": place_after(order, draft_id, prefix="name-")}, after="settle")
    trigger_client_event(response, "followups:changed", {})
    return toast(response, "Dismissed.", good=True)


def _engagement(request: HttpRequest) -> int:
    """The one the card showed; 0, which no draft has, when it is missing or no number."""
    form = CardForm(request.POST)
    return int(form.cleaned_data["engagement"]) if form.is_valid() else 0


def _handled(request: HttpRequest, staff: Staff, draft_id: str, handled: Handled, *, now: datetime) -> HttpResponse:
    """409: the card is replaced by what happened meanwhile. Without htmx it is said above the panel as it now is."""
    if not is_htmx(request):
        messages.error(request, str(handled))
        response = show(request, staff, tab="incomplete", now=now)
        response.status_code = 409
        return response
    context = {"handled": handled, "draft_id": draft_id, "business": staff.business, "now": now}
    context["incomplete_count"] = count_if_known(staff, now=now)
    response = render(request, "followups/_card_handled.html", context, status=409)
    trigger_client_event(response, "followups:changed", {})
    return reswap(retarget(response, f"#card-{draft_id}"), "outerHTML")


def _too_many(request: HttpRequest, staff: Staff, retry: int, *, now: datetime) -> HttpResponse:
    """429: more presses in a minute than a person makes (promises 46). Nothing was done, and the cards stay."""
    text = f"That was a lot at once. Nothing was changed; go on in {retry} s."
    if is_htmx(request):
        response = toast(HttpResponse(text, status=429, content_type="text/plain"), text, good=False)
    else:
        messages.error(request, text)
        response = show(request, staff, tab="incomplete", now=now)
        response.status_code = 429
    response["Retry-After"] = str(retry)
    return response


def _away(request: HttpRequest) -> HttpResponse:
    """MongoDB is away: nothing was done, and the page stays as it is (P10)."""
    if not is_htmx(request):
        return _to_panel(request, AWAY, good=False)
    response = HttpResponse(AWAY, status=503, content_type="text/plain")
    response["Retry-After"] = "5"
    return toast(response, AWAY, good=False)


def _to_panel(request: HttpRequest, text: str, *, good: bool) -> HttpResponse:
    (messages.success if good else messages.error)(request, text)
    return redirect(reverse("followups:panel") + "?tab=incomplete")
