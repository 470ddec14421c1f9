"""Book for client: the appointment form prefilled from a card, then the appointment, then the draft (S43 to S45, D8)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from business.access import Staff, staff_page
from core import clock
from followups.actions import waiting_draft
from followups.queries.cards import cards_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("manage_waitlist")
def book(request: HttpRequest, draft_id: str, *, staff: Staff) -> HttpResponse:
    """The form beside the card."""
    now = clock.now()
    draft = waiting_draft(business=staff.business, draft_id=draft_id, engagement=None, now=now)
    card = cards_of(business=staff.business, drafts=[draft], now=now)[0]
    return render(request, "followups/book.html", {"card": card, "business": staff.business, "now": now})
