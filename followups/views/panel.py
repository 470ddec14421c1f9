"""The Follow-ups panel: a page of its own, and the fragment that the scheduler shows and that polls itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from business.access import Staff, is_htmx, staff_page
from core import clock
from drafts.document import DraftsUnavailable
from followups.queries.cards import incomplete
from followups.queries.waiting import waiting_count
from followups.queries.waitlist import entries, entries_count
from followups.queries.won_back import with_booked

TABS = ("waitlist", "incomplete")


@require_safe
@staff_page("manage_waitlist")
def panel(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """One tab with the numbers of both. MongoDB away: the panel says so (503 on the tab that needs it), and the page around it stays."""
    tab = request.GET.get("tab", "incomplete")
    return show(request, staff, tab=tab if tab in TABS else "incomplete", now=clock.now())


def show(request: HttpRequest, staff: Staff, *, tab: str, now: datetime) -> HttpResponse:
    """The panel as this request wants it: fragment for htmx, page otherwise."""
    context: dict[str, Any] = {"tab": tab, "business": staff.business, "now": now, "away": False}
    try:
        context |= _waitlist(staff, now=now) if tab == "waitlist" else _incomplete(staff, since=_since(request), now=now)
    except DraftsUnavailable:
        context |= {"away": True, "incomplete_count": None, "waitlist_count": entries_count(business=staff.business)}
    template = "followups/_panel.html" if is_htmx(request) else "followups/panel.html"
    response = render(request, template, context, status=503 if context["away"] else 200)
    if context["away"]:
        response["Retry-After"] = "5"
    return response


def toast(response: HttpResponse, text: str, *, good: bool) -> HttpResponse:
    """`response`, and `text` in the corner of the page; an error stays there until somebody closes it."""
    return trigger_client_event(response, "toast", {"text": text, "level": "ok" if good else "error"})


def place_after(order: Sequence[object], gone: object, *, prefix: str) -> str:
    """The id of what takes the place of the card that is gone: the next card's name, the last one's, or the empty state."""
    left = [one for one in order if one != gone]
    place = order.index(gone) if gone in order else 0
    return f"{prefix}{left[min(place, len(left) - 1)]}" if left else "followups-empty"


def count_if_known(staff: Staff, *, now: datetime) -> int | None:
    """The number on the Incomplete tab; None, drawn as a dash, while MongoDB is away."""
    try:
        return waiting_count(business=staff.business, now=now)
    except DraftsUnavailable:
        return None


@require_safe
@staff_page("manage_waitlist")
def badge(request: HttpRequest, *, staff: Staff) -> HttpResponse:
    """The number on the Follow-ups button. Nothing to swap (204) while MongoDB is away: the old number stays."""
    count = count_if_known(staff, now=clock.now())
    if count is None:
        return HttpResponse(status=204)
    return render(request, "followups/_badge.html", {"count": count})


def _since(request: HttpRequest) -> datetime | None:
    """When the panel that refreshes itself was drawn; None for one that is opened."""
    try:
        since = datetime.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        return None
    return since if since.tzinfo else None


def _incomplete(staff: Staff, *, since: datetime | None, now: datetime) -> dict[str, Any]:
    found, cards = incomplete(business=staff.business, now=now)
    return {
        "rows": with_booked(cards, business=staff.business, since=since, now=now),
        "shown_count": len(cards),
        "incomplete_count": found.count,
        "hidden_count": found.count - len(cards),
        "waitlist_count": entries_count(business=staff.business),
    }


def _waitlist(staff: Staff, *, now: datetime) -> dict[str, Any]:
    waiting = entries(business=staff.business, now=now)
    return {"entries": waiting, "waitlist_count": len(waiting), "incomplete_count": count_if_known(staff, now=now)}
