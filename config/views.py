"""Pages of the house itself: health, errors, and the shape of API errors."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import trigger_client_event
from rest_framework.response import Response
from rest_framework.views import exception_handler

from business.access import is_htmx, page_before
from business.models import Heartbeat
from config.middleware import CLIENT_PAGES
from core import clock
from drafts import queries as drafts
from drafts.document import DraftsUnavailable

STALE_AFTER_SECONDS = 60
SWEEPS = ("expire_reviews", "send_queued", "reconcile")


def livez(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """What works: PostgreSQL, MongoDB with its indexes, and the age in seconds of each sweep's heartbeat (null: it never came round).

    503 when PostgreSQL is away, an index differs, or a sweep is missing or older than a minute.
    MongoDB away is a warning, not an error: booking goes on without capture.
    """
    now = clock.now()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beats = {beat.name: round((now - beat.at).total_seconds()) for beat in Heartbeat.objects.all()}
    except DatabaseError:
        return JsonResponse({"postgres": "away"}, status=503)
    try:
        drift = drafts.index_drift()
        mongo = "ok" if not drift else "index drift: " + ", ".join(drift)
    except DraftsUnavailable:
        drift, mongo = [], "away"
    ages = {name: beats.get(name) for name in SWEEPS}
    stale = [name for name, age in ages.items() if age is None or age > STALE_AFTER_SECONDS]
    return JsonResponse({"postgres": "ok", "mongo": mongo, "sweeps": ages}, status=503 if stale or drift else 200)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, mostly because somebody signed in or out in this browser since. Leads to Sign in, or to the page as it is now."""
    page = page_before(request)
    is_staffs = not request.path.startswith(CLIENT_PAGES)
    if is_staffs and not request.user.is_authenticated:
        query = {} if page in ("", reverse(settings.LOGIN_URL)) else {"next": page}
        way = {"href": reverse(settings.LOGIN_URL, query=query), "text": "Sign in"}
    else:
        way = {"href": page, "text": "Load the page again"} if page else {}
    if not is_htmx(request):
        return render(request, "errors/csrf.html", {"way": way}, status=403)
    said = "Somebody signed in or out here meanwhile. Nothing was changed."
    return trigger_client_event(HttpResponse(status=403), "toast", {"text": said, "level": "error", "link": way or None})


def api_errors(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's own answer, and 503 with a sentence when MongoDB is away."""
    if isinstance(exc, DraftsUnavailable):
        return Response({"detail": "Follow-ups cannot be read right now. Try again in a moment."}, status=503, headers={"Retry-After": "5"})
    return exception_handler(exc, context)
