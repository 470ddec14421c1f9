"""What a resume link shows: Review itself, or why not, each drawn at the link's own address (draft-lifecycle 9)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from booking.views.calendar import nearest_times, zone_name
from booking.visit import Visit
from booking.wizard import Choice
from business.access import SignedIn
from business.models import Business
from drafts.document import Draft
from messaging.models import ResumeLink
from messaging.render import preferences_token
from scheduler import queries as appointments
from scheduler.models import Appointment


@dataclass(frozen=True, slots=True)
class Opened:
    """A link whose draft is alive, as this device may see it. `trusted`: Confirm needs no code (signed in, or the link came by SMS)."""

    link: ResumeLink
    draft: Draft
    visit: Visit
    free: bool
    trusted: bool


def review_page(request: HttpRequest, opened: Opened, *, status: int = 200, said: str = "", wait: str = "", retry: int = 0) -> HttpResponse:
    """Review itself at this address, without countdown; with the nearest free times when the time cannot be had any more."""
    visit = opened.visit
    start = visit.choice.start_at
    nearest = {} if opened.free or not visit.candidates else nearest_times(visit, start or visit.now)
    response = draw(
        request,
        "booking/resume.html",
        opened.link.business,
        status=status,
        client=opened.visit.client if opened.visit.signed_in and not opened.visit.signed_in.draft_id else None,
        first_name=opened.link.client.first_name,
        visit=visit,
        choice=visit.choice,
        note=opened.draft.selection.notes,
        free=opened.free,
        passed=bool(start and start <= visit.now),
        trusted=opened.trusted,
        shown=visit.shown,
        zone_name=zone_name(visit.business, start or visit.now),
        said=said,
        wait=wait,
        preferences_url=_preferences_url(opened.link),
        **nearest,
    )
    if retry:
        response["Retry-After"] = str(retry)
    return response


def booked_page(request: HttpRequest, link: ResumeLink, made: Appointment, whole: SignedIn | None) -> HttpResponse:
    details = made if whole and made.client_id == whole.client.pk else None
    status = 409 if request.method == "POST" else 200
    return draw(
        request,
        "booking/resume_booked.html",
        link.business,
        status=status,
        appointment=details,
        client=whole.client if whole else None,
        preferences_url=_preferences_url(link),
    )


def away_page(request: HttpRequest, link: ResumeLink) -> HttpResponse:
    """MongoDB does not answer: the link works again in a moment, and booking works now (faults P11)."""
    return draw(request, "booking/resume_away.html", link.business, services_query=_services_query(link))


def gone_page(request: HttpRequest, link: ResumeLink | None) -> HttpResponse:
    """Dismissed, expired, replaced, revoked, unknown: one friendly page that starts again, services prefilled where still known."""
    business = link.business if link else None
    query = _services_query(link) if link else ""
    stop = _preferences_url(link) if link and link.revoked_at is None else ""
    return draw(request, "booking/gone.html", business, status=410, services_query=query, preferences_url=stop)


def _preferences_url(link: ResumeLink) -> str:
    """The two switches of whoever got the message, as at the foot of every e-mail: a text has no room for a second link."""
    return reverse("messaging:preferences", args=[preferences_token(link.client)])


def _services_query(link: ResumeLink) -> str:
    """The address part that chooses again what of the link's services is still offered."""
    wanted = tuple((int(service), int(variant) if variant else None) for service, variant in link.services)
    resolved = appointments.resolve(business=link.business, services=wanted)
    kept = tuple((line.service.pk, line.variant.pk if line.variant else None) for line in resolved.lines)
    return Choice(services=kept).to_query()


def draw(request: HttpRequest, template: str, business: Business | None, *, status: int = 200, **context: Any) -> HttpResponse:
    """One of the pages of a link; `business` is None for a link nobody minted."""
    return render(request, template, {"business": business} | context, status=status)
